"""One connection to the store. Calls of one turn of the event loop leave in one write; replies arrive in order."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import hiredis

from shared.domain.errors import StoreDown, StoreError, StoreForbids

# Errors that mean "not now" or "not here": the caller retries once the store serves again.
AWAY_WORDS = {"LOADING", "READONLY", "MASTERDOWN", "MISCONF", "OOM", "NOREPLICAS", "TRYAGAIN", "UNBLOCKED", "BUSY"}
FORBIDDEN_WORDS = {"NOPERM", "NOAUTH", "WRONGPASS"}
FORBIDDEN_IN_SCRIPT = ("ACL failure in script", "user executing the script can't run this command")  # Valkey, Redis


class Wire(asyncio.Protocol):
    """A Redis-protocol connection shared by all callers of a process."""

    def __init__(self, on_message: Callable[[list[Any]], None] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader(replyError=StoreError, protocolError=StoreError)
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._outgoing: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._on_message = on_message
        self.moved_s = self._loop.time()  # when an answer last came, or the first call left
        self.demoted = False  # the server has become a replica
        self.closed: asyncio.Future[None] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport that the event loop opened."""
        self._transport = cast(asyncio.Transport, transport)

    def send(self, *command: bytes | str | int | float) -> asyncio.Future[Any]:
        """Queue a command; the future has its reply, or a StoreError, or StoreDown if the connection is lost.

        Raises UnicodeEncodeError or TypeError for a command that cannot be packed. It queues nothing then, because a
        waiter without its command would get the reply of the next one.
        """
        packed = hiredis.pack_command(command)  # type: ignore[arg-type]  # its stub allows one item
        future = self._loop.create_future()
        if self.closed.done():
            future.set_exception(StoreDown("the connection to the store is closed"))
            return future
        if not self._waiting:
            self.moved_s = self._loop.time()
        self._waiting.append(future)
        if not self._outgoing:
            self._loop.call_soon(self._flush)
        self._outgoing.append(packed)
        return future

    async def send_all(self, commands: Iterable[Sequence[bytes | str | int | float]]) -> list[Any]:
        """Send commands in one write, and return their replies. Raises the first error once all are here."""
        futures = [self.send(*command) for command in commands]
        replies, failures = list[Any](), list[Exception]()
        for future in futures:  # most are done when the first one is, and waiting for them costs nothing then
            try:
                replies.append(await future)
            except (StoreDown, StoreError) as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return replies

    def send_unanswered(self, *command: bytes | str) -> None:
        """Send a command whose answer comes as a message, or not at all: SUBSCRIBE, PING while subscribed."""
        if self._transport is not None and not self.closed.done():
            self._transport.write(hiredis.pack_command(command))  # type: ignore[arg-type]  # its stub allows one item

    def _flush(self) -> None:
        if self._transport is not None and self._outgoing and not self._transport.is_closing():
            self._transport.write(b"".join(self._outgoing))
        self._outgoing.clear()

    def data_received(self, data: bytes) -> None:
        """Parse bytes from the server."""
        self._reader.feed(data)
        self.moved_s = self._loop.time()
        try:
            while (reply := self._reader.gets()) is not False:
                if self._waiting:
                    self._answer(reply)
                elif self._on_message is not None:
                    self._on_message(reply)
                else:
                    self.abort()  # an answer that nobody waits for: the order of the others is in doubt too
                    return
        except StoreError:  # bytes that are not the protocol
            self.abort()

    def _answer(self, reply: object) -> None:
        future = self._waiting.popleft()
        if future.done():
            return
        if isinstance(reply, StoreError):
            self.demoted = self.demoted or str(reply).startswith("READONLY")
            future.set_exception(_outage_of(reply) or reply)
        else:
            future.set_result(reply)

    def is_overdue(self, limit_s: float) -> bool:
        """Return whether a call waits and no reply has arrived for `limit_s` seconds."""
        return bool(self._waiting) and self._loop.time() - self.moved_s > limit_s

    def abort(self) -> None:
        """Drop the connection now; waiting calls raise StoreDown."""
        if self._transport is not None:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Resolve `closed`, and fail the callers that still wait."""
        if not self.closed.done():
            self.closed.set_result(None)
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_exception(StoreDown("the connection to the store was lost before its answer"))


def _outage_of(error: StoreError) -> StoreDown | None:
    """Return the outage that an error reply stands for, None if the command itself is wrong."""
    message = str(error)
    word = message.partition(" ")[0]
    if word in FORBIDDEN_WORDS or any(words in message for words in FORBIDDEN_IN_SCRIPT):
        return StoreForbids(message)
    return StoreDown(message) if word in AWAY_WORDS else None
