"""Recordings of the store of a version, for tests that a later version works with it.

`python -m tests.suites.upgrade.record` writes `layout-<version>.json` next to this file, once per layout version.
"""

import asyncio
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from shared.domain.generation import Spec
from shared.store import keys, ledger, steps, webhooks
from shared.store.connect import Store, record_layout
from tests.harness.factories import create_customer, make_order
from tests.harness.processes import Stack

FOLDER = Path(__file__).parent
MOMENT = re.compile(rb"^\d{13}(\.\d+)?$")
NEAR_MS = 100 * 86_400_000  # a number this near to the time of recording is a time
PAID = Spec("wowflow", "image", "test/paid", "paid", "a blue boat", {})
READ: dict[bytes, Callable[[bytes], tuple[str | bytes | int, ...]]] = {
    b"string": lambda name: ("GET", name),
    b"hash": lambda name: ("HGETALL", name),
    b"list": lambda name: ("LRANGE", name, 0, -1),
    b"set": lambda name: ("SMEMBERS", name),
    b"zset": lambda name: ("ZRANGE", name, 0, -1, "WITHSCORES"),
}
WRITE = {"string": "SET", "hash": "HSET", "list": "RPUSH", "set": "SADD", "zset": "ZADD"}


class Entry(Struct, frozen=True):
    """A key and its value. Bytes are base64, because some are not text."""

    name: str
    kind: str
    words: list[bytes]


class Recording(Struct, frozen=True):
    """The contents of a store at one moment."""

    at_ms: int
    entries: list[Entry]


async def record_store(store: Store) -> Recording:
    """Read the contents of the store."""
    entries = []
    for name in sorted(await store.call("KEYS", "*")):
        kind = await store.call("TYPE", name)
        words = await store.call(*READ[kind](name))
        words = words if isinstance(words, list) else [words]
        entries.append(Entry(name.decode(), kind.decode(), [bytes(word) for word in words]))
    return Recording(time.time_ns() // 1_000_000, entries)


async def put_back(store: Store, recording: Recording) -> None:
    """Write a recording into an empty store, with every time in it shifted to now."""
    later_ms = time.time_ns() // 1_000_000 - recording.at_ms
    for entry in recording.entries:
        words: list[Any] = [shifted(word, recording.at_ms, later_ms) for word in entry.words]
        if entry.kind == "zset":
            words = [part for pair in zip(words[1::2], words[::2], strict=True) for part in pair]
        await store.call(WRITE[entry.kind], entry.name, *words)


def shifted(word: bytes, at_ms: int, later_ms: int) -> bytes:
    """Return a word, shifted by `later_ms` if it is a time."""
    if MOMENT.match(word) and abs(float(word) - at_ms) < NEAR_MS:
        return str(int(float(word)) + later_ms).encode()
    return word


async def create_recording(store: Store) -> Recording:
    """Create an account with an endpoint, a queued and a submitted generation, and record the store."""
    await record_layout(store)
    customer = await create_customer(store, cents=100)
    await webhooks.create_endpoint(store, customer.account, "http://127.0.0.1:1/hook")
    await ledger.accept(store, make_order(customer))
    order = make_order(customer, provider="paid", spec=PAID)
    await ledger.accept(store, order)
    await steps.start(store, order.id, provider="paid", repeatable=False, submit_limit_s=2, token="recorder")
    await steps.store_reference(store, order.id, f"task-{order.id}", provider="paid", patience_s=2)
    return await record_store(store)


async def record_layout_version() -> None:
    """Record this layout version, unless its recording exists."""
    path = FOLDER / f"layout-{keys.SCHEMA_VERSION}.json"
    if path.exists():
        sys.exit(f"{path.name} exists: a recording is never overwritten")
    async with Stack(gateways=0, workers=(), deliver=0, sweep=0) as stack, Store(stack.settings.store_url) as store:
        recording = await create_recording(store)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(recording)) + b"\n")


if __name__ == "__main__":
    asyncio.run(record_layout_version())
