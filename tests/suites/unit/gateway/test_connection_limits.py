"""The limits of one connection that no client sees from outside: of the kernel, of time, and of open files."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
from aiohttp import web

from gateway.edge import protocol
from gateway.edge.connection import UNACKNOWLEDGED_MS, Connection
from gateway.edge.peers import ConnectionLimits, Peers
from shared.ops.settings import Settings
from tests.harness.bounds import within
from tests.harness.processes import free_port

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LIMITS = ConnectionLimits(connections_max=10, per_address_max=10, head_s=10.0, idle_s=10.0)


async def wait_for_the_end(request: web.BaseRequest) -> web.StreamResponse:
    """Answer when the client has left, as a call that waits for its result does."""
    assert isinstance(request.protocol, Connection)
    await request.protocol.left
    return web.Response(text="left")


@asynccontextmanager
async def serve() -> AsyncIterator[tuple[web.Server, int]]:
    """Serve connections of ours on a port."""
    server, loop = web.Server(wait_for_the_end), asyncio.get_running_loop()
    listening = await loop.create_server(partial(Connection, server, Peers(LIMITS, ())), "127.0.0.1", 0)
    async with listening:
        yield server, listening.sockets[0].getsockname()[1]
        await server.shutdown(0)


async def test_wait_of_a_half_closed_client_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that closed its half may be gone for good: its wait ends before its connection does."""
    monkeypatch.setattr("gateway.edge.connection.HALF_CLOSED_WAIT_S", 0.05)
    async with serve() as (_, port), within(5):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(REQUEST)
        writer.write_eof()
        assert (await reader.read()).endswith(b"left")
        writer.close()


async def test_client_that_acknowledges_nothing_is_dropped_by_the_kernel() -> None:
    """A vanished client holds its connection no longer than a minute."""
    async with serve() as (server, port):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        while not server.connections:
            await asyncio.sleep(0.01)
        transport = server.connections[0].transport
        assert transport is not None
        connected = transport.get_extra_info("socket")
        assert UNACKNOWLEDGED_MS == connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        writer.close()


async def test_connections_leave_files_for_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway with few files accepts fewer connections than its setting, and closes further ones at once."""
    monkeypatch.setattr(protocol, "FILES_KEPT", 2)
    runner = web.ServerRunner(web.Server(wait_for_the_end))
    await runner.setup()
    port = free_port()
    listening = await protocol.listen(runner, Settings(host="127.0.0.1", port=port), files_max=4)  # type: ignore[arg-type]
    async with listening, within(5):
        opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        assert b"" == await opened[2][0].read()
        assert not opened[0][0].at_eof()
        for _, writer in opened:
            writer.close()
    await runner.cleanup()
