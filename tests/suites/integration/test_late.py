"""Late polls: a result that comes after the refund is attached, never charged, and polled for a bounded time."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec import structs

from shared.domain.generation import FAILED, Generation, Outcome, encode
from shared.ops.storage import Storage
from shared.store import generations, keys, ledger, steps
from shared.store.connect import Store
from tests.harness.doubles.adapters.paid import Adapter
from tests.harness.doubles.provider import Provider
from tests.harness.factories import CENTS, Customer, create_customer, make_order
from workers.adapters.contract import Call, Callback, Done, Pending, Setup
from workers.context import WorkerContext
from workers.egress import Egress
from workers.late import next_poll_s, poll_late
from workers.run import run
from workers.timing import LATE_LAST_S


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    """Yield the paid provider's double."""
    async with Provider() as provider:
        yield provider


@pytest.fixture
async def context(store_url: str, tmp_path: Path, provider: Provider) -> AsyncIterator[WorkerContext]:
    """Yield a context with the paid provider."""
    async with Store(store_url) as store, Egress() as egress:
        adapter = Adapter(Setup(name="paid", base_url=provider.url))
        yield WorkerContext(
            provider="paid", store=store, adapter=adapter, storage=Storage.open(str(tmp_path)), egress=egress
        )
        await adapter.close()


async def refund_submitted(context: WorkerContext, customer: Customer, ref: str) -> str:
    """Return a generation that its provider has under `ref`, refunded at its deadline."""
    order = make_order(customer, provider="paid")
    await ledger.accept(context.store, order)
    await steps.start(context.store, order.id, provider="paid", repeatable=False, submit_limit_s=5, token="t")
    await steps.store_reference(context.store, order.id, ref.replace("ID", order.id), provider="paid", patience_s=1)
    await ledger.settle(context.store, order.id, FAILED, cost_micros=0, outcome=Outcome(), late_s=0)
    return order.id


async def refund_unanswered(context: WorkerContext, customer: Customer) -> str:
    """Return a generation whose submit was never answered, refunded at its deadline."""
    order = make_order(customer, provider="paid")
    await ledger.accept(context.store, order)
    await steps.start(context.store, order.id, provider="paid", repeatable=False, submit_limit_s=5, token="t")
    await ledger.settle(context.store, order.id, FAILED, cost_micros=0, outcome=Outcome(), late_s=60)
    return order.id


async def view(context: WorkerContext, customer: Customer, generation_id: str) -> Generation:
    """Return the generation as its owner sees it."""
    generation = await generations.view(context.store, customer.account, generation_id)
    assert generation is not None
    return generation


async def test_late_poll_attaches_a_result_without_a_charge(context: WorkerContext) -> None:
    """A result after the refund is stored and attached; the generation stays failed and costs nothing."""
    customer = await create_customer(context.store, cents=100)
    generation_id = await refund_submitted(context, customer, "task-ID")
    await poll_late({"context": context}, f"late:{generation_id}")
    generation = await view(context, customer, generation_id)
    assert (FAILED, 0, 10 * CENTS) == (generation.state, generation.cost, generation.refund_micros)
    assert generation.late is not None
    assert "image/png" == generation.late.outputs[0].media_type
    assert 0 == await context.store.call("ZCARD", keys.LATE)


async def test_late_poll_follows_a_reference_that_comes_after_the_refund(context: WorkerContext) -> None:
    """A paused worker stores the reference after the refund, and the user gets the result."""
    customer = await create_customer(context.store, cents=100)
    generation_id = await refund_unanswered(context, customer)
    await steps.store_reference(context.store, generation_id, f"task-{generation_id}", provider="paid", patience_s=1)
    assert 1 == (await context.store.run("enqueue_late", 10))[1]
    await poll_late({"context": context}, f"late:{generation_id}")
    generation = await view(context, customer, generation_id)
    assert (FAILED, 0) == (generation.state, generation.cost)
    assert generation.late is not None


async def test_late_poll_follows_a_callback_that_comes_after_the_refund(context: WorkerContext) -> None:
    """A callback after the refund supplies the reference, and the user gets the result."""

    class Calling(Adapter):
        def callback(self, request: Callback) -> str | None:
            return request.body.decode() or None

    customer = await create_customer(context.store, cents=100)
    assert isinstance(context.adapter, Adapter)
    calling = structs.replace(context, adapter=Calling(Setup(name="paid", base_url=context.adapter._base_url)))
    for body, follows in ((b"", False), (b"task-ID", True)):
        generation_id = await refund_unanswered(context, customer)
        payload = encode(Callback({}, body.replace(b"ID", generation_id.encode())))
        assert "closed" == await generations.store_callback(context.store, generation_id, "paid", payload)
        assert 1 == (await context.store.run("enqueue_late", 10))[1]
        await poll_late({"context": calling}, f"late:{generation_id}")
        assert follows == ((await view(context, customer, generation_id)).late is not None)
    await calling.adapter.close()


async def test_run_attaches_a_result_that_comes_after_the_refund(context: WorkerContext) -> None:
    """A submit that is answered with the result after the refund gives it to the user for nothing."""

    class Slow(Adapter):
        async def submit(self, call: Call) -> Pending | Done:
            await ledger.settle(context.store, call.generation_id, FAILED, cost_micros=0, outcome=Outcome(), late_s=0)
            return Done(text="here it is", cost_micros=7)

    customer = await create_customer(context.store, cents=100)
    order = make_order(customer, provider="paid")
    await ledger.accept(context.store, order)
    slow = structs.replace(context, adapter=Slow(Setup(name="paid", base_url="http://127.0.0.1:1")))
    await run({"context": slow}, order.id)
    generation = await view(context, customer, order.id)
    assert (FAILED, 0) == (generation.state, generation.cost)
    assert generation.late is not None
    assert 7 == generation.late.cost_micros


async def test_late_poll_is_repeated_when_the_task_still_runs(context: WorkerContext, provider: Provider) -> None:
    """A task that still runs after the refund is polled again a minute later."""
    customer = await create_customer(context.store, cents=100)
    generation_id = await refund_submitted(context, customer, "task-ID")
    provider.prompts[generation_id] = "stuck"
    before_ms = time.time() * 1000
    await poll_late({"context": context}, f"late:{generation_id}")
    assert None is (await view(context, customer, generation_id)).late
    due_ms = float(await context.store.call("ZSCORE", keys.LATE, generation_id))
    assert 55_000 < due_ms - before_ms < 65_000


async def test_late_poll_ends_when_the_task_failed(context: WorkerContext, provider: Provider) -> None:
    """Once the provider reports a failure, late polls end."""
    customer = await create_customer(context.store, cents=100)
    generation_id = await refund_submitted(context, customer, "task-ID")
    provider.prompts[generation_id] = "fail"
    await poll_late({"context": context}, f"late:{generation_id}")
    assert None is await context.store.call("ZSCORE", keys.LATE, generation_id)
    assert None is (await view(context, customer, generation_id)).late


async def test_late_polls_slow_down_and_end(context: WorkerContext) -> None:
    """The pause before the next late poll doubles, and after a day there is none."""
    customer = await create_customer(context.store, cents=100)
    generation = await view(context, customer, await refund_submitted(context, customer, "task-ID"))
    closed_s = (generation.closed_ms or 0) / 1000
    assert 60 == next_poll_s(generation)
    for hours in (1, 12):
        await context.store.call(
            "HSET", keys.generation(generation.id), "closed_ms", int((closed_s - hours * 3600) * 1000)
        )
        wait_s = next_poll_s(await view(context, customer, generation.id))
        assert wait_s is not None
        assert abs(wait_s - hours * 3600) < 10
    long_ago_ms = int((closed_s - LATE_LAST_S - 1) * 1000)
    await context.store.call("HSET", keys.generation(generation.id), "closed_ms", long_ago_ms)
    assert None is next_poll_s(await view(context, customer, generation.id))
