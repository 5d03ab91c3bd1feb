"""Requests that aiohttp cannot parse, and handlers that fail around the middleware: told in the documented shape.

aiohttp's own answer repeats the bytes it stumbled over, and its log does too; the API key is often among them.
"""

import asyncio
from secrets import token_hex
from typing import Any

import structlog
from aiohttp import web

from gateway import errors
from gateway.dialects.shape import dialect_of, render
from gateway.middleware import CORS

BACKLOG = 1024  # connections the kernel holds for us while we are busy

log = structlog.get_logger()


class Connection(web.RequestHandler):
    """One client's connection."""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The last answer on this connection. Raises ConnectionError where another one has begun."""
        request_id = token_hex(8)
        if status >= 500:
            log.error("request.failed", request=request_id, path=request.path, method=request.method, exc_info=exc)
            refused = errors.INTERNAL
        else:
            log.info("request.malformed", request=request_id, reason=type(exc).__name__)
            refused = errors.UNREADABLE
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun already")
        body = render(dialect_of(request.path), refused)
        response = web.json_response(body, status=status, headers={**CORS, "X-Request-Id": request_id})
        response.force_close()
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """What went wrong after the answer. The rest of a body that cannot be unpacked is the client's affair."""
        error = kw.get("exc_info")
        if isinstance(error, web.RequestPayloadError):
            log.info("request.malformed", reason=type(error).__name__)
        else:
            log.error("connection.failed", exc_info=error)


async def listen(runner: web.AppRunner, host: str, port: int) -> asyncio.Server:
    """Accept connections for a runner that is set up. Raises OSError if the address cannot be had."""
    server = runner.server
    assert server is not None  # noqa: S101  # it is set up
    loop = asyncio.get_running_loop()

    def connection() -> Connection:
        return Connection(server, loop=loop, access_log=None)  # type: ignore[arg-type]  # None: there is none

    return await loop.create_server(connection, host, port, backlog=BACKLOG)
