"""The store's statistics, as metrics and operators read them, checked on stores whose state is known."""

import asyncio

from prometheus_client import CollectorRegistry, generate_latest

from shared.domain.catalogue import Provider
from shared.domain.generation import COMPLETED, Outcome
from shared.store import archive, keys, ledger, providers, steps
from shared.store.connect import Store
from shared.store.stats import CLOSED, HALF_OPEN, OPEN, QueueStats, StoreStats, read_stats
from tests.harness.factories import SPEC, create_customer, load_catalogue, make_order, new_generation_id
from workers.fleet import Fleet, audit

NAMES = ("noop", "webhooks")


async def start(store: Store, generation_id: str, limit_s: float = 5) -> type:
    """Start a job as a worker does, and return the type of its step."""
    more = {"provider": "noop", "repeatable": False, "submit_limit_s": limit_s, "token": new_generation_id()}
    return type(await steps.start(store, generation_id, **more))  # type: ignore[arg-type]


async def read_noop_queue(store: Store) -> QueueStats:
    """Read the statistics of provider noop's queue."""
    return (await read_stats(store, NAMES)).queues[0]


async def test_empty_store_has_zero_stats(store_url: str) -> None:
    """An empty store has zero in every field and no ledger check."""
    async with Store(store_url) as store:
        nothing = [QueueStats(name, 0, 0, 0, 0, 0, 0, 0, 0, 0, "") for name in NAMES]
        assert StoreStats(0, 0, 0, 0, None, tuple(nothing)) == await read_stats(store, NAMES)


async def test_queue_and_backlog_are_counted(store_url: str) -> None:
    """Due, running, parked and waiting jobs are counted, with the ages of the oldest."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=1000, concurrency=3, backlog_max=10)
        made = [(await ledger.accept(store, make_order(customer))).id for _ in range(5)]
        await asyncio.sleep(0.05)
        full = await read_noop_queue(store)
        assert (3, 0, 0, 2) == (full.due, full.running, full.parked, full.waiting)
        assert 50 <= full.oldest_ms < 5000
        assert 50 <= full.waiting_ms < 5000
        await store.run("claim", keys.queue("noop"), 1, 60_000, 60_000, "w1")
        await store.call("ZADD", keys.queue("noop"), 2**42, made[1])
        busy = await read_noop_queue(store)
        assert (1, 1, 1, 2) == (busy.due, busy.running, busy.parked, busy.waiting)
        for name in made:
            await ledger.settle(store, name, COMPLETED, cost_micros=0, outcome=Outcome())
        assert QueueStats("noop", 0, 0, 0, 0, 0, 0, 0, 0, 0, "") == await read_noop_queue(store)
        assert 0 == (await read_stats(store, NAMES)).open


async def test_waiting_count_drops_when_generation_leaves_backlog(store_url: str) -> None:
    """A waiting generation is no longer counted once it is enqueued, settled or rerouted."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=1000, concurrency=1, backlog_max=10)
        first, second, third = [(await ledger.accept(store, make_order(customer))).id for _ in range(3)]
        await ledger.settle(store, third, COMPLETED, cost_micros=0, outcome=Outcome())
        assert 1 == (await read_noop_queue(store)).waiting
        await ledger.settle(store, first, COMPLETED, cost_micros=0, outcome=Outcome())
        assert 0 == (await read_noop_queue(store)).waiting
        await providers.publish(store, [Provider(name="other", concurrency=0)])
        assert "other" == await steps.reroute(store, second, "t", refusal="busy", routes=[("other", SPEC)])
        [other] = (await read_stats(store, ["other"])).queues
        assert (0, 1) == (other.due, other.waiting)


async def test_uncertain_generations_are_counted(store_url: str) -> None:
    """A submit of unknown outcome counts as uncertain until its reference comes or it ends."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        made = [(await ledger.accept(store, make_order(customer))).id for _ in range(2)]
        for name in made:
            assert [steps.Submit, steps.Uncertain] == [await start(store, name, 0), await start(store, name, 0)]
        assert 2 == (await read_stats(store, NAMES)).uncertain
        await steps.store_reference(store, made[0], "ref", provider="noop", patience_s=1)
        assert 1 == (await read_stats(store, NAMES)).uncertain
        await ledger.settle(store, made[1], COMPLETED, cost_micros=0, outcome=Outcome())
        assert 0 == (await read_stats(store, NAMES)).uncertain


async def test_breaker_state_is_reported(store_url: str) -> None:
    """The breaker is open after a failure, half-open after its time, and closed after a success."""
    async with Store(store_url) as store:
        assert CLOSED == (await read_noop_queue(store)).breaker
        await providers.open_breaker(store, "noop", "out of credit")
        assert (OPEN, 1) == ((await read_noop_queue(store)).breaker, (await read_noop_queue(store)).downs)
        await store.call("HSET", keys.provider("noop"), "down_until_ms", 1)
        assert HALF_OPEN == (await read_noop_queue(store)).breaker
        await store.run("set_mode", "noop", "drain")
        assert "drain" == (await read_noop_queue(store)).held
        await store.run("set_mode", "noop", "")
        await providers.close_breaker(store, "noop")
        assert CLOSED == (await read_noop_queue(store)).breaker


async def test_one_sweeper_checks_the_ledger_per_interval(store_url: str) -> None:
    """One sweeper of several checks the ledger in each interval, and the statistics show its result."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        await asyncio.gather(audit(store, 60), audit(store, 60))
        first = (await read_stats(store, NAMES)).check
        assert first is not None
        assert 0 == first.findings
        await store.call("HINCRBY", keys.account(customer.account), "topup", 7)
        await audit(store, 60)
        assert first == (await read_stats(store, NAMES)).check
        await store.call("DEL", keys.LEDGER_CHECK_DUE)
        await audit(store, 60)
        second = (await read_stats(store, NAMES)).check
        assert second is not None
        assert (2, True) == (second.findings, second.at_ms >= first.at_ms)
        await archive.start_records(store, "a database", "")
        await store.call("DEL", keys.LEDGER_CHECK_DUE)
        await audit(store, 60)
        assert 0 == await store.call("EXISTS", keys.LEDGER_CHECK_DUE), "archivers check it where there is a database"


async def test_metrics_omit_store_facts_when_store_is_down(store_url: str) -> None:
    """The sweeper exports the store's facts, and omits them while the store is down."""
    registry = CollectorRegistry()
    async with Store(store_url, timeout_s=0.1) as store:
        fleet = Fleet(store, load_catalogue)
        registry.register(fleet)
        assert b"" == generate_latest(registry)
        await fleet.refresh()
        assert b'wokflow_queue_jobs{queue="webhooks",state="due"} 0.0' in generate_latest(registry)
    await fleet.refresh()
    assert b"" == generate_latest(registry)
