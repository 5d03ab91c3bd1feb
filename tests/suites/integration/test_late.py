"""After a refund: what a provider finishes late is attached, never charged, and looked for a bounded time."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec import structs

from shared.domain.generation import FAILED, Generation, Outcome, encode
from shared.ops.storage import Storage
from shared.store import generations, keys, ledger
from shared.store.connect import Store
from tests.harness.doubles.adapters.paid import Adapter
from tests.harness.doubles.provider import Provider
from tests.harness.factories import CENTS, Customer, create_customer, make_order
from workers.adapters.contract import Call, Callback, Done, Pending, Setup
from workers.context import Desk
from workers.egress import Egress
from workers.late import late, next_look_s
from workers.run import run
from workers.settle import LATE_LAST_S


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    """The paid provider's double."""
    async with Provider() as provider:
        yield provider


@pytest.fixture
async def desk(store_url: str, tmp_path: Path, provider: Provider) -> AsyncIterator[Desk]:
    """A desk with the paid provider."""
    async with Store(store_url) as store, Egress(allow_private=False) as egress:
        adapter = Adapter(Setup(name="paid", base_url=provider.url))
        yield Desk(provider="paid", store=store, adapter=adapter, storage=Storage.open(str(tmp_path)), egress=egress)
        await adapter.close()


async def given_up(desk: Desk, customer: Customer, ref: str) -> str:
    """A generation that its provider has under `ref`, refunded at its deadline."""
    order = make_order(customer, provider="paid")
    await ledger.accept(desk.store, order)
    await generations.start(desk.store, order.id, provider="paid", repeatable=False, submit_limit_s=5, token="t")
    await generations.submitted(desk.store, order.id, ref.replace("ID", order.id), provider="paid", patience_s=1)
    await ledger.settle(desk.store, order.id, FAILED, cost_micros=0, outcome=Outcome(), late_s=0)
    return order.id


async def lost(desk: Desk, customer: Customer) -> str:
    """A generation whose submit was never answered, refunded at its deadline."""
    order = make_order(customer, provider="paid")
    await ledger.accept(desk.store, order)
    await generations.start(desk.store, order.id, provider="paid", repeatable=False, submit_limit_s=5, token="t")
    await ledger.settle(desk.store, order.id, FAILED, cost_micros=0, outcome=Outcome(), late_s=60)
    return order.id


async def seen(desk: Desk, customer: Customer, generation_id: str) -> Generation:
    """The generation as its owner sees it."""
    generation = await generations.view(desk.store, customer.account, generation_id)
    assert generation is not None
    return generation


async def test_a_late_success_is_given_to_the_user_for_nothing(desk: Desk) -> None:
    """A result after the refund is stored and attached; the generation stays failed and costs nothing."""
    customer = await create_customer(desk.store, cents=100)
    generation_id = await given_up(desk, customer, "task-ID")
    await late({"desk": desk}, f"late:{generation_id}")
    generation = await seen(desk, customer, generation_id)
    assert (FAILED, 0, 10 * CENTS) == (generation.state, generation.cost, generation.refund_micros)
    assert generation.late is not None
    assert "image/png" == generation.late.outputs[0].media_type
    assert 0 == await desk.store.call("ZCARD", keys.LATE)


async def test_a_reference_that_comes_after_the_refund_is_followed(desk: Desk) -> None:
    """A worker that was paused in its submit brings the reference after the refund: the result is the user's."""
    customer = await create_customer(desk.store, cents=100)
    generation_id = await lost(desk, customer)
    await generations.submitted(desk.store, generation_id, f"task-{generation_id}", provider="paid", patience_s=1)
    assert 1 == (await desk.store.run("enqueue_late", 10))[1]
    await late({"desk": desk}, f"late:{generation_id}")
    generation = await seen(desk, customer, generation_id)
    assert (FAILED, 0) == (generation.state, generation.cost)
    assert generation.late is not None


async def test_a_callback_that_comes_after_the_refund_is_followed(desk: Desk) -> None:
    """What a provider calls about after its submit was given up tells the reference, and the result is the user's."""

    class Calling(Adapter):
        def callback(self, request: Callback) -> str | None:
            return request.body.decode() or None

    customer = await create_customer(desk.store, cents=100)
    assert isinstance(desk.adapter, Adapter)
    calling = structs.replace(desk, adapter=Calling(Setup(name="paid", base_url=desk.adapter._base_url)))
    for body, follows in ((b"", False), (b"task-ID", True)):
        generation_id = await lost(desk, customer)
        payload = encode(Callback({}, body.replace(b"ID", generation_id.encode())))
        assert "closed" == await generations.callback(desk.store, generation_id, "paid", payload)
        assert 1 == (await desk.store.run("enqueue_late", 10))[1]
        await late({"desk": calling}, f"late:{generation_id}")
        assert follows == ((await seen(desk, customer, generation_id)).late is not None)
    await calling.adapter.close()


async def test_a_result_that_comes_after_the_refund_is_attached(desk: Desk) -> None:
    """A worker whose submit was answered with the result after the refund gives it to the user for nothing."""

    class Slow(Adapter):
        async def submit(self, call: Call) -> Pending | Done:
            await ledger.settle(desk.store, call.generation_id, FAILED, cost_micros=0, outcome=Outcome(), late_s=0)
            return Done(text="here it is", cost_micros=7)

    customer = await create_customer(desk.store, cents=100)
    order = make_order(customer, provider="paid")
    await ledger.accept(desk.store, order)
    slow = structs.replace(desk, adapter=Slow(Setup(name="paid", base_url="http://127.0.0.1:1")))
    await run({"desk": slow}, order.id)
    generation = await seen(desk, customer, order.id)
    assert (FAILED, 0) == (generation.state, generation.cost)
    assert generation.late is not None
    assert 7 == generation.late.cost_micros


async def test_what_is_not_finished_is_looked_at_again_later(desk: Desk, provider: Provider) -> None:
    """A task that still runs after the refund is looked at again a minute later."""
    customer = await create_customer(desk.store, cents=100)
    generation_id = await given_up(desk, customer, "task-ID")
    provider.prompts[generation_id] = "stuck"
    before_ms = time.time() * 1000
    await late({"desk": desk}, f"late:{generation_id}")
    assert None is (await seen(desk, customer, generation_id)).late
    due_ms = float(await desk.store.call("ZSCORE", keys.LATE, generation_id))
    assert 55_000 < due_ms - before_ms < 65_000


async def test_a_task_that_failed_is_not_looked_at_again(desk: Desk, provider: Provider) -> None:
    """Once the provider says that it failed, looking ends."""
    customer = await create_customer(desk.store, cents=100)
    generation_id = await given_up(desk, customer, "task-ID")
    provider.prompts[generation_id] = "fail"
    await late({"desk": desk}, f"late:{generation_id}")
    assert None is await desk.store.call("ZSCORE", keys.LATE, generation_id)
    assert None is (await seen(desk, customer, generation_id)).late


async def test_looking_ends(desk: Desk) -> None:
    """The pause before the next look doubles, and after a day there is none."""
    customer = await create_customer(desk.store, cents=100)
    generation = await seen(desk, customer, await given_up(desk, customer, "task-ID"))
    closed_s = (generation.closed_ms or 0) / 1000
    assert 60 == next_look_s(generation)
    for hours in (1, 12):
        await desk.store.call(
            "HSET", keys.generation(generation.id), "closed_ms", int((closed_s - hours * 3600) * 1000)
        )
        wait_s = next_look_s(await seen(desk, customer, generation.id))
        assert wait_s is not None
        assert abs(wait_s - hours * 3600) < 10
    long_ago_ms = int((closed_s - LATE_LAST_S - 1) * 1000)
    await desk.store.call("HSET", keys.generation(generation.id), "closed_ms", long_ago_ms)
    assert None is next_look_s(await seen(desk, customer, generation.id))
