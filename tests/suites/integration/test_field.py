"""Failures that cost users of comparable systems money and nights, as listed in docs/guarantees.md."""

import asyncio
from typing import Any

from shared.domain.generation import COMPLETED, Outcome
from shared.store import accounts, generations, keys, ledger
from shared.store.connect import Store
from tests.harness.factories import create_customer, make_order
from tests.suites.integration.test_engine import build_engine, enqueue, run_engines, wait_until


async def test_reading_never_bills(store_url: str) -> None:
    """A thousand polls of a finished generation leave one reservation and one settlement."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        accepted = await ledger.accept(store, make_order(customer))
        await ledger.settle(store, accepted.id, COMPLETED, cost_micros=100_000, outcome=Outcome())
        looks = [generations.view(store, customer.account, accepted.id) for _ in range(1000)]
        assert {COMPLETED} == {found.state for found in await asyncio.gather(*looks) if found}
        assert ["top_up", "reserve", "settle"] == [
            line.kind for line in await ledger.list_entries(store, customer.account)
        ]


async def test_job_has_no_expiry(store_url: str) -> None:
    """The job of an accepted generation has no expiry, however long it waits."""
    async with Store(store_url) as store:
        accepted = await ledger.accept(store, make_order(await create_customer(store)))
        assert -1 == await store.call("PTTL", keys.arq_job(accepted.id))
        assert -1 == await store.call("PTTL", keys.generation(accepted.id))


async def test_new_job_starts_at_once_when_five_thousand_run(store_url: str) -> None:
    """Four workers hold 5 000 running jobs between them, and a new job starts as if they were idle."""
    release = asyncio.Event()
    started: set[str] = set()

    async def work(_: dict[str, Any], job_id: str) -> None:
        started.add(job_id)
        await release.wait()

    async with Store(store_url) as store:
        engines = [build_engine(store, work, max_jobs=1300, lease_s=5) for _ in range(4)]
        async with run_engines(*engines):
            await enqueue(store, 5000)
            await wait_until(lambda: len(started) == 5000, limit_s=60)
            assert 5000 == sum(engine.job_counter for engine in engines)
            await asyncio.sleep(0.5)
            [last] = await enqueue(store, 1)
            await wait_until(lambda: last in started)
            assert 5001 == len(started)
            release.set()


async def test_single_job_waits_for_a_few_of_a_flood(store_url: str) -> None:
    """A floods 1 000, B sends 1: with one slot B's job starts within A's concurrency + 1 completions."""
    began: list[str] = []

    async with Store(store_url) as store:

        async def work(_: dict[str, Any], job_id: str) -> None:
            began.append(job_id)
            await ledger.settle(store, job_id, COMPLETED, cost_micros=0, outcome=Outcome())

        flood = await create_customer(store, cents=20_000, concurrency=5, backlog_max=1000)
        await asyncio.gather(*(ledger.accept(store, make_order(flood)) for _ in range(1000)))
        mine = await ledger.accept(store, make_order(await create_customer(store, concurrency=5)))
        async with run_engines(build_engine(store, work, max_jobs=1)):
            await wait_until(lambda: mine.id in began)
        assert began.index(mine.id) <= 6


async def test_money_is_in_the_store_alone(store_url: str) -> None:
    """A second process sees every movement at once, because no process holds money in its memory."""
    async with Store(store_url) as one, Store(store_url) as other:
        customer = await create_customer(one, cents=100)
        for _ in range(5):
            await ledger.accept(one, make_order(customer))
        account = await accounts.find(other, customer.account)
        assert account is not None
        assert account.balance == sum(line.amount_micros for line in await ledger.list_entries(other, customer.account))
        assert 50 * 10_000 == account.balance
