"""A transport without a socket: a test feeds a server's connection and reads what it writes."""

import asyncio
from typing import Any


class Sink(asyncio.Transport):
    """A transport that collects what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self._written = asyncio.Event()

    async def send(self, connection: asyncio.Protocol, data: bytes) -> bytes:
        """Let the connection receive bytes, and return the next write."""
        self._written.clear()
        connection.data_received(data)
        await self._written.wait()
        return self.writes[-1]

    def write(self, data: Any) -> None:
        """Collect bytes."""
        self.writes.append(bytes(data))
        self._written.set()

    def is_closing(self) -> bool:
        """Return False."""
        return False

    def pause_reading(self) -> None:
        """Do nothing."""

    def resume_reading(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""
