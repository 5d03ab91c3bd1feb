"""A lean HTTP/1.1 client that sends ready-made requests over connections that stay open."""

import asyncio
import re

LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)


class Wire:
    """Connections from one address of this machine to one port of it."""

    def __init__(self, port: int, address: str) -> None:
        self._port, self._address = port, address
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def send(self, request: bytes) -> int:
        """Send a request, read its response, and return the status. Raises OSError or EOFError for a lost one."""
        reader, writer = self._idle.pop() if self._idle else await self._connect()
        kept = False
        try:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = LENGTH.search(head)
            await reader.readexactly(int(length[1]) if length else 0)
            kept = b"connection: close" not in head.lower()
        finally:
            if kept:
                self._idle.append((reader, writer))
            else:
                writer.close()
        return int(head[9:12])

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self._port, local_addr=(self._address, 0))

    def close(self) -> None:
        """Close the connections that are not in use."""
        while self._idle:
            self._idle.pop()[1].close()
