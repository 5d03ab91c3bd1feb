"""A provider that speaks OpenAI's API and repeats the key it was sent, in bodies, headers and broken responses."""

import asyncio
import re
from base64 import b64encode
from typing import Self


class EchoingProvider:
    """`async with EchoingProvider() as provider:`. A word in the prompt chooses the response."""

    def __init__(self) -> None:
        self.requests = 0
        self.url = ""
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"(?i)content-length: (\d+)", head)
        body = (await reader.readexactly(int(length[1]))).decode() if length else ""
        found = re.search(r"(?i)authorization: bearer (\S+)", head)
        self.requests += 1
        writer.write(respond(body, found[1] if found else "").encode())
        await writer.drain()
        writer.close()


def respond(body: str, key: str) -> str:
    """Return the response to a request."""
    basic = b64encode(f"user:{key}".encode()).decode()
    if "malformed" in body:
        return f"HTTP/1.1 200 OK\r\nAuthorization Bearer {key} without a colon\r\n\r\n"
    if "chunked" in body:
        return f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Key: {key}\r\n\r\nBearer {key}\r\n{key}\r\n"
    for word, status in (("denied", 401), ("refused", 400), ("broken", 500)):
        if word in body:
            text = f'{{"error": {{"message": "Incorrect API key: {key} {basic}", "code": "{key}", "type": "{key}"}}}}'
            return respond_json(f"{status} {key}", key, text)
    choice = f'{{"message": {{"content": "Your key is {key} or {basic}."}}, "finish_reason": "stop"}}'
    text = f'{{"choices": [{choice}], "model": "{key}"}}'
    return respond_json("200 OK", key, text)


def respond_json(status: str, key: str, text: str) -> str:
    """Return a complete response."""
    heads = f"Content-Type: application/json\r\nX-Request-Id: {key}\r\nContent-Length: {len(text)}\r\nConnection: close"
    return f"HTTP/1.1 {status}\r\n{heads}\r\n\r\n{text}"
