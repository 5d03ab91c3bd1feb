"""The middleware around every request: its id, CORS, errors in the dialect's shape, one metric."""

import time
from secrets import token_hex

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from gateway import body, errors
from gateway.addresses import note_address
from gateway.admission.large_bodies import free_large
from gateway.context import CONTEXT, SDK
from gateway.dialects.error_bodies import dialect_of
from gateway.edge import headers, rates
from gateway.edge.connection import Connection
from gateway.edge.rates import RateLimited
from gateway.responses import refusal_response
from gateway.static import missing_response
from gateway.trace import LEFT, REQUEST_ID, TRACE
from shared.domain import trace
from shared.domain.errors import Refused, StoreDown
from shared.domain.token_bucket import Grant
from shared.ops import metrics

REQUEST_ID_CHARS_MAX = 64

log = structlog.get_logger()


@web.middleware
async def handle_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every request, with an error in the dialect's shape if the handler fails."""
    started_s = time.perf_counter()
    context, request_id = request.app[CONTEXT], _request_id(request)
    REQUEST_ID.set(request_id)
    note_address(request, context.settings)
    TRACE.set(trace.parse_traceparent(request.headers.get("traceparent", "")))
    if isinstance(request.protocol, Connection):
        LEFT.set(request.protocol.left)
    context.live.pin()
    response, grant = await _answer(request, handler, request_id)
    if response.status == 401:
        context.rates.count_failure(request)
    elif response.status == 404 and request.path.startswith(rates.CALLBACKS):
        context.rates.count_unknown_callback(request)
    if not response.prepared:
        if grant is not None:
            response.headers.update(rates.rate_headers(grant))
        response.headers["X-Request-Id"] = request_id
        headers.complete(response, request.path, context.standing_headers)
        if context.watch.leaving:
            response.force_close()
    route = request.match_info.route.resource
    name = "unknown" if route is None else route.canonical
    timer = metrics.of(metrics.HTTP_SECONDS, dialect_of(request.path), name, response.status)
    timer.observe(time.perf_counter() - started_s)
    return response


async def _answer(request: web.Request, handler: Handler, request_id: str) -> tuple[web.StreamResponse, Grant | None]:
    """Return the response, and what is left of the request's rate limit."""
    grant = None
    try:
        grant = request.app[CONTEXT].rates.admit(request)
        body.check_encoding(request)
        if request.method == "OPTIONS" and headers.may_preflight(request.path):
            return web.Response(status=204, headers=headers.preflight_headers(request)), grant
        return await handler(request), grant
    except RateLimited as limited:
        refused: Refused = limited
        grant = limited.grant
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
    finally:
        free_large()
    response = missing_response(request) if refused.code == "not_found" and SDK in request.app else None
    return response or refusal_response(dialect_of(request.path), refused), grant


def _request_id(request: web.Request) -> str:
    given = request.headers.get("X-Request-Id", "")
    usable = 0 < len(given) <= REQUEST_ID_CHARS_MAX and given.isascii() and given.isprintable()
    return given if usable else token_hex(8)
