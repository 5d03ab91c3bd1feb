"""Fairness between accounts, and limits of providers: concurrency, rate, pauses, the breaker. Against a real store."""

import asyncio
import time

import pytest

from shared.domain.catalogue import Provider
from shared.domain.errors import Refused
from shared.domain.generation import COMPLETED, FAILED, Outcome
from shared.store import generations, keys, ledger, providers, steps
from shared.store.connect import Store
from shared.store.steps import Poll, ProviderDown, ProviderPaused, Step, Submit, Wait
from tests.harness.factories import Customer, create_customer, make_order, new_generation_id


async def order(store: Store, customer: Customer, count: int = 1) -> list[str]:
    """Accept generations in this order, and return their ids."""
    return [(await ledger.accept(store, make_order(customer))).id for _ in range(count)]


async def list_queued(store: Store) -> list[str]:
    """Return the ids on the queue, next first."""
    return [raw.decode() for raw in await store.call("ZRANGE", keys.queue("noop"), 0, -1)]


async def settle(store: Store, generation_id: str) -> None:
    """Settle a generation as completed."""
    await ledger.settle(store, generation_id, COMPLETED, cost_micros=0, outcome=Outcome())


async def start(store: Store, generation_id: str) -> Step:
    """Start a step as a worker."""
    return await steps.start(
        store, generation_id, provider="noop", repeatable=False, submit_limit_s=5, token=new_generation_id()
    )


async def limit(store: Store, **limits: float) -> None:
    """Publish limits for provider noop."""
    await providers.publish(store, [Provider(name="noop", **limits)])  # type: ignore[arg-type]


async def test_flood_delays_another_account_by_the_plans_concurrency(store_url: str) -> None:
    """After A's 1000 generations, B's single one is on the queue right behind A's few."""
    async with Store(store_url) as store:
        flood = await create_customer(store, cents=20_000, concurrency=5, backlog_max=1000)
        other = await create_customer(store, cents=20_000, concurrency=5, backlog_max=1000)
        await order(store, flood, 1000)
        [mine] = await order(store, other)
        assert 6 == len(await list_queued(store))
        assert mine in await list_queued(store)


async def test_slots_of_a_provider_are_given_round_robin(store_url: str) -> None:
    """When a provider is full, waiting accounts get its freed slots one after another."""
    async with Store(store_url) as store:
        await limit(store, concurrency=2)
        flood = await create_customer(store, cents=20_000, concurrency=50, backlog_max=100)
        other = await create_customer(store, cents=20_000, concurrency=50, backlog_max=100)
        first = await order(store, flood, 10)
        theirs = await order(store, other, 2)
        assert set(first[:2]) == set(await list_queued(store))
        await settle(store, first[0])
        await settle(store, first[1])
        assert {first[2], theirs[0]} == set(await list_queued(store))
        for generation_id in await list_queued(store):
            await settle(store, generation_id)
        assert theirs[1] in await list_queued(store)


async def test_backlog_is_admitted_while_there_are_free_slots(store_url: str) -> None:
    """In any order of settlements, every waiting generation is admitted and the limits hold."""
    async with Store(store_url) as store:
        await limit(store, concurrency=3)
        customers = [await create_customer(store, cents=20_000, concurrency=2, backlog_max=100) for _ in range(3)]
        wanted = [generation_id for customer in customers for generation_id in await order(store, customer, 7)]
        for _ in wanted:
            running = await list_queued(store)
            assert 3 >= len(running) >= 1
            await settle(store, running[-1])
        assert [] == await list_queued(store)
        assert 0 == await store.call("EXISTS", keys.round_robin("noop"))


async def test_pause_stops_submits_of_all_workers(store_url: str) -> None:
    """A provider's 429 pauses its submits for all workers for the requested time; polls continue."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        one, two, three = await order(store, customer, 3)
        assert Submit is type(await start(store, three))
        await steps.store_reference(store, three, "ref", provider="noop", patience_s=1)
        token = new_generation_id()
        await steps.start(store, one, provider="noop", repeatable=False, submit_limit_s=5, token=token)
        taken_back = await steps.withdraw(store, one, token, provider="noop", target="noop", pause_s=0.3)
        assert steps.Withdrawn(1, cancel=False) == taken_back
        step = await start(store, two)
        assert ProviderPaused is type(step)
        assert 0 < step.wait_ms <= 300
        assert Poll is type(await start(store, three))
        await asyncio.sleep(0.32)
        assert [Submit, Submit] == [type(await start(store, name)) for name in (one, two)]


async def test_submits_keep_the_rate_of_a_provider(store_url: str) -> None:
    """At 20 submits a second each generation gets its own submit time and waits for it once."""
    async with Store(store_url) as store:
        await limit(store, rate_per_s=20)
        ids = await order(store, await create_customer(store), 4)
        found = [await start(store, generation_id) for generation_id in ids]
        assert [Submit, Wait, Wait, Wait] == [type(step) for step in found]
        assert 20 < found[2].wait_ms - found[1].wait_ms < 80
        for generation_id in ids[1:]:
            slot_ms = int(await store.call("HGET", keys.generation(generation_id), "slot_ms"))
            await asyncio.sleep(max(slot_ms / 1000 + 0.005 - time.time(), 0))
            assert Submit is type(await start(store, generation_id))


async def test_submits_keep_the_rate_after_a_pause(store_url: str) -> None:
    """Generations whose submit time passed during a pause get new times at the provider's rate."""
    async with Store(store_url) as store:
        await limit(store, rate_per_s=1)
        one, *others = await order(store, await create_customer(store), 4)
        token = new_generation_id()
        await steps.start(store, one, provider="noop", repeatable=False, submit_limit_s=5, token=token)
        assert [Wait] * 3 == [type(await start(store, name)) for name in others]
        await steps.withdraw(store, one, token, provider="noop", target="noop", pause_s=60)
        await store.call("DEL", keys.route("noop", "noop"))
        past = {"next_submit_ms": 1, "sent_until_ms": 1}
        await store.call("HSET", keys.provider("noop"), *(part for field in past.items() for part in field))
        for name in others:
            await store.call("HSET", keys.generation(name), "slot_ms", 1)
        found = [await start(store, name) for name in others]
        assert [Submit, Wait, Wait] == [type(step) for step in found]
        assert 900 < found[2].wait_ms - found[1].wait_ms < 1100
        assert found[1].wait_ms > 500


async def test_probe_waits_for_the_rate_without_blocking_others(store_url: str) -> None:
    """The first submit allowed after an outage is the probe; one that waits for the rate is not the probe yet."""
    async with Store(store_url) as store:
        await limit(store, rate_per_s=1)
        one, two = await order(store, await create_customer(store), 2)
        clock = int((await store.call("TIME"))[0]) * 1000
        outage = {"downs": 1, "down_until_ms": 1, "next_submit_ms": clock + 60_000}
        await store.call("HSET", keys.provider("noop"), *(part for field in outage.items() for part in field))
        assert Wait is type(await start(store, one))
        await store.call("HSET", keys.generation(one), "slot_ms", 1)
        probe = await start(store, one)
        assert (Submit, True) == (type(probe), probe.probe)
        assert (ProviderPaused, 500) == (type(step := await start(store, two)), step.wait_ms)


async def test_breaker_opens_probes_and_closes(store_url: str) -> None:
    """An outage refuses new orders uncharged, lets one probe through afterwards, and ends with its success."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=1000)
        one, two = await order(store, customer, 2)
        once = providers.Opened(1, "provider")
        assert [once, once] == [await providers.open_breaker(store, "noop", "no credit") for _ in range(2)]
        with pytest.raises(Refused) as caught:
            await order(store, customer)
        assert "upstream_error" == caught.value.code
        assert ProviderDown is type(await start(store, one))
        await store.call("HSET", keys.provider("noop"), "down_until_ms", 1)
        [three] = await order(store, customer)
        probe = await start(store, one)
        assert (Submit, True) == (type(probe), probe.probe)
        assert ProviderPaused is type(await start(store, two))
        await providers.close_breaker(store, "noop")
        assert (Submit, False) == (type(await start(store, three)), (await start(store, two)).probe)


async def test_breaker_stays_open_longer_after_each_outage(store_url: str) -> None:
    """Each outage in a row opens the breaker for twice as long."""
    async with Store(store_url) as store:
        spans = []
        for _ in range(3):
            _, until_ms, _, _ = await store.run("open_breaker", "noop", "", "still down", "provider")
            clock = await store.call("TIME")
            spans.append(round((until_ms - int(clock[0]) * 1000) / 1000))
            await store.call("HSET", keys.provider("noop"), "down_until_ms", 1)
        assert [5, 10, 20] == [5 * round(span / 5) for span in spans]


async def test_late_result_is_attached_and_not_charged(store_url: str) -> None:
    """A result after the refund is stored with the generation, and the refund stays."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=100)
        [generation_id] = await order(store, customer)
        await start(store, generation_id)
        await steps.store_reference(store, generation_id, "ref", provider="noop", patience_s=1)
        await ledger.settle(store, generation_id, FAILED, cost_micros=0, outcome=Outcome(), late_s=0)
        assert 1 == (await store.run("enqueue_late", 10))[1]
        assert [f"late:{generation_id}"] == await list_queued(store)
        found = Outcome("noop", text="here it is", cost_micros=7)
        assert await steps.store_late_result(store, generation_id, outcome=found, next_poll_s=None)
        generation = await generations.view(store, customer.account, generation_id)
        assert generation is not None
        assert (FAILED, 0, found) == (generation.state, generation.cost, generation.late)
        assert 0 == await store.call("ZCARD", keys.LATE)


async def test_cancel_wakes_the_worker(store_url: str) -> None:
    """A cancel reaches the worker with the next step, which is due at once."""
    async with Store(store_url) as store:
        [generation_id] = await order(store, await create_customer(store))
        await start(store, generation_id)
        await steps.store_reference(store, generation_id, "ref", provider="noop", patience_s=1)
        await store.call("ZADD", keys.queue("noop"), 9e12, generation_id)
        assert "noted" == await generations.cancel(store, generation_id)
        assert 9e12 > float(await store.call("ZSCORE", keys.queue("noop"), generation_id))
        assert (await start(store, generation_id)).cancel
        await steps.clear_cancel(store, generation_id)
        assert not (await start(store, generation_id)).cancel


async def test_retention_deletes_records_and_keeps_ledger_entries(store_url: str) -> None:
    """An ended record is deleted after its retention, and trimmed from the list; its ledger entries stay."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        old, new = await order(store, customer, 2)
        await ledger.settle(store, old, FAILED, cost_micros=0, outcome=Outcome(), keep_ms=1)
        await asyncio.sleep(0.02)
        assert None is await generations.view(store, customer.account, old)
        assert ["trimmed", 1] == await store.run("trim", customer.account, 100)
        assert [new] == [found.id for found in await generations.list_newest(store, customer.account, 10)]
        assert 4 == len(await ledger.list_entries(store, customer.account))
