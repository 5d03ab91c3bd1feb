"""Synchronous calls to the async store, and snapshots of all its keys."""

import asyncio
import contextlib
from collections.abc import Awaitable, Sequence
from hashlib import sha1
from typing import Any, TypeVar

from msgspec import Struct, field

from shared.domain.store_url import parse_store_url
from shared.store.connect import Store
from shared.store.store_url import open_wire

T = TypeVar("T")
Value = str | int | bytes
WAKE_WAIT_S = 1.0

DUMP = b"""
local out = {{redis.call('TIME')}}
local readers = {
  string = function(key) return redis.call('GET', key) end,
  hash = function(key) return redis.call('HGETALL', key) end,
  list = function(key) return redis.call('LRANGE', key, 0, -1) end,
  set = function(key) return redis.call('SMEMBERS', key) end,
  zset = function(key) return redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') end,
}
for _, key in ipairs(redis.call('KEYS', '*')) do
  local kind = redis.call('TYPE', key).ok
  out[#out + 1] = {key, kind, redis.call('PTTL', key), readers[kind](key)}
end
return out
"""


class Snapshot(Struct):
    """All keys of the store at one moment, by type. Bytes that are not UTF-8 text are decoded as latin-1."""

    now_ms: int
    strings: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, dict[str, str]] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    sets: dict[str, set[str]] = field(default_factory=dict)
    zsets: dict[str, dict[str, float]] = field(default_factory=dict)  # by score
    expiring: set[str] = field(default_factory=set)  # keys that expire

    @property
    def contents(self) -> tuple[object, ...]:
        """Return the parts that must be equal in two snapshots when nothing was written between them."""
        return self.strings, self.hashes, self.lists, self.sets, self.zsets

    def with_prefix(self, group: dict[str, Any], prefix: str) -> dict[str, Any]:
        """Return the members of a group whose key begins with `prefix`, without the prefix."""
        return {key.removeprefix(prefix): value for key, value in group.items() if key.startswith(prefix)}


class SyncStore:
    """A store, its event loop, and a subscription to the channels that wake gateways."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._store = Store(url, name="property")
        self._dump = sha1(DUMP, usedforsecurity=False).hexdigest()
        self._wake_received = asyncio.Event()
        self.wakes: list[tuple[str, str]] = []
        self._do(self._open(url))

    def close(self) -> None:
        """Disconnect from the server and close the loop."""
        self._wire.abort()
        self._do(self._store.__aexit__())
        self._loop.close()

    def run(self, verb: str, *args: Value) -> list[Any]:
        """Return a verb's reply. Raises StoreError."""
        return self._do(self._store.run(verb, *args))

    def run_concurrently(self, calls: Sequence[tuple[Value, ...]]) -> list[list[Any]]:
        """Send several verbs at once and return their replies in order."""
        return self._do(self._run_together(calls))

    def write(self, *commands: tuple[Value, ...]) -> None:
        """Send plain commands, for changes that no verb makes: elapsed time and lost keys."""
        self._do(self._write(commands))

    def take_snapshot(self) -> Snapshot:
        """Return a snapshot of every key."""
        (clock,), *rows = self._do(self._store.call("EVALSHA", self._dump, 0))
        snapshot = Snapshot(int(clock[0]) * 1000 + int(clock[1]) // 1000)
        for key, kind, left_ms, raw in rows:
            name, value = decode_text(key), decode_text(raw)
            if left_ms >= 0:
                snapshot.expiring.add(name)
            if kind == b"string":
                snapshot.strings[name] = value
            elif kind == b"hash":
                snapshot.hashes[name] = _pairs(value)
            elif kind == b"list":
                snapshot.lists[name] = value
            elif kind == b"set":
                snapshot.sets[name] = set(value)
            else:
                snapshot.zsets[name] = {member: float(score) for member, score in _pairs(value).items()}
        return snapshot

    def wait_for_wakes(self, count: int) -> list[tuple[str, str]]:
        """Return the wakes since the last call as (gateway, generation); wait until there are `count`, but not long."""
        self._do(self._wait_for_messages(count))
        heard, self.wakes = self.wakes, []
        return heard

    def _do(self, work: Awaitable[T]) -> T:
        return self._loop.run_until_complete(work)

    async def _open(self, url: str) -> None:
        await self._store.__aenter__()
        await self._store.call("SCRIPT", "LOAD", DUMP)
        self._wire = await open_wire(parse_store_url(url), name="property-ear", on_message=self._record_wake)
        self._wire.send_unanswered("PSUBSCRIBE", "gw:wake:*")

    async def _run_together(self, calls: Sequence[tuple[Value, ...]]) -> list[list[Any]]:
        return await asyncio.gather(*(self._store.run(str(verb), *args) for verb, *args in calls))

    async def _write(self, commands: Sequence[tuple[Value, ...]]) -> None:
        await asyncio.gather(*(self._store.call(*command) for command in commands))

    async def _wait_for_messages(self, count: int) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WAKE_WAIT_S):
                await self._listen(count)

    async def _listen(self, count: int) -> None:
        while len(self.wakes) < count:
            self._wake_received.clear()
            await self._wake_received.wait()

    def _record_wake(self, message: list[Any]) -> None:
        if message[0] == b"pmessage":
            self.wakes.append((message[2].decode().removeprefix("gw:wake:"), message[3].decode()))
            self._wake_received.set()


def decode_text(raw: Any) -> Any:
    """Decode bytes as text, also inside lists."""
    if isinstance(raw, list):
        return [decode_text(item) for item in raw]
    return raw.decode("latin-1") if isinstance(raw, bytes) else raw


def _pairs(flat: list[str]) -> dict[str, str]:
    return dict(zip(flat[::2], flat[1::2], strict=True))
