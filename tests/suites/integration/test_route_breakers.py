"""Breakers and pauses of routes: the failure of one model, one caller or this machine closes nothing else."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from arq.worker import Retry as Park
from msgspec import structs

from shared.domain.errors import Refused
from shared.domain.generation import Generation, Spec
from shared.ops.storage import Storage
from shared.store import generations, keys, ledger, providers
from shared.store.connect import Store
from shared.store.providers import ProviderState
from shared.store.stats import GONE, OPEN, read_stats
from tests.harness.factories import Customer, create_customer, make_order
from workers.adapters.contract import Adapter, Blob, Call, Done, Down, ModelGone, Pending, ProviderError, Retry, Setup
from workers.context import WorkerContext
from workers.egress import Egress
from workers.fleet import queue_metrics
from workers.run import run


class Scripted(Adapter):
    """A provider that raises the error of each model, and answers the account call with an error or a line."""

    def __init__(self) -> None:
        super().__init__(Setup(name="noop"))
        self.errors: dict[str, Exception] = {}
        self.account_error: ProviderError | None = None
        self.submits: list[str] = []
        self.probes = 0

    async def submit(self, call: Call) -> Pending | Done:
        """Raise the model's error, or accept."""
        self.submits.append(call.model)
        if call.model in self.errors:
            raise self.errors[call.model]
        return Pending("task", 60)

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """Return a file."""
        return Done((Blob(b"", "image/png"),))

    async def probe(self) -> str | None:
        """Raise the account's error, or say that all is well."""
        self.probes += 1
        if self.account_error is not None:
            raise self.account_error
        return "credit: plenty"


@pytest.fixture
async def context(store_url: str, tmp_path: Path) -> AsyncIterator[WorkerContext]:
    """Yield the context of a worker with the scripted provider."""
    async with Store(store_url) as store, Egress() as egress:
        storage = Storage.open(str(tmp_path))
        yield WorkerContext(provider="noop", store=store, adapter=Scripted(), storage=storage, egress=egress)


def script_of(context: WorkerContext) -> Scripted:
    """Return the context's provider."""
    assert isinstance(context.adapter, Scripted)
    return context.adapter


async def order(context: WorkerContext, customer: Customer, model: str) -> str:
    """Accept a generation of a model and return its id."""
    spec = Spec("wowflow", "image", f"test/{model}", model, "a boat", {})
    return (await ledger.accept(context.store, make_order(customer, spec=spec))).id


async def step(context: WorkerContext, generation_id: str) -> Generation:
    """Run one step and return the generation."""
    with contextlib.suppress(Park):
        await run({"context": context}, generation_id)
    found = await generations.view(context.store, "", generation_id)
    assert found is not None
    return found


async def fail(context: WorkerContext, model: str, error: Exception) -> Generation:
    """Order a model whose submit fails, and run its step."""
    script_of(context).errors[model] = error
    return await step(context, await order(context, await create_customer(context.store), model))


async def read(context: WorkerContext) -> ProviderState:
    """Return the state of the provider."""
    return await providers.read_state(context.store, "noop")


def statuses(state: ProviderState) -> tuple[str, dict[str, str]]:
    """Return the status of the provider, and of its routes that are not up."""
    return state.status, {route.target: route.status for route in state.routes}


async def test_forbidden_content_of_one_caller_closes_nothing(context: WorkerContext) -> None:
    """Ten 403 of one caller leave the model, and every other model, open to all."""
    customer = await create_customer(context.store)
    script_of(context).errors["one"] = Down("HTTP 403: not this", cause="forbidden")
    for _ in range(10):
        ended = await step(context, await order(context, customer, "one"))
        assert ended.outcome is not None
        assert ("failed", "upstream_error", 0) == (ended.state, ended.outcome.error_code, ended.cost)
    assert ("up", {}) == statuses(await read(context))
    other = await create_customer(context.store)
    assert "pending" == (await step(context, await order(context, other, "two"))).state
    assert 1 == script_of(context).probes


async def test_outage_of_a_model_leaves_other_models_open(context: WorkerContext) -> None:
    """A model that is down is refused at the order, and submits of another one go on."""
    await fail(context, "one", Down("HTTP 503"))
    assert ("up", {"one": "down"}) == statuses(await read(context))
    customer = await create_customer(context.store)
    with pytest.raises(Refused, match="is down"):
        await order(context, customer, "one")
    assert "pending" == (await step(context, await order(context, customer, "two"))).state
    [queue] = (await read_stats(context.store, ["noop"])).queues
    assert [("one", OPEN)] == [(route.target, route.breaker) for route in queue.routes]
    samples = {sample.name: sample for metric in queue_metrics([queue]) for sample in metric.samples}
    assert {"provider": "noop", "model": "one"} == samples["wokflow_route_breaker_state"].labels
    assert 0 == samples["wokflow_provider_breaker_state"].value


async def test_model_that_is_gone_closes_its_route_for_an_hour(context: WorkerContext) -> None:
    """The order is refunded as in an outage, the route is closed for an hour, and closes no other."""
    ended = await fail(context, "one", ModelGone("HTTP 404: no such model"))
    assert ended.outcome is not None
    assert ("failed", "upstream_error", 0) == (ended.state, ended.outcome.error_code, ended.cost)
    assert "no such model" not in str(ended.outcome)
    state = await read(context)
    assert ("up", {"one": "gone"}) == statuses(state)
    assert 3_595_000 < state.routes[0].down_until_ms - state.now_ms <= 3_600_000
    [queue] = (await read_stats(context.store, ["noop"])).queues
    assert [("one", GONE)] == [(route.target, route.breaker) for route in queue.routes]
    with pytest.raises(Refused, match="is down"):
        await order(context, await create_customer(context.store), "one")
    await fail(context, "two", Down("HTTP 503"))
    assert ("up", {"one": "gone", "two": "down"}) == statuses(await read(context))
    assert 0 == script_of(context).probes


async def test_model_that_is_back_opens_its_route(context: WorkerContext) -> None:
    """After the hour one submit is the probe, and its success opens the route to all."""
    await fail(context, "one", ModelGone("HTTP 404"))
    await context.store.call("HSET", keys.route("noop", "one"), "down_until_ms", 1)
    assert ("up", {"one": "trying"}) == statuses(await read(context))
    del script_of(context).errors["one"]
    assert "pending" == (await step(context, await order(context, await create_customer(context.store), "one"))).state
    assert ("up", {}) == statuses(await read(context))


async def test_outages_of_two_models_close_the_provider(context: WorkerContext) -> None:
    """The second model that goes down is evidence that the whole provider is, and one success is of the contrary."""
    await fail(context, "one", Down("HTTP 503"))
    await fail(context, "two", Down("HTTP 503"))
    assert "down" == (await read(context)).status
    with pytest.raises(Refused):
        await order(context, await create_customer(context.store), "three")
    await context.store.call("HSET", keys.provider("noop"), "down_until_ms", 1)
    assert "pending" == (await step(context, await order(context, await create_customer(context.store), "three"))).state
    assert "up" == (await read(context)).status


@pytest.mark.parametrize("cause", ["account", "forbidden"])
async def test_unusable_account_closes_the_provider_when_its_own_call_says_so(
    context: WorkerContext, cause: str
) -> None:
    """A 401 or 403 closes all models at once if the account call is refused too."""
    script_of(context).account_error = Down("HTTP 401", cause="account")
    await fail(context, "one", Down("HTTP 401", cause=cause))  # type: ignore[arg-type]
    assert ("down", {}) == statuses(await read(context))


@pytest.mark.parametrize("error", [None, Retry("busy", after_s=1), Down("HTTP 503"), TimeoutError()])
async def test_unproven_401_closes_its_model_only(context: WorkerContext, error: Exception | None) -> None:
    """A 401 of a model closes that model if the account call works, or fails for another reason."""
    script_of(context).account_error = error  # type: ignore[assignment]
    await fail(context, "one", Down("HTTP 401", cause="account"))
    assert ("up", {"one": "down"}) == statuses(await read(context))


async def test_fault_of_ours_counts_against_nobody(context: WorkerContext) -> None:
    """A submit that this machine could not send opens and pauses nothing, and is sent again later."""
    waits = await fail(context, "one", Retry("no descriptor", after_s=5, ours=True))
    assert ("up", {}) == statuses(await read(context))
    assert ("queued", ["ours"]) == (waits.state, [attempt.outcome for attempt in waits.attempts])
    del script_of(context).errors["one"]
    assert "pending" == (await step(context, waits.id)).state


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Retry("no descriptor", after_s=5, ours=True), "trying"),
        (Down("does not serve this", cause="call"), "trying"),
        (Down("HTTP 403", cause="forbidden"), "up"),
    ],
)
async def test_probe_that_was_not_sent_makes_room_for_another(
    context: WorkerContext, error: Exception, status: str
) -> None:
    """After a probe that never reached the provider the next submit is the probe, and a 403 is an answer."""
    await providers.open_breaker(context.store, "noop", "HTTP 503")
    await context.store.call("HSET", keys.provider("noop"), "down_until_ms", 1)
    await fail(context, "one", error)
    assert status == (await read(context)).status
    assert "pending" == (await step(context, await order(context, await create_customer(context.store), "two"))).state
    assert "up" == (await read(context)).status


async def test_pause_of_a_model_leaves_other_models_running(context: WorkerContext) -> None:
    """A model's 429 pauses that model; a second paused one pauses the provider until the earlier end of both."""
    await fail(context, "one", Retry("busy", after_s=300))
    assert ("up", {"one": "paused"}) == statuses(await read(context))
    assert "pending" == (await step(context, await order(context, await create_customer(context.store), "two"))).state
    await fail(context, "three", Retry("busy", after_s=30))
    state = await read(context)
    assert "paused" == state.status
    assert 25_000 < state.paused_until_ms - state.now_ms <= 30_000


async def test_retry_after_cannot_pause_for_long(context: WorkerContext) -> None:
    """A provider that names more time than anybody waits pauses its model for ten minutes at most."""
    await fail(context, "one", Retry("busy", after_s=1e308))
    [route] = (await read(context)).routes
    assert 590_000 < route.paused_until_ms - route.now_ms <= 600_000


@pytest.mark.parametrize(
    "error", [KeyError("id"), UnicodeEncodeError("utf-8", "\ud83d", 0, 1, "surrogate"), ValueError()]
)
async def test_any_exception_of_a_submit_is_an_attempt(context: WorkerContext, error: Exception) -> None:
    """An adapter that fails in an unforeseen way may have submitted, so the attempt is recorded and never repeated."""
    first = await fail(context, "one", error)
    assert ("uncertain", ["unknown"]) == (first.state, [attempt.outcome for attempt in first.attempts])
    again = await step(context, first.id)
    assert ("uncertain", ["one"]) == (again.state, script_of(context).submits)


async def test_generation_of_an_earlier_version_is_submitted(context: WorkerContext) -> None:
    """A generation that was accepted before routes had breakers knows its provider's breaker only."""
    generation_id = await order(context, await create_customer(context.store), "one")
    await context.store.call("HDEL", keys.generation(generation_id), "target")
    await fail(context, "two", Down("HTTP 503"))
    assert "pending" == (await step(context, generation_id)).state


async def test_half_open_provider_probes_with_another_model(context: WorkerContext) -> None:
    """A probe by a model that was down before proves nothing, so that the next submit is a probe again."""
    await fail(context, "one", Down("HTTP 503"))
    await fail(context, "two", Down("HTTP 503"))
    for key in (keys.provider("noop"), keys.route("noop", "one")):
        await context.store.call("HSET", key, "down_until_ms", 1)
    await fail(context, "one", Down("HTTP 503"))
    assert "trying" == (await read(context)).status
    assert "pending" == (await step(context, await order(context, await create_customer(context.store), "three"))).state
    assert ("up", {"one": "down", "two": "down"}) == statuses(await read(context))


async def test_adapter_call_is_cleaned(context: WorkerContext) -> None:
    """A reference that is not printable leaves the submit uncertain instead of reaching the store."""

    class Odd(Scripted):
        async def submit(self, call: Call) -> Pending | Done:
            return Pending("task\ud83d\n", 1)

    odd = structs.replace(context, adapter=Odd())
    found = await step(odd, await order(context, await create_customer(context.store), "one"))
    assert ("uncertain", None) == (found.state, found.ref)
