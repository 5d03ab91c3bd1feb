"""A server on a raw socket that keeps each request line as it came, because HTTP libraries normalize it."""

import asyncio
from types import TracebackType
from typing import Self

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: image/png\r\n\r\nok"


class LineServer:
    """Records the request lines and Host headers. Answers 200, or what `answers` has for the request's target."""

    def __init__(self, answers: dict[str, bytes] | None = None) -> None:
        self.answers = answers or {}
        self.lines: list[str] = []
        self.hosts: list[str] = []

    @property
    def targets(self) -> list[str]:
        """Return the request targets."""
        return [line.split(" ")[1] for line in self.lines]

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        self.lines.append(head[0])
        self.hosts += [line[6:] for line in head if line.lower().startswith("host: ")]
        writer.write(self.answers.get(head[0].split(" ")[1], ANSWER))
        writer.close()


def redirect_to(location: str, status: int = 302) -> bytes:
    """Return the bytes of a redirect."""
    return f"HTTP/1.1 {status} Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
