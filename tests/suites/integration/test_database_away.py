"""A database that is away while customers order: no order fails, and its history follows."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from shared.records.opening import open_records
from shared.store import archive, keys
from shared.store.connect import Store
from tests.harness.bounds import within
from tests.harness.factories import create_customer
from tests.harness.postgres import Postgres, empty_database
from tests.suites.integration.test_archive import HOT_MS, Place
from workers.archive.archiver import Archiver

ORDERS = 200
BYTES_MAX = 6000  # of the store's memory, for an order that waits: its record, its ledger lines, its places in lists
HANG_UP = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'wokflow'"


async def read_used_bytes(store: Store) -> int:
    """Return the memory that the store's data takes."""
    info = (await store.call("INFO", "memory")).decode()
    return int(info.partition("used_memory:")[2].partition("\r")[0])


async def hang_up(url: str) -> None:
    """Close all connections of archivers, as a server does that stops."""
    connection = await asyncpg.connect(url)
    await connection.execute(HANG_UP)
    await connection.close()


async def test_database_away_under_load_fails_no_order(
    store_url: str, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every order is accepted and settled, the lag shows, memory is bounded, and all of it is archived afterwards."""
    monkeypatch.setattr("workers.archive.archiver.RETRY_S_MAX", 0.2)
    await empty_database(postgres.url)
    door = tmp_path / "door"  # to the server's socket
    door.symlink_to(postgres.folder)
    async with Store(store_url) as store, open_records(f"postgresql://wokflow@/postgres?host={door}") as records:
        archiver = Archiver(store, records, hot_ms=HOT_MS)
        place = Place(store, records, archiver, await create_customer(store, cents=100_000))
        await archiver.start()
        running = asyncio.create_task(archiver.run())
        door.unlink()
        await hang_up(postgres.url)
        before = await read_used_bytes(store)
        await place.finish_many(ORDERS)
        lag = await archive.read_lag(store)
        assert lag is not None
        assert ORDERS <= lag.waiting
        assert 0 < lag.age_ms
        assert (await read_used_bytes(store) - before) / ORDERS < BYTES_MAX

        door.symlink_to(postgres.folder)
        async with within(20):
            while await store.call("XLEN", keys.RECORDS):
                await asyncio.sleep(0.05)
        archiver.stop()
        await running
        assert ORDERS == await place.count("generations")
        await place.check_same_ledger()
