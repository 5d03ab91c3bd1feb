"""The documented model while kie is busy, down or silent: nothing else serves it, and both sides book the same."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from arq.worker import Retry as Park

from shared.domain.generation import COMPLETED, FAILED, Generation
from shared.domain.public_address import PRIVATE_NETWORKS
from shared.ops.storage import Storage
from shared.store import accounts, generations, keys, ledger
from shared.store.connect import Store
from shared.store.ledger import Order
from tests.harness.doubles import kie as kie_double
from tests.harness.doubles.double import Fault, Response
from tests.harness.factories import CENTS, Customer, create_customer, new_generation_id
from tests.suites.unit.gateway.test_simulation import make_context, offers_of
from workers.adapters.contract import Setup
from workers.context import WorkerContext
from workers.egress import Egress
from workers.providers import kie
from workers.run import run
from workers.sweep import end_overdue

PRICE_MICROS = 11 * CENTS
SILENT_S, POLLS_MAX = 0.3, 5


@pytest.fixture
async def double() -> AsyncIterator[kie_double.Double]:
    """Run kie's double, which charges 18 credits a task."""
    async with kie_double.Double() as double:
        double.credits = 18
        yield double


@pytest.fixture
async def worker(
    store_url: str, tmp_path: Path, double: kie_double.Double, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[WorkerContext]:
    """Yield the context of kie's worker, which waits briefly for an answer."""
    monkeypatch.setattr(kie, "RESPONSE_S", SILENT_S)
    async with Store(store_url) as store, Egress(networks=PRIVATE_NETWORKS) as egress:
        adapter = kie.Adapter(Setup(name="kie", base_url=double.base_url, key="a-key"))
        storage = Storage.open(str(tmp_path))
        yield WorkerContext(provider="kie", store=store, adapter=adapter, storage=storage, egress=egress)
        await adapter.close()


async def order(store: Store, customer: Customer) -> str:
    """Order the documented model at its routes with kie's key, and with simulation on."""
    offers = offers_of(make_context("kie", simulate="on"))
    assert ["kie"] == [offer.provider for offer in offers]
    assert [()] == [offer.spec.routes for offer in offers]
    made = Order(id=new_generation_id(), key_hash=customer.hash, offers=offers, queue_ms=60_000)
    return (await ledger.accept(store, made)).id


async def step(worker: WorkerContext, name: str) -> Generation:
    """Run one step and return the generation."""
    with contextlib.suppress(Park):
        await run({"context": worker}, name)
    found = await generations.view(worker.store, "", name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("trouble", "state"),
    [
        (kie_double.envelope(429, "Too many requests."), "queued"),
        (Response(503, {"msg": "Maintenance"}), FAILED),
        (Fault.SILENT, "uncertain"),
        (Fault.LOST_BEFORE, "uncertain"),
    ],
    ids=["429", "503", "silent", "lost"],
)
async def test_flagship_is_served_by_its_provider_or_not_at_all(
    worker: WorkerContext, double: kie_double.Double, trouble: Response | Fault, state: str
) -> None:
    """It waits, fails or becomes uncertain: no other provider gets it, and only an order that kie served is charged."""
    store = worker.store
    customer = await create_customer(store, cents=100)
    double.overrides["submit"].append(trouble)
    name = await order(store, customer)
    after = await step(worker, name)
    assert (state, "kie", False) == (after.state, after.provider, after.spec.simulated)
    if state == "queued":  # kie gets it after its pause
        await store.call("DEL", keys.route("kie", after.spec.target), keys.provider("kie"))
        for _ in range(POLLS_MAX):
            after = await step(worker, name) if after.open else after
    elif state == "uncertain":
        assert await end_overdue(store, name)
        after = await generations.view(store, "", name) or after
    served = after.state == COMPLETED
    assert served == (state == "queued")
    account = await accounts.find(store, customer.account)
    assert account is not None
    assert 100 * CENTS - PRICE_MICROS * served == account.balance
    assert account.balance == sum(line.amount_micros for line in await ledger.list_entries(store, customer.account))
    assert int(served) + (trouble is Fault.SILENT) == double.accepted  # the silent one is listed for its bill
    assert ("kie", False) == (after.provider, after.spec.simulated)
