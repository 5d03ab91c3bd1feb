"""One client's connection: its time limits, and a client that sends its request and then closes its half.

aiohttp limits none of these by itself. Its own response to a request that it cannot parse, and its log, repeat the
bytes of the request, which often contain the API key.
"""

import asyncio
import socket
from secrets import token_hex
from typing import Any

import structlog
from aiohttp import HttpVersion11, hdrs, web
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http import SERVER_SOFTWARE
from aiohttp.http_writer import _serialize_headers

from gateway import errors
from gateway.dialects.error_bodies import dialect_of, error_body
from gateway.edge.headers import CORS, PRIVATE
from gateway.edge.peers import Peers
from shared.ops import metrics

LINGER_S = 5.0  # how long the rest of a body that nobody reads is received, so that the client reads the response
UNREAD_BYTES_MAX = 4_000_000  # of such a body
HALF_CLOSED_WAIT_S = 20.0  # how long a wait goes on for a client that closed its half: it may be gone for good
WITHOUT_BODY = (204, 304)
UNACKNOWLEDGED_MS = 60_000  # a client that acknowledges nothing for this long is gone

log = structlog.get_logger()


class Connection(web.RequestHandler):
    """One client's connection."""

    def __init__(self, server: web.Server, peers: Peers) -> None:
        self.left: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._peers = peers
        self._block: str | None = None
        self._answered = 0
        self._half_closed = False
        self._unread_bytes = 0
        self._left_timer: asyncio.TimerHandle | None = None
        self._head_timer: asyncio.TimerHandle | None = None
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]  # None turns the access log off
            keepalive_timeout=peers.limits.idle_s,
            lingering_time=LINGER_S,
            auto_decompress=False,  # compressed bodies are refused: see body.py
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Serve a new connection, or close it if there are too many."""
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if isinstance(peer, tuple) else ""
        self._block = self._peers.enter(address)
        if self._block is None:
            log.info("connection.refused", address=address, open=len(self._peers))
            transport.close()
            return
        connected = transport.get_extra_info("socket")
        if isinstance(peer, tuple) and hasattr(socket, "TCP_USER_TIMEOUT"):
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
        super().connection_made(transport)
        self._start_head_timer()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Free what the connection holds, also a request that waits for its result."""
        if self._block is not None:
            self._peers.leave(self._block)
            self._block = None
        self._stop_head_timer()
        if self._left_timer is not None:
            self._left_timer.cancel()
        self._mark_left()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what the client sent, and limit the time for headers and the size of bodies that nobody reads."""
        if self._block is None:
            return
        known = self._request_count
        super().data_received(data)
        if self._request_count != known:
            self._stop_head_timer()
            self._unread_bytes = 0
        elif self._request_count == self._answered:
            # No request is being answered, so these are bytes of headers, or of a body that nobody reads.
            self._unread_bytes += len(data)
            if self._unread_bytes > UNREAD_BYTES_MAX:
                self._drop("unread_body")
            elif data and self._head_timer is None:
                self._start_head_timer()

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio's own signature; aiohttp's returns None
        """Return True to stay open for the responses to complete requests of a client that closed its half."""
        if self._request_count == self._answered or not self._is_received():
            return False
        self._half_closed = True
        self._left_timer = self._loop.call_later(HALF_CLOSED_WAIT_S, self._mark_left)
        return True

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send a response. It is the last one if the client closed its half or still sends a body that nobody reads."""
        if (self._half_closed and not self._messages) or not request.content.is_eof():
            resp.force_close()
        try:
            if not self._send_whole(request, resp):
                return await super().finish_response(request, resp, start_time)
            if self._paused:
                await self._drain_helper()
            return resp, False
        except ConnectionError:
            return resp, True
        finally:
            self._answered += 1
            if self._half_closed and not self._messages:
                resp.force_close()

    def _send_whole(self, request: web.BaseRequest, resp: web.StreamResponse) -> bool:
        """Send a response whose body is here, in one write, unless something about it or its connection is special.

        aiohttp takes a dozen coroutines for it. The bytes are the same.
        """
        transport, whole = self.transport, resp.body if type(resp) is web.Response else None
        if (
            type(whole) is not bytes
            or resp.prepared
            or resp.keep_alive is not None
            or resp.compression
            or resp.chunked
            or resp._cookies
            or resp.status in WITHOUT_BODY
            or hdrs.CONTENT_TYPE not in resp.headers
            or request.method == hdrs.METH_HEAD
            or request.version != HttpVersion11
            or not request.keep_alive
            or self._upgraded
            or transport is None
            or transport.is_closing()
        ):
            return False
        headers = resp.headers
        headers[hdrs.CONTENT_LENGTH] = str(len(whole))
        headers.setdefault(hdrs.DATE, rfc822_formatted_time())
        headers.setdefault(hdrs.SERVER, SERVER_SOFTWARE)
        data = _serialize_headers(f"HTTP/1.1 {resp.status} {resp.reason}", headers) + whole
        transport.write(data)
        request.writer.output_size = len(data)
        resp._keep_alive = resp._eof_sent = True
        return True

    def _is_received(self) -> bool:
        """Return whether the body of every request that was begun is complete."""
        last = self._messages[-1][1] if self._messages else None
        if last is None and self._current_request is not None:
            last = self._current_request.content
        return last is None or last.is_eof()

    def _start_head_timer(self) -> None:
        self._head_timer = self._loop.call_later(self._peers.limits.head_s, self._check_head)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _check_head(self) -> None:
        self._head_timer = None
        if self._request_count == self._answered:
            self._drop("slow_headers")

    def drop_slow(self) -> None:
        """Close the connection of a client that does not read its response."""
        metrics.of(metrics.CONNECTIONS_CLOSED, "slow_reader").inc()
        if self.transport is not None:
            self.transport.abort()

    def _drop(self, reason: str) -> None:
        metrics.of(metrics.CONNECTIONS_CLOSED, reason).inc()
        self.force_close()

    def _mark_left(self) -> None:
        if not self.left.done():
            self.left.set_result(None)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Send the last response on this connection. Raises ConnectionError if another one has begun."""
        request_id = token_hex(8)
        if status >= 500:
            log.error("request.failed", request=request_id, path=request.path, method=request.method, exc_info=exc)
            refused = errors.INTERNAL
        else:
            log.info("request.malformed", request=request_id, reason=type(exc).__name__)
            refused = errors.MALFORMED
        if request.writer.output_size > 0:
            raise ConnectionError("a response has begun already")
        body = error_body(dialect_of(request.path), refused, status)
        response = web.json_response(body, status=status, headers={**CORS, **PRIVATE, "X-Request-Id": request_id})
        response.force_close()
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Log a failure after the response. A body that cannot be decoded is the client's fault, not an error."""
        error = kw.get("exc_info")
        if isinstance(error, web.RequestPayloadError):
            log.info("request.malformed", reason=type(error).__name__)
        else:
            log.error("connection.failed", exc_info=error)
