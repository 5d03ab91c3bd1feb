"""The version of the store's layout: written at a start, and respected by older versions."""

import asyncio
import sys

import pytest

from shared.domain.errors import StoreNewer
from shared.store import keys
from shared.store.connect import Store, open_store, record_layout
from tests.harness.processes import Process, make_folder

ROLES = {
    "gateway": ("-m", "gateway"),
    "worker": ("-m", "workers", "run", "local"),
    "dispatcher": ("-m", "workers", "deliver"),
    "sweeper": ("-m", "workers", "sweep"),
    "command": ("-m", "operate.cli.main", "account", "list"),
}


async def test_first_start_writes_the_version(store_url: str) -> None:
    """A new store, or one without a version, gets the version of the process that opens it."""
    async with open_store(store_url, name="test", durability="memory") as store:
        assert str(keys.SCHEMA_VERSION).encode() == await store.call("GET", keys.SCHEMA)


async def test_version_only_rises(store_url: str) -> None:
    """An older version in the store is raised; a newer one stays and is refused."""
    async with Store(store_url) as store:
        await store.call("SET", keys.SCHEMA, keys.SCHEMA_VERSION - 1)
        await record_layout(store)
        assert str(keys.SCHEMA_VERSION).encode() == await store.call("GET", keys.SCHEMA)
        await store.call("SET", keys.SCHEMA, keys.SCHEMA_VERSION + 1)
        with pytest.raises(
            StoreNewer, match=f"layout {keys.SCHEMA_VERSION + 1}; this version knows {keys.SCHEMA_VERSION}"
        ):
            await record_layout(store)
        assert str(keys.SCHEMA_VERSION + 1).encode() == await store.call("GET", keys.SCHEMA)


async def test_process_does_not_start_on_newer_store(store_url: str) -> None:
    """Every process of an older version ends at once with a sentence, without a traceback."""
    async with Store(store_url) as store:
        await store.call("SET", keys.SCHEMA, keys.SCHEMA_VERSION + 1)
        env = {"REDIS_URL": store_url, "DATA_DIR": str(make_folder("newer"))}
        started = [Process(name, sys.executable, *words, env=env).start() for name, words in ROLES.items()]
        codes = await asyncio.gather(*(process.wait_for_exit(limit_s=40) for process in started))
    assert [2, 2, 2, 2, 1] == codes
    known = keys.SCHEMA_VERSION
    for process in started:
        assert f"a later version of Wokflow (layout {known + 1}; this version knows {known})" in process.output
        assert "Traceback" not in process.output
