"""A model that its provider does not offer any more, in each provider's own words: the next route serves the order."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from arq.worker import Retry as Park
from msgspec import structs
from structlog.testing import capture_logs

from shared.domain.generation import COMPLETED, FallbackRoute, Generation, Spec
from shared.ops.storage import Storage
from shared.store import generations, ledger, providers
from shared.store.connect import Store
from shared.store.stats import GONE, read_stats
from tests.harness.factories import CENTS, create_customer, make_order
from tests.suites.conformance.case import Case
from tests.suites.conformance.cases import CASES
from tests.suites.conformance.test_conformance import adapter_of, connect
from workers.adapters.contract import Adapter, Call, Done, ModelGone, Setup
from workers.context import WorkerContext
from workers.egress import Egress
from workers.run import run

FORMS = [(case, name) for case in CASES for name, refusal in case.refusals.items() if refusal.error is ModelGone]


class Second(Adapter):
    """The provider of the second route, which serves at once."""

    async def submit(self, call: Call) -> Done:
        """Return a text."""
        return Done(text=call.model)


@pytest.fixture
async def second(store_url: str, tmp_path: Path) -> AsyncIterator[WorkerContext]:
    """Yield the context of the second route's worker."""
    async with Store(store_url) as store, Egress() as egress:
        adapter, storage = Second(Setup(name="second")), Storage.open(str(tmp_path))
        yield WorkerContext(provider="second", store=store, adapter=adapter, storage=storage, egress=egress)


async def step(context: WorkerContext, generation_id: str) -> Generation:
    """Run one step and return the generation."""
    with contextlib.suppress(Park):
        await run({"context": context}, generation_id)
    found = await generations.view(context.store, "", generation_id)
    assert found is not None
    return found


def test_each_adapter_has_a_form() -> None:
    """Every adapter knows how its provider says that a model is gone."""
    assert {adapter_of(case) for case in CASES} == {adapter_of(case) for case, _ in FORMS}


@pytest.mark.parametrize(("case", "name"), FORMS, ids=[f"{case.name}: {name}" for case, name in FORMS])
async def test_second_route_serves_when_the_model_is_gone(second: WorkerContext, case: Case, name: str) -> None:
    """The order is served by the second route at one charge; the first is closed, reported once, and not used again."""
    call, store = case.call, second.store
    routes = (FallbackRoute("second", "spare", "test/model"),)
    spec = Spec("wowflow", call.kind, "test/model", call.model, call.prompt, call.input, routes)
    customer = await create_customer(store)
    async with connect(case) as (adapter, double):
        first = structs.replace(second, provider="first", adapter=adapter)
        accepted = await ledger.accept(store, make_order(customer, provider="first", spec=spec))
        double.overrides["submit"].append(case.refusals[name].response)
        with capture_logs() as logs:
            moved = await step(first, accepted.id)
        assert ("queued", "second") == (moved.state, moved.provider)
        served = await step(second, accepted.id)
        assert (1, 0) == (double.counts["submit"], double.accepted)
    assert (COMPLETED, 10 * CENTS) == (served.state, served.cost)
    assert 1 == [entry.kind for entry in await ledger.list_entries(store, customer.account)].count("reserve")
    assert 1 == [line["event"] for line in logs].count("provider.model_gone")
    order = make_order(customer, provider="first", spec=spec)
    spare = structs.replace(order.offers[0], provider="second", spec=structs.replace(spec, target="spare", routes=()))
    other = await ledger.accept(store, structs.replace(order, offers=(*order.offers, spare)))
    assert (other.offer and other.offer.provider) == "second"
    [state] = [one for one in (await read_stats(store, ["first"])).queues if one.name == "first"]
    assert [GONE] == [one.breaker for one in state.routes]  # ModelGone of Prometheus: one series, one alert
    [route] = (await providers.read_state(store, "first")).routes
    assert (call.model, "gone") == (route.target, route.status)
    assert "up" == (await providers.read_state(store, "first")).status
