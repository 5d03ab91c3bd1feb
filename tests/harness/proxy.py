"""A TCP proxy in front of a server that can fall silent, as a vanished host or a dropped NAT entry does."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Self

CHUNK_BYTES = 65_536

Dial = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


class Proxy:
    """Forwards every connection to what `dial` opens. `async with Proxy(dial) as proxy:` listens on `proxy.port`.

    `fall_silent()` leaves all connections open and passes nothing on in either direction, without FIN or RST. New ones
    are silent too. With `fresh` they pass, and only those that were open before are dead.
    """

    def __init__(self, dial: Dial) -> None:
        self._dial = dial
        self._server: asyncio.Server | None = None
        self._flows: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._open = asyncio.Event()
        self._open.set()
        self._gate = self._open  # the gate that connections made now pass through
        self.accepted = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()
        for flow in self._flows:
            flow.cancel()
        await asyncio.gather(*self._flows, return_exceptions=True)
        self.cut()
        for _ in range(3):  # for the transports to let go of their sockets
            await asyncio.sleep(0)

    @property
    def port(self) -> int:
        """Return the port that it listens on."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def fall_silent(self, *, fresh: bool = False) -> None:
        """Pass nothing on any more. With `fresh`, connections made from now on work."""
        self._gate.clear()
        if fresh:
            self._gate = asyncio.Event()
            self._gate.set()

    def resume(self) -> None:
        """Let new connections, and those that share their gate, pass again."""
        self._gate.set()

    def cut(self) -> None:
        """Reset every open connection."""
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        gate = self._gate
        task = asyncio.current_task()
        assert task is not None
        self._flows.add(task)
        self._writers.add(writer)
        try:
            await gate.wait()
            upstream_reader, upstream_writer = await self._dial()
            self._writers.add(upstream_writer)
            flows = _forward(reader, upstream_writer, gate), _forward(upstream_reader, writer, gate)
            await asyncio.gather(*flows)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._flows.discard(task)
            writer.transport.abort()


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gate: asyncio.Event) -> None:
    """Copy one direction while the gate is open; close the other side at the end."""
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK_BYTES):
            await gate.wait()
            writer.write(data)
            await writer.drain()
    writer.transport.abort()
