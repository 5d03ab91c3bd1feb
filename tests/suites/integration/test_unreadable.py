"""Unreadable records: the sweeper goes on with the others and counts them, and the ledger check names them."""

import asyncio
from pathlib import Path

import pytest

from shared.ops.clock import Clock
from shared.ops.storage import Storage, new_path
from shared.store import generations, keys, ledger
from shared.store.check import check_ledger
from shared.store.connect import Store
from shared.store.findings import Report
from tests.harness.factories import create_customer, make_order
from workers.sweep import sweep, sweep_deliveries, sweep_forever
from workers.timing import Progress

DAMAGES = {
    "another type": lambda key: (("DEL", key), ("LPUSH", key, "x")),
    "no deadline": lambda key: (("HDEL", key, "deadline_ms"),),
    "a deadline that is not a number": lambda key: (("HSET", key, "deadline_ms", "soon"),),
    "overdue, no reservation": lambda key: (("HDEL", key, "reserved"), ("HSET", key, "deadline_ms", "1")),
    "overdue, no specification": lambda key: (("HDEL", key, "spec"), ("HSET", key, "deadline_ms", "1")),
}


class Rounds(Progress):
    """Counts the rounds of a sweeper, failed ones too: each is progress."""

    count = 0

    def note(self) -> None:
        """Count a round."""
        self.count += 1


@pytest.mark.parametrize("damage", DAMAGES)
async def test_sweeper_goes_on_when_a_record_is_unreadable(store_url: str, damage: str) -> None:
    """A record that cannot be read is postponed, and the one behind it is ended; the ledger check names the first."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        broken = (await ledger.accept(store, make_order(customer))).id
        overdue = (await ledger.accept(store, make_order(customer))).id
        for command in DAMAGES[damage](keys.generation(broken)):
            await store.call(*command)
        await store.call("HSET", keys.generation(overdue), "deadline_ms", 1)
        report = Report()
        await check_ledger(store, report)
        assert ("unreadable", broken) in [(finding.fault, finding.id) for finding in report.findings]
        await store.call("ZADD", keys.OPEN, 1, broken, 2, overdue)
        await sweep(store)
        found = await generations.view(store, "", overdue)
        assert found is not None
        assert "failed" == found.state
        assert 1 < float(await store.call("ZSCORE", keys.OPEN, broken) or 2)


async def test_delivery_of_another_type_is_postponed(store_url: str) -> None:
    """A delivery that cannot be read does not keep others from the queue."""
    async with Store(store_url) as store:
        await store.call("LPUSH", keys.delivery("a:b"), "x")
        await store.call("HSET", keys.delivery("c:d"), "state", "pending")
        await store.call("ZADD", keys.OPEN_DELIVERIES, 1, "a:b", 2, "c:d")
        assert 2 == await sweep_deliveries(store)
        assert 1 == await store.call("EXISTS", keys.arq_job("deliver:c:d"))


async def test_sweeper_lives_on_when_an_index_is_unreadable(store_url: str, tmp_path: Path) -> None:
    """A step that the store rejects does not end the sweeper, nor the steps behind it."""
    async with Store(store_url) as store:
        await store.call("SET", keys.OPEN, "x")
        await store.call("HSET", keys.delivery("c:d"), "state", "pending")
        await store.call("ZADD", keys.OPEN_DELIVERIES, 2, "c:d")
        storage, rounds = Storage.open(str(tmp_path)), Rounds()
        sweeping = asyncio.create_task(
            sweep_forever(store, storage, known=tuple, asset_retention_days=1, progress=rounds)
        )
        while not (rounds.count and await store.call("EXISTS", keys.arq_job("deliver:c:d"))):
            assert not sweeping.done()
            await asyncio.sleep(0.02)
        assert not sweeping.done()
        sweeping.cancel()


async def test_record_of_an_unreadable_account_is_named(store_url: str) -> None:
    """The ledger check finds a damaged record through the sweeper's index, although no list of an account has it."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        broken = (await ledger.accept(store, make_order(customer))).id
        for key in (keys.generation(broken), keys.generations(customer.account)):
            await store.call("DEL", key)
            await store.call("SET", key, "x")
        report = Report()
        await check_ledger(store, report)
        assert ("unreadable", broken) in [(finding.fault, finding.id) for finding in report.findings]


async def test_sweeper_deletes_by_the_confirmed_clock_alone(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outputs past their retention stay while the store's clock is unconfirmed, and those within it always."""
    clock, rounds, storage = Clock(), Rounds(), Storage.open(str(tmp_path))
    now_ms = clock.now_ms()
    old, new = (new_path("0" * 32, "image/png", now_ms - days * 86_400_000, 0) for days in (5, 1))
    for path in (old, new):
        await storage.put(path, b"x", "image/png")
    monkeypatch.setattr("workers.sweep.CLOCK", clock)
    monkeypatch.setattr("workers.sweep.EVERY_S", 0.01)
    async with Store(store_url) as store:
        sweeping = asyncio.create_task(
            sweep_forever(store, storage, known=tuple, asset_retention_days=3, progress=rounds)
        )
        while rounds.count < 3:
            await asyncio.sleep(0.01)
        assert await storage.find(old) is not None
        monkeypatch.setattr(clock, "confirmed_ms", lambda: now_ms)
        while await storage.find(old) is not None:
            assert not sweeping.done()
            await asyncio.sleep(0.01)
        assert await storage.find(new) is not None
        sweeping.cancel()
