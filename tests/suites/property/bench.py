"""The async store as plain calls, for tests that take turns with it, and a look at all it holds."""

import asyncio
import contextlib
from collections.abc import Awaitable, Sequence
from hashlib import sha1
from typing import Any, TypeVar

from msgspec import Struct, field

from shared.store.connect import Store
from shared.store.store_url import open_wire, parse_store_url

T = TypeVar("T")
Value = str | int | bytes
HEARD_S = 1.0

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


class Seen(Struct):
    """All keys of the store at one moment, by type. Bytes that are no text are latin-1."""

    now_ms: int
    strings: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, dict[str, str]] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    sets: dict[str, set[str]] = field(default_factory=dict)
    zsets: dict[str, dict[str, float]] = field(default_factory=dict)  # in their order
    mortal: set[str] = field(default_factory=set)  # keys that expire

    @property
    def everything(self) -> tuple[object, ...]:
        """What may not differ when nothing happened."""
        return self.strings, self.hashes, self.lists, self.sets, self.zsets

    def named(self, group: dict[str, Any], prefix: str) -> dict[str, Any]:
        """The members of a group whose key begins with `prefix`, by the rest of it."""
        return {key.removeprefix(prefix): value for key, value in group.items() if key.startswith(prefix)}


class Bench:
    """A store, its event loop, and an ear on the channels that wake gateways."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._store = Store(url, name="property")
        self._dump = sha1(DUMP, usedforsecurity=False).hexdigest()
        self._heard = asyncio.Event()
        self.wakes: list[tuple[str, str]] = []
        self._do(self._open(url))

    def close(self) -> None:
        """Leave the server."""
        self._wire.abort()
        self._do(self._store.__aexit__())
        self._loop.close()

    def run(self, verb: str, *args: Value) -> list[Any]:
        """A verb's reply. Raises StoreError."""
        return self._do(self._store.run(verb, *args))

    def run_together(self, calls: Sequence[tuple[Value, ...]]) -> list[list[Any]]:
        """The replies of verbs that are all on their way at once."""
        return self._do(self._together(calls))

    def write(self, *commands: tuple[Value, ...]) -> None:
        """Commands that say what happened outside of the verbs: time that passed, keys that were lost."""
        self._do(self._write(commands))

    def look(self) -> Seen:
        """Everything there is."""
        (clock,), *rows = self._do(self._store.call("EVALSHA", self._dump, 0))
        seen = Seen(int(clock[0]) * 1000 + int(clock[1]) // 1000)
        for key, kind, left_ms, raw in rows:
            name, value = _text(key), _text(raw)
            if left_ms >= 0:
                seen.mortal.add(name)
            if kind == b"string":
                seen.strings[name] = value
            elif kind == b"hash":
                seen.hashes[name] = _pairs(value)
            elif kind == b"list":
                seen.lists[name] = value
            elif kind == b"set":
                seen.sets[name] = set(value)
            else:
                seen.zsets[name] = {member: float(score) for member, score in _pairs(value).items()}
        return seen

    def wait_for_wakes(self, count: int) -> list[tuple[str, str]]:
        """(gateway, generation) of each message since the last call; waits for `count` of them, but not long."""
        self._do(self._hear(count))
        heard, self.wakes = self.wakes, []
        return heard

    def _do(self, work: Awaitable[T]) -> T:
        return self._loop.run_until_complete(work)

    async def _open(self, url: str) -> None:
        await self._store.__aenter__()
        await self._store.call("SCRIPT", "LOAD", DUMP)
        self._wire = await open_wire(parse_store_url(url), name="property-ear", on_message=self._hear_one)
        self._wire.tell("PSUBSCRIBE", "gw:wake:*")

    async def _together(self, calls: Sequence[tuple[Value, ...]]) -> list[list[Any]]:
        return await asyncio.gather(*(self._store.run(str(verb), *args) for verb, *args in calls))

    async def _write(self, commands: Sequence[tuple[Value, ...]]) -> None:
        await asyncio.gather(*(self._store.call(*command) for command in commands))

    async def _hear(self, count: int) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HEARD_S):
                await self._listen(count)

    async def _listen(self, count: int) -> None:
        while len(self.wakes) < count:
            self._heard.clear()
            await self._heard.wait()

    def _hear_one(self, message: list[Any]) -> None:
        if message[0] == b"pmessage":
            self.wakes.append((message[2].decode().removeprefix("gw:wake:"), message[3].decode()))
            self._heard.set()


def _text(raw: Any) -> Any:
    """Bytes as text, in lists too."""
    if isinstance(raw, list):
        return [_text(item) for item in raw]
    return raw.decode("latin-1") if isinstance(raw, bytes) else raw


def _pairs(flat: list[str]) -> dict[str, str]:
    return dict(zip(flat[::2], flat[1::2], strict=True))
