"""The middleware around every request: its id, CORS, errors in the dialect's shape, one metric."""

import time
from secrets import token_hex

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from gateway import errors
from gateway.context import CONTEXT
from gateway.dialects.error_bodies import dialect_of, error_body
from gateway.trace import REQUEST_ID, TRACE
from shared.domain import trace
from shared.domain.errors import Refused, StoreDown
from shared.ops import metrics

REQUEST_ID_CHARS_MAX = 64
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "*, X-Request-Id, Retry-After, Idempotent-Replayed",
}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Prefer, X-Request-Id, traceparent",
    "Access-Control-Max-Age": "86400",
}

log = structlog.get_logger()


@web.middleware
async def handle_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every request, with an error in the dialect's shape if the handler fails."""
    started_s = time.perf_counter()
    request_id = _request_id(request)
    REQUEST_ID.set(request_id)
    TRACE.set(trace.parse_traceparent(request.headers.get("traceparent", "")))
    api = request.path.startswith("/api/")
    if request.method == "OPTIONS" and api:
        response: web.StreamResponse = web.Response(status=204, headers=PREFLIGHT)
    else:
        response = await _answer(request, handler, request_id)
    if not response.prepared:
        response.headers["X-Request-Id"] = request_id
        if api:
            response.headers.update(CORS)
        if request.app[CONTEXT].watch.leaving:
            response.force_close()
    route = request.match_info.route.resource
    name = "unknown" if route is None else route.canonical
    timer = metrics.of(metrics.HTTP_SECONDS, dialect_of(request.path), name, response.status)
    timer.observe(time.perf_counter() - started_s)
    return response


async def _answer(request: web.Request, handler: Handler, request_id: str) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refused as refusal:
        refused = refusal
    except StoreDown as down:
        log.warning("store.unavailable", request=request_id, path=request.path, reason=str(down))
        refused = errors.UNAVAILABLE
    except web.HTTPException as http:
        if http.status < 400:
            raise
        refused = errors.from_http(http.status, request.path, http.headers.get("Allow", ""))
    except Exception:
        # The last resort: a bug becomes a 500 in the documented shape, with a traceback in the log.
        log.exception("request.failed", request=request_id, path=request.path, method=request.method)
        refused = errors.INTERNAL
    dialect = dialect_of(request.path)
    metrics.of(metrics.REFUSED, dialect, refused.code).inc()
    response = web.json_response(error_body(dialect, refused), status=errors.status_of(refused))
    if refused.retry_after_s is not None:
        response.headers["Retry-After"] = str(refused.retry_after_s)
    if refused.allow:
        response.headers["Allow"] = refused.allow
    return response


def _request_id(request: web.Request) -> str:
    given = request.headers.get("X-Request-Id", "")
    usable = 0 < len(given) <= REQUEST_ID_CHARS_MAX and given.isascii() and given.isprintable()
    return given if usable else token_hex(8)
