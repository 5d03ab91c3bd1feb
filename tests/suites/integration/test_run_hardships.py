"""Steps in hard moments: past the deadline, after a pause of the process, as the first after an outage."""

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
    """Yield a context with the paid provider."""
    async with Store(store_url) as store, Provider() as provider, Egress() as egress:
        adapter = Adapter(Setup(name="paid", base_url=provider.url))
        yield WorkerContext(
            provider="paid", store=store, adapter=adapter, storage=Storage.open(str(tmp_path)), egress=egress
        )
        await adapter.close()


async def accept_generation(context: WorkerContext, prompt: str, run_s: float = 30) -> str:
    """Accept a generation of the paid provider and return its id."""
    customer = await create_customer(context.store)
    spec = Spec("wowflow", "image", "test/paid", "paid", prompt, {})
    return (
        await ledger.accept(context.store, make_order(customer, provider="paid", spec=spec, run_ms=int(run_s * 1000)))
    ).id


async def view(context: WorkerContext, generation_id: str) -> Generation:
    """Return the generation."""
    generation = await generations.view(context.store, "", generation_id)
    assert generation is not None
    return generation


@pytest.mark.parametrize(("prompt", "state"), [("a boat", COMPLETED), ("stuck", FAILED)])
async def test_run_polls_once_more_at_the_deadline(context: WorkerContext, prompt: str, state: str) -> None:
    """Work that is finished at the deadline is delivered and charged; all other work is refunded."""
    generation_id = await accept_generation(context, prompt, RUN_S)
    with pytest.raises(Park):
        await run({"context": context}, generation_id)
    await asyncio.sleep(RUN_S)
    await run({"context": context}, generation_id)
    assert state == (await view(context, generation_id)).state


async def test_run_uses_an_answer_that_arrived_while_it_was_paused(context: WorkerContext) -> None:
    """A worker that was paused beyond the submit's time limit uses the answer that arrived meanwhile."""

    class Hasty(Adapter):
        submit_limit_s: ClassVar[float] = 0.2

    assert isinstance(context.adapter, Adapter)
    hasty = Hasty(Setup(name="paid", base_url=context.adapter._base_url))
    generation_id = await accept_generation(context, "a boat")
    step = asyncio.create_task(run({"context": structs.replace(context, adapter=hasty)}, generation_id))
    await asyncio.sleep(0.02)
    time.sleep(0.4)  # noqa: ASYNC251  # the whole process stands still
    with pytest.raises(Park):
        await step
    await hasty.close()
    assert "pending" == (await view(context, generation_id)).state


@pytest.mark.parametrize("no", [Retry("busy", after_s=60), Down("out of order")])
async def test_run_ends_a_canceled_generation_when_its_submit_was_refused(
    context: WorkerContext, no: Exception
) -> None:
    """A refused submit ends a generation that its owner canceled meanwhile, with a full refund."""

    class Reluctant(Adapter):
        async def submit(self, call: Call) -> Pending | Done:
            assert "noted" == await generations.cancel(context.store, call.generation_id)
            raise no

    generation_id = await accept_generation(context, "a boat")
    adapter = Reluctant(Setup(name="paid", base_url="http://127.0.0.1:1"))
    await run({"context": structs.replace(context, adapter=adapter)}, generation_id)
    generation = await view(context, generation_id)
    assert generation.outcome is not None
    assert (FAILED, "canceled", 0) == (generation.state, generation.outcome.error_code, generation.cost)
    assert 0 == await context.store.call("ZCARD", keys.queue("paid"))


async def test_run_ends_a_canceled_generation_after_a_worker_died(
    context: WorkerContext,
) -> None:
    """The next worker ends a canceled generation that no provider has."""
    generation_id = await accept_generation(context, "a boat")
    await steps.start(context.store, generation_id, provider="paid", repeatable=False, submit_limit_s=5, token="first")
    await generations.cancel(context.store, generation_id)
    assert steps.Withdrawn(1, cancel=True) == await steps.withdraw(
        context.store, generation_id, "first", provider="paid", target="paid"
    )
    await run({"context": context}, generation_id)
    assert FAILED == (await view(context, generation_id)).state


@pytest.mark.parametrize("prompt", ["a boat", "refuse", "busy"])
async def test_breaker_closes_after_any_answer_to_the_probe(context: WorkerContext, prompt: str) -> None:
    """The first submit after an outage closes the breaker when it is answered, even with a refusal."""
    key = keys.provider("paid")
    await context.store.call("HSET", key, "downs", 1, "down_until_ms", 1)
    generation_id = await accept_generation(context, prompt)
    with contextlib.suppress(Park):
        await run({"context": context}, generation_id)
    assert None is await context.store.call("HGET", key, "downs")


async def test_run_uses_a_reference_that_arrives_while_uncertain(context: WorkerContext) -> None:
    """A reference that arrives for an uncertain generation is used soon, not at the deadline."""
    generation_id = await accept_generation(context, "a boat", run_s=600)
    await context.store.call("HSET", keys.generation(generation_id), "state", "uncertain")
    with pytest.raises(Park) as caught:
        await run({"context": context}, generation_id)
    assert RETRY_S * 1000 == caught.value.defer_score
    await steps.store_reference(context.store, generation_id, f"task-{generation_id}", provider="paid", patience_s=1)
    await run({"context": context}, generation_id)
    assert COMPLETED == (await view(context, generation_id)).state


async def test_late_reference_makes_the_parked_job_due(context: WorkerContext) -> None:
    """A reference that arrives for an uncertain generation makes its parked job due at once."""
    generation_id = await accept_generation(context, "a boat")
    queue, parked_ms = keys.queue("paid"), 10**15
    await context.store.call("HSET", keys.generation(generation_id), "state", "uncertain")
    await context.store.call("ZADD", queue, parked_ms, generation_id)
    await steps.store_reference(context.store, generation_id, f"task-{generation_id}", provider="paid", patience_s=1)
    assert int(await context.store.call("ZSCORE", queue, generation_id)) < parked_ms
