"""A customer's webhook endpoint: a real HTTP server on loopback that records every request and misbehaves on demand."""

import asyncio
import ssl
import time
from collections import deque
from contextlib import suppress
from types import TracebackType
from typing import Self

from aiohttp import web
from msgspec import Struct
from standardwebhooks import Webhook

from tests.harness.bounds import WAIT_S

BODY_BYTES_MAX = 1_000_000
CHUNK = b"x" * 16_384


class Reply(Struct, frozen=True, kw_only=True):
    """The receiver's response to one request, by default a 200."""

    status: int = 200
    body: bytes = b"ok"
    headers: dict[str, str] = {}
    delay_s: float = 0.0  # before the status line
    hang_up: bool = False  # close the connection without a response
    endless: bool = False  # stream the body forever
    stalled: bool = False  # send status, headers and `body`, then nothing more


class Received(Struct, frozen=True, kw_only=True):
    """One request as it arrived. Header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at_s: float  # Unix time
    verified: bool | None  # None: the receiver has no secret
    client_port: int  # of the connection


class Receiver:
    """Sends the scripted replies in turn, then `default`. Verifies signatures if it has a secret."""

    def __init__(
        self,
        *replies: Reply,
        secret: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.received: list[Received] = []
        self.default = Reply()
        self.secret = secret
        self.host, self.port = host, port
        self._replies = deque(replies)
        self._tls = tls
        self._news = asyncio.Condition()
        self._closing = asyncio.Event()

    @property
    def url(self) -> str:
        """Return the receiver's URL."""
        return f"{'https' if self._tls else 'http'}://{self.host}:{self.port}/hook"

    def queue_replies(self, *replies: Reply) -> None:
        """Queue `replies` for the next requests, one each."""
        self._replies.extend(replies)

    async def wait_for(self, n: int, timeout_s: float = WAIT_S) -> list[Received]:
        """Wait for `n` requests and return them. Raises AssertionError on a timeout."""
        try:
            async with asyncio.timeout(timeout_s), self._news:
                await self._news.wait_for(lambda: len(self.received) >= n)
        except TimeoutError:
            raise AssertionError(f"{len(self.received)} of {n} requests within {timeout_s} s") from None
        return self.received[:n]

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=BODY_BYTES_MAX)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, self.host, self.port, ssl_context=self._tls).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        await self._record(request)
        reply = self._replies.popleft() if self._replies else self.default
        await self._pause(reply.delay_s)
        if reply.hang_up:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        if reply.endless or reply.stalled:
            return await self._stream(request, reply)
        return web.Response(status=reply.status, body=reply.body, headers=reply.headers)

    async def _record(self, request: web.Request) -> None:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        received = Received(
            method=request.method,
            path=request.path_qs,
            headers=headers,
            body=body,
            at_s=time.time(),
            verified=self._verified(body, headers),
            client_port=request.transport.get_extra_info("peername")[1] if request.transport else 0,
        )
        async with self._news:
            self.received.append(received)
            self._news.notify_all()

    def _verified(self, body: bytes, headers: dict[str, str]) -> bool | None:
        if self.secret is None:
            return None
        try:
            Webhook(self.secret).verify(body, headers)
        except Exception:  # the package raises many types for malformed input
            return False
        return True

    async def _stream(self, request: web.Request, reply: Reply) -> web.StreamResponse:
        response = web.StreamResponse(status=reply.status, headers=reply.headers)
        with suppress(ConnectionError):  # the client disconnected
            await response.prepare(request)
            await response.write(reply.body)
            while reply.endless and not self._closing.is_set():
                await response.write(CHUNK)
            await self._closing.wait()
        return response

    async def _pause(self, delay_s: float) -> None:
        """Sleep, but not after the receiver was closed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(delay_s):
                await self._closing.wait()
