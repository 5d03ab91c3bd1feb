"""The client of the store: one shared connection that reconnects by itself.

redis-py spends 60-200 us of CPU on a call. This client writes once per turn of the event loop, and spends a third of
that. Calls to the store are most of the cost of a submit. Blocking pops still use redis-py.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import structlog

from shared.domain.errors import StoreDown, StoreError, StoreNewer
from shared.domain.store_url import parse_store_url
from shared.ops import metrics, redaction
from shared.ops.background import keep_running
from shared.store import keys
from shared.store.client import Act, Argument, StoreClient
from shared.store.durability import Acknowledger, choose_acknowledger
from shared.store.history import Fence
from shared.store.scripts import Script, all_scripts, audited_script, script
from shared.store.store_time import keep_time, measure_time
from shared.store.store_url import open_wire
from shared.store.wire import Wire

RECONNECT_S = (0.02, 0.05, 0.1, 0.2, 0.5)  # delays between attempts; the last one repeats
PATIENCE_S = 1.5
RETRY_S, RETRY_S_MAX = 0.02, 0.5
START_S = 60.0
START_RETRY_S = 0.2
NOTICE_S = 1.0
REASON_CHARS_MAX = 200

Result = TypeVar("Result")

log = structlog.get_logger()


class Store:
    """A client that reconnects: calls wait a bounded time for the connection, then raise StoreDown.

    With an `acknowledger`, a verb is answered only after its writes are confirmed. `safe` is a second client with an
    acknowledger, for verbs that have to be durable; None if the server's own answer is enough.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float = PATIENCE_S,
        name: str = "wokflow",
        acknowledger: Acknowledger | None = None,
    ) -> None:
        self.url = url
        self.reason = "no connection yet"  # why the last attempt to connect failed
        self.safe: Store | None = None
        self.fence: Fence | None = None  # set by the guard of a process that runs for long
        self._address = parse_store_url(url)
        self._timeout_s = timeout_s
        self._name = name
        self._acknowledger = acknowledger
        self._wire: Wire | None = None
        self._connected = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    @property
    def patience_s(self) -> float:
        """Return how long a durable verb waits for the store by default."""
        return (self.safe or self)._timeout_s

    async def __aenter__(self) -> "Store":
        self._keeper = asyncio.create_task(keep_running("keep_connected", self._keep))
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        if self._wire is not None:
            self._wire.abort()

    async def call(self, *command: Argument, patience_s: float | None = None) -> Any:
        """Send one command and return its reply.

        Raises StoreDown after `patience_s` without a connection, StoreError if the store rejects the command.
        """
        wire = self._wire
        if wire is None or wire.closed.done():
            wire = await self._wait(self._timeout_s if patience_s is None else patience_s)
        return await wire.send(*command)

    async def run(
        self, verb: str, *args: Argument, patience_s: float | None = None, durable: bool = False, act: Act | None = None
    ) -> list[Any]:
        """Run a Lua verb and return its reply; the first item is the reply's word, as str.

        Every verb is idempotent, so a lost answer is retried for `patience_s` (default: the store's time-out). Then the
        call raises StoreDown, and the outcome is unknown. With `durable`, the writes are confirmed as DURABILITY
        says. With an `act`, the verb also writes an audit record. Raises StoreError if the script itself fails.
        """
        if durable and self.safe is not None:
            return await self.safe.run(verb, *args, patience_s=patience_s, act=act)
        lua, args = (script(verb), args) if act is None else (audited_script(verb), (*act, *args))
        args = tuple(redaction.mask(value) for value in args) if redaction.has_secrets() else args
        began_s = time.perf_counter()
        try:
            try:
                reply = await self._evaluate(lua, args)
            except StoreDown as down:
                patience_s = self._timeout_s if patience_s is None else patience_s
                left_s = patience_s - (time.perf_counter() - began_s)
                reply = await self._retry(partial(self._evaluate, lua, args), down, left_s)
        except StoreDown:
            metrics.STORE_UNAVAILABLE.inc()
            raise
        metrics.of(metrics.SCRIPT_SECONDS, verb).observe(time.perf_counter() - began_s)
        return reply

    async def read(self, commands: Sequence[tuple[Argument, ...]]) -> list[Any]:
        """Send commands that only read in one write, and return their replies. A lost reply is read again.

        Raises StoreDown after the store's time-out, StoreError if the store rejects a command.
        """
        began_s = time.perf_counter()
        try:
            try:
                return await self._read(commands)
            except StoreDown as down:
                left_s = self._timeout_s - (time.perf_counter() - began_s)
                return await self._retry(partial(self._read, commands), down, left_s)
        except StoreDown:
            metrics.STORE_UNAVAILABLE.inc()
            raise

    async def _retry(self, step: Callable[[], Awaitable[Result]], failure: StoreDown, patience_s: float) -> Result:
        """Take a step again that just failed, for so long."""
        now_s = asyncio.get_running_loop().time
        until, pause_s = now_s() + patience_s, RETRY_S
        while (left := until - now_s()) > 0:
            await asyncio.sleep(min(pause_s, left))
            pause_s = min(pause_s * 2, RETRY_S_MAX)
            await self._wait(until - now_s())
            try:
                return await step()
            except StoreDown as again:
                failure = again
        raise failure

    async def _read(self, commands: Sequence[tuple[Argument, ...]]) -> list[Any]:
        wire = self._wire
        if wire is None or wire.closed.done():
            raise StoreDown("no connection to the store")
        return await wire.send_all(commands)

    async def _evaluate(self, lua: Script, args: tuple[Argument, ...]) -> list[Any]:
        wire = self._wire
        if wire is None or wire.closed.done():
            raise StoreDown("no connection to the store")
        try:
            call = ("EVALSHA", lua.sha, 0, *args)
            reply = await (wire.send(*call) if self._acknowledger is None else self._send(wire, *call))
        except StoreError as error:
            if not str(error).startswith("NOSCRIPT"):
                raise
            reply = await self._send(wire, "EVAL", lua.source, 0, *args)
        if not isinstance(reply, list) or not reply or reply[0] not in lua.words:
            wire.abort()  # an answer to another request, so every answer behind it is unreliable
            raise StoreDown(f"the store's reply does not belong to {lua.name}")
        return [reply[0].decode(), *reply[1:]]

    async def _send(self, wire: Wire, *command: Argument) -> Any:
        if self._acknowledger is None:
            return await wire.send(*command)
        reply, _ = await asyncio.gather(wire.send(*command), self._acknowledger.confirm(wire))
        return reply

    async def _wait(self, patience_s: float) -> Wire:
        try:
            async with asyncio.timeout(max(patience_s, 0)):
                await self._connected.wait()
        except TimeoutError:
            raise StoreDown(f"the store did not answer for {self._timeout_s} s") from None
        if self._wire is None:
            raise StoreDown("the connection to the store was lost")
        return self._wire

    async def _open(self) -> Wire:
        """Open a connection that is ready for verbs. It is closed if that does not succeed."""
        wire = await open_wire(self._address, name=self._name)
        try:
            await measure_time(wire)
            for lua in all_scripts():
                await wire.send("SCRIPT", "LOAD", lua.source)
        except BaseException:
            wire.abort()
            raise
        return wire

    async def _keep(self) -> None:
        """Connect, watch the connection, and reconnect, forever."""
        failures = 0
        while True:
            try:
                async with asyncio.timeout(self._timeout_s):
                    wire = await self._open()
            except (OSError, TimeoutError, StoreDown, StoreError) as error:
                self.reason = explain(error, self._timeout_s)
                await asyncio.sleep(RECONNECT_S[min(failures, len(RECONNECT_S) - 1)])
                failures += 1
                continue
            failures, self.reason = 0, ""
            self._wire = wire
            self._connected.set()
            timekeeper = asyncio.create_task(keep_time(wire))
            try:
                await watch(wire, self._timeout_s)
            finally:
                timekeeper.cancel()
            self._connected.clear()
            self._wire = None


async def watch(wire: Wire, timeout_s: float) -> None:
    """Wait until the connection is lost. Abort it if answers are overdue or the server became a replica."""
    while not wire.closed.done():
        await asyncio.wait([wire.closed], timeout=timeout_s / 8)
        if wire.is_overdue(timeout_s) or wire.demoted:
            wire.abort()
            await wire.closed


def explain(error: Exception, timeout_s: float) -> str:
    """Return in words why an attempt to connect failed. Addresses in the system's words would only repeat ours."""
    if isinstance(error, TimeoutError):
        return f"no answer for {timeout_s:g} s"
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number) if number and number > 0 else redaction.foreign().line(str(error), REASON_CHARS_MAX)


async def record_layout(store: StoreClient) -> None:
    """Record the version of our layout in the store. Raises StoreNewer if the store has a later one."""
    word, version = await store.run("record_layout", keys.SCHEMA_VERSION)
    if word == "newer":
        layouts = f"layout {version}; this version knows {keys.SCHEMA_VERSION}"
        raise StoreNewer(
            f"The store was written by a later version of Wokflow ({layouts}). "
            "Start that version, or restore a backup from before the upgrade: docs/operate.md."
        )


async def retry_at_start(store: Store, step: Callable[[], Awaitable[Result]], wait_s: float = START_S) -> Result:
    """Take a step of a start again while the store is away, and log after NOTICE_S that it is, and why.

    Raises StoreDown after `wait_s`.
    """
    began_s, noticed = asyncio.get_running_loop().time(), False
    while True:
        try:
            return await step()
        except StoreDown as down:
            place, reason = parse_store_url(store.url).location, store.reason or str(down)
        waited_s = asyncio.get_running_loop().time() - began_s
        if waited_s >= wait_s:
            message = f"The store at {place} did not answer for {wait_s:g} s ({reason})"
            raise StoreDown(f"{message}: start it, or correct REDIS_URL or DATA_DIR.")
        if waited_s >= NOTICE_S and not noticed:
            log.warning("store.waiting", at=place, reason=reason, limit_s=wait_s)
            noticed = True
        await asyncio.sleep(START_RETRY_S)


@contextlib.asynccontextmanager
async def open_store(
    url: str, *, name: str, durability: str, timeout_s: float = PATIENCE_S, wait_s: float = START_S
) -> AsyncIterator[Store]:
    """Open a store with the guarantee of `durability`. Waits up to `wait_s` for the server.

    Raises StoreDown without a server, StoreNewer if a later version wrote to the store, and DurabilityError if the
    server cannot give the guarantee.
    """

    async def prepare() -> Acknowledger | None:
        await record_layout(store)
        return await choose_acknowledger(store, durability)

    async with Store(url, name=name, timeout_s=timeout_s) as store:
        confirms = await retry_at_start(store, prepare, wait_s)
        if confirms is None:
            yield store
            return
        async with Store(url, name=f"{name}-safe", timeout_s=timeout_s, acknowledger=confirms) as store.safe:
            yield store
