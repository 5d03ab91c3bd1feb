"""The store as the rest of the program sees it: one shared connection that comes back by itself.

redis-py spends 60-200 us of CPU on a call; one connection that writes once per turn of the event loop spends about a
third of that, which is most of what a submit costs us. redis-py stays in use where one waits (blocking pops).
"""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from shared.domain.errors import StoreDown, StoreError
from shared.store.scripts import every, script
from shared.store.wire import Wire

RECONNECT_S = (0.02, 0.05, 0.1, 0.2, 0.5)  # the last one repeats
PATIENCE_S = 1.5
PING_EVERY_S = 1.0


class Address(Struct, frozen=True):
    """Where a Redis-protocol server listens and how to enter. A path means a unix socket."""

    host: str = "127.0.0.1"
    port: int = 6379
    path: str | None = None
    username: str = ""
    password: str = ""
    database: int = 0
    tls: bool = False


def address(url: str) -> Address:
    """The address in `redis://[user:password@]host:port/db`, `rediss://...` or `unix:///path`. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in ("redis", "rediss", "unix"):
        raise ValueError(f"REDIS_URL starts with redis://, rediss:// or unix://, not {parts.scheme or url!r}://")
    name, word = unquote(parts.username or ""), unquote(parts.password or "")
    if parts.scheme == "unix":
        return Address(path=unquote(parts.path), username=name, password=word)
    database = parts.path.strip("/") or "0"
    if not database.isdigit():
        raise ValueError(f"REDIS_URL ends with the number of a database, such as /0, not /{database}")
    host, port, tls = parts.hostname or "127.0.0.1", parts.port or 6379, parts.scheme == "rediss"
    return Address(host, port, None, name, word, int(database), tls)


class Store:
    """A client that is always there: calls wait a bounded time for the connection and then raise StoreDown."""

    def __init__(self, url: str, *, timeout_s: float = PATIENCE_S, name: str = "wokflow") -> None:
        self.url = url
        self._address = address(url)
        self._timeout_s = timeout_s
        self._name = name
        self._wire: Wire | None = None
        self._connected = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Store":
        self._keeper = asyncio.create_task(self._keep())
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        if self._wire is not None:
            self._wire.abort()

    @property
    def connected(self) -> bool:
        """Whether there is a connection at this moment."""
        return self._wire is not None and not self._wire.closed.done()

    async def call(self, *command: bytes | str | int | float, patience_s: float | None = None) -> Any:
        """The reply to one command. Raises StoreDown after `patience_s` without a connection, StoreError if refused."""
        wire = self._wire
        if wire is None or wire.closed.done():
            wire = await self._wait(self._timeout_s if patience_s is None else patience_s)
        return await wire.send(*command)

    async def run(self, verb: str, *args: bytes | str | int | float, patience_s: float | None = None) -> list[Any]:
        """Run a Lua verb; the reply's first item is its word, as str.

        Every verb may be asked for again: it answers the second time as it did the first. So a lost answer is asked
        for until `patience_s` (default: the store's time-out) is over; then StoreDown is raised, and the outcome is
        unknown. Raises StoreError if the script itself fails.
        """
        lua = script(verb)
        until = asyncio.get_running_loop().time() + (self._timeout_s if patience_s is None else patience_s)
        while True:
            try:
                return await self._evaluate(lua.sha, lua.source, args)
            except StoreDown:
                left = until - asyncio.get_running_loop().time()
                if left <= 0:
                    raise
                await asyncio.sleep(min(0.02, left))
                await self._wait(until - asyncio.get_running_loop().time())

    async def _evaluate(self, sha: bytes, source: bytes, args: tuple[bytes | str | int | float, ...]) -> list[Any]:
        wire = self._wire
        if wire is None or wire.closed.done():
            raise StoreDown("no connection to the store")
        try:
            reply = await wire.send("EVALSHA", sha, 0, *args)
        except StoreError as error:
            if not str(error).startswith("NOSCRIPT"):
                raise
            reply = await wire.send("EVAL", source, 0, *args)
        reply[0] = reply[0].decode()
        return list(reply)

    async def _wait(self, patience_s: float) -> Wire:
        try:
            async with asyncio.timeout(max(patience_s, 0)):
                await self._connected.wait()
        except TimeoutError:
            raise StoreDown(f"the store did not answer for {self._timeout_s} s") from None
        if self._wire is None:
            raise StoreDown("the connection to the store was lost")
        return self._wire

    async def _keep(self) -> None:
        """Connect, watch over the connection, connect again."""
        failures = 0
        while True:
            try:
                async with asyncio.timeout(self._timeout_s):
                    wire = await open_wire(self._address, name=self._name)
                    for lua in every():
                        await wire.send("SCRIPT", "LOAD", lua.source)
            except (OSError, TimeoutError, StoreDown, StoreError):
                await asyncio.sleep(RECONNECT_S[min(failures, len(RECONNECT_S) - 1)])
                failures += 1
                continue
            failures = 0
            self._wire = wire
            self._connected.set()
            await watch(wire, self._timeout_s)
            self._connected.clear()
            self._wire = None


async def open_wire(at: Address, *, name: str, on_message: Callable[[list[Any]], None] | None = None) -> Wire:
    """A connection that has entered and chosen its database. Raises OSError, StoreDown or StoreError."""
    loop = asyncio.get_running_loop()
    if at.path is not None:
        _, wire = await loop.create_unix_connection(lambda: Wire(on_message), at.path)
    else:
        context = ssl.create_default_context() if at.tls else None
        _, wire = await loop.create_connection(lambda: Wire(on_message), at.host, at.port, ssl=context)
    if at.password:
        await wire.send("AUTH", *([at.username] if at.username else []), at.password)
    if at.database:
        await wire.send("SELECT", at.database)
    await wire.send("CLIENT", "SETNAME", name)
    return wire


async def watch(wire: Wire, timeout_s: float) -> None:
    """Return when the connection is gone; cut it when its answers are overdue."""
    while not wire.closed.done():
        await asyncio.wait([wire.closed], timeout=timeout_s / 8)
        if wire.overdue(timeout_s):
            wire.abort()
            await wire.closed


async def listen(url: str, channel: str, *, on_message: Callable[[bytes], None], on_gap: Callable[[], None]) -> None:
    """Hand each message of a channel to `on_message`, for ever; `on_gap` after each time messages may be missing."""

    def hear(reply: list[Any]) -> None:
        if reply[0] == b"message":
            on_message(reply[2])
        elif reply[0] == b"subscribe":
            on_gap()

    while True:
        with contextlib.suppress(OSError, TimeoutError, StoreDown, StoreError):
            async with asyncio.timeout(PATIENCE_S):
                wire = await open_wire(address(url), name=f"listen-{channel}", on_message=hear)
            wire.tell("SUBSCRIBE", channel)
            while not wire.closed.done():
                await asyncio.wait([wire.closed], timeout=PING_EVERY_S)
                wire.tell("PING")
                if asyncio.get_running_loop().time() - wire.moved_s > PATIENCE_S + PING_EVERY_S:
                    wire.abort()
                    await wire.closed
        await asyncio.sleep(RECONNECT_S[-1])
