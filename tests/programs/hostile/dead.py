"""Endpoints that read a webhook and never answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

DEAD_ENDPOINTS = 10  # of a hostile tenant


class DeadEndpoints:
    """A server of endpoints that never answer, at `url` followed by anything."""

    def __init__(self) -> None:
        self.url = ""
        self.hung = 0  # posts
        self._posts: set[asyncio.StreamWriter] = set()

    async def read_forever(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read a post and never answer."""
        self.hung += 1
        self._posts.add(writer)
        with suppress(OSError):
            while await reader.read(65_536):
                pass
        self._posts.discard(writer)
        writer.close()

    def hang_up(self) -> None:
        """Close every post that still waits for its answer."""
        for writer in self._posts:
            writer.transport.abort()


@asynccontextmanager
async def open_dead_endpoints() -> AsyncIterator[DeadEndpoints]:
    """Serve dead endpoints during the block."""
    endpoints = DeadEndpoints()
    async with await asyncio.start_server(endpoints.read_forever, "127.0.0.1", 0) as hanging:
        endpoints.url = f"http://127.0.0.1:{hanging.sockets[0].getsockname()[1]}"
        try:
            yield endpoints
        finally:
            endpoints.hang_up()
