"""Answer requests that aiohttp cannot parse, and failures outside the middleware, in the documented shape.

aiohttp's own response and log repeat the bytes that it could not parse, and these often contain the API key.
"""

import asyncio
from secrets import token_hex
from typing import Any

import structlog
from aiohttp import web

from gateway import errors
from gateway.dialects.error_bodies import dialect_of, error_body
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
        body = error_body(dialect_of(request.path), refused)
        response = web.json_response(body, status=status, headers={**CORS, "X-Request-Id": request_id})
        response.force_close()
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Log a failure after the response. A body that cannot be decoded is the client's fault, not an error."""
        error = kw.get("exc_info")
        if isinstance(error, web.RequestPayloadError):
            log.info("request.malformed", reason=type(error).__name__)
        else:
            log.error("connection.failed", exc_info=error)


async def listen(runner: web.AppRunner, host: str, port: int) -> asyncio.Server:
    """Accept connections for a runner that is set up. Raises OSError if the address is not available."""
    server = runner.server
    assert server is not None  # noqa: S101  # setup() sets it
    loop = asyncio.get_running_loop()

    def connection() -> Connection:
        return Connection(server, loop=loop, access_log=None)  # type: ignore[arg-type]  # None turns the access log off

    return await loop.create_server(connection, host, port, backlog=BACKLOG)
