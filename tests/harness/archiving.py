"""Steps of an archiver, so that a test decides when each is taken."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from gateway.admission.lists import Lists
from shared.records.connect import Records
from shared.records.history import History
from shared.records.rows import delivery_row, generation_row
from shared.records.write import Batch, write_batch
from shared.store import keys
from shared.store.connect import Store


def make_context(store: Store, history: History, **parts: Any) -> Any:
    """Return the parts of a gateway that its lists read from."""
    return SimpleNamespace(store=store, history=history, lists=Lists(), base_url="http://gw.example", **parts)


async def store_generations(store: Store, records: Records, names: Sequence[str]) -> None:
    """Write ended generations to the database as they are in the store."""
    rows = [generation_row(name, await store.call("HGETALL", keys.generation(name))) for name in names]
    async with records.write() as connection:
        await write_batch(connection, Batch(generations=rows))


async def store_deliveries(store: Store, records: Records, names: Sequence[str]) -> None:
    """Write ended deliveries to the database as they are in the store."""
    rows = [delivery_row(name, await store.call("HGETALL", keys.delivery(name))) for name in names]
    async with records.write() as connection:
        await write_batch(connection, Batch(deliveries=rows))


async def expire_generations(store: Store, names: Sequence[str]) -> None:
    """Let generations leave the store, as their time to live does."""
    await store.call("DEL", *(keys.generation(name) for name in names))
