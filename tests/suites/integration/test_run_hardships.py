"""A step at a bad moment: past the deadline, after a pause of the whole process, as the first one after an outage."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import ClassVar

import pytest
from arq.worker import Retry as Park
from msgspec import structs

from shared.domain.generation import COMPLETED, FAILED, Generation, Spec
from shared.ops.storage import Storage
from shared.store import generations, keys, ledger, steps
from shared.store.connect import Store
from tests.harness.doubles.adapters.paid import Adapter
from tests.harness.doubles.provider import Provider
from tests.harness.factories import create_customer, make_order
from workers.adapters.contract import Call, Done, Down, Pending, Retry, Setup
from workers.context import WorkerContext
from workers.egress import Egress
from workers.run import RETRY_S, run

RUN_S = 0.5


@pytest.fixture
async def context(store_url: str, tmp_path: Path) -> AsyncIterator[WorkerContext]:
    """A context with the paid provider."""
    async with Store(store_url) as store, Provider() as provider, Egress(allow_private=False) as egress:
        adapter = Adapter(Setup(name="paid", base_url=provider.url))
        yield WorkerContext(
            provider="paid", store=store, adapter=adapter, storage=Storage.open(str(tmp_path)), egress=egress
        )
        await adapter.close()


async def ordered(context: WorkerContext, prompt: str, run_s: float = 30) -> str:
    """An accepted generation of the paid provider."""
    customer = await create_customer(context.store)
    spec = Spec("wowflow", "image", "test/paid", "paid", prompt, {})
    return (
        await ledger.accept(context.store, make_order(customer, provider="paid", spec=spec, run_ms=int(run_s * 1000)))
    ).id


async def seen(context: WorkerContext, generation_id: str) -> Generation:
    """The generation as it is."""
    generation = await generations.view(context.store, "", generation_id)
    assert generation is not None
    return generation


@pytest.mark.parametrize(("prompt", "state"), [("a boat", COMPLETED), ("stuck", FAILED)])
async def test_there_is_a_last_look(context: WorkerContext, prompt: str, state: str) -> None:
    """What the provider has finished when the time is up is delivered and charged, and only the rest is refunded."""
    generation_id = await ordered(context, prompt, RUN_S)
    with pytest.raises(Park):
        await run({"context": context}, generation_id)
    await asyncio.sleep(RUN_S)
    await run({"context": context}, generation_id)
    assert state == (await seen(context, generation_id)).state


async def test_an_answer_that_waited_for_us_counts(context: WorkerContext) -> None:
    """A worker that was paused for longer than a submit may take uses the answer that came meanwhile."""

    class Hasty(Adapter):
        submit_limit_s: ClassVar[float] = 0.2

    assert isinstance(context.adapter, Adapter)
    hasty = Hasty(Setup(name="paid", base_url=context.adapter._base_url))
    generation_id = await ordered(context, "a boat")
    step = asyncio.create_task(run({"context": structs.replace(context, adapter=hasty)}, generation_id))
    await asyncio.sleep(0.02)
    time.sleep(0.4)  # noqa: ASYNC251  # the whole process stands still
    with pytest.raises(Park):
        await step
    await hasty.close()
    assert "pending" == (await seen(context, generation_id)).state


@pytest.mark.parametrize("no", [Retry("busy", after_s=60), Down("out of order")])
async def test_what_is_canceled_during_a_submit_that_is_put_off_is_not_sent_again(
    context: WorkerContext, no: Exception
) -> None:
    """A provider's no ends a generation that its owner canceled meanwhile: refunded in full, as canceled."""

    class Reluctant(Adapter):
        async def submit(self, call: Call) -> Pending | Done:
            assert "noted" == await generations.cancel(context.store, call.generation_id)
            raise no

    generation_id = await ordered(context, "a boat")
    adapter = Reluctant(Setup(name="paid", base_url="http://127.0.0.1:1"))
    await run({"context": structs.replace(context, adapter=adapter)}, generation_id)
    generation = await seen(context, generation_id)
    assert generation.outcome is not None
    assert (FAILED, "canceled", 0) == (generation.state, generation.outcome.error_code, generation.cost)
    assert 0 == await context.store.call("ZCARD", keys.queue("paid"))


async def test_a_worker_that_died_between_a_no_and_the_end_of_a_canceled_generation_leaves_no_submit(
    context: WorkerContext,
) -> None:
    """Whoever takes over a canceled generation that no provider has ends it."""
    generation_id = await ordered(context, "a boat")
    await steps.start(context.store, generation_id, provider="paid", repeatable=False, submit_limit_s=5, token="first")
    await generations.cancel(context.store, generation_id)
    assert steps.Withdrawn(1, cancel=True) == await steps.withdraw(
        context.store, generation_id, "first", provider="paid"
    )
    await run({"context": context}, generation_id)
    assert FAILED == (await seen(context, generation_id)).state


@pytest.mark.parametrize("prompt", ["a boat", "refuse", "busy"])
async def test_any_answer_ends_an_outage(context: WorkerContext, prompt: str) -> None:
    """The first submit after an outage closes the breaker when it is answered, even with a no."""
    key = keys.provider("paid")
    await context.store.call("HSET", key, "downs", 1, "down_until_ms", 1)
    generation_id = await ordered(context, prompt)
    with contextlib.suppress(Park):
        await run({"context": context}, generation_id)
    assert None is await context.store.call("HGET", key, "downs")


async def test_an_uncertain_generation_is_looked_at_again(context: WorkerContext) -> None:
    """A reference that comes after its submit was given up as uncertain is used soon, not at the deadline."""
    generation_id = await ordered(context, "a boat", run_s=600)
    await context.store.call("HSET", keys.generation(generation_id), "state", "uncertain")
    with pytest.raises(Park) as caught:
        await run({"context": context}, generation_id)
    assert RETRY_S * 1000 == caught.value.defer_score
    await steps.store_reference(context.store, generation_id, f"task-{generation_id}", provider="paid", patience_s=1)
    await run({"context": context}, generation_id)
    assert COMPLETED == (await seen(context, generation_id)).state


async def test_a_late_reference_wakes_its_generation(context: WorkerContext) -> None:
    """A reference brought after its submit was given up as uncertain puts the parked job on the queue at once."""
    generation_id = await ordered(context, "a boat")
    queue, parked_ms = keys.queue("paid"), 10**15
    await context.store.call("HSET", keys.generation(generation_id), "state", "uncertain")
    await context.store.call("ZADD", queue, parked_ms, generation_id)
    await steps.store_reference(context.store, generation_id, f"task-{generation_id}", provider="paid", patience_s=1)
    assert int(await context.store.call("ZSCORE", queue, generation_id)) < parked_ms
