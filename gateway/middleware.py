"""The middleware around every request: its id, CORS, errors in the dialect's shape, one metric."""

import time
from functools import lru_cache

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from multidict import istr

from gateway import body, errors
from gateway.admission.large_bodies import free_large
from gateway.context import CONTEXT, SDK, GatewayContext
from gateway.dialects.error_bodies import dialect_of
from gateway.edge import headers, rates
from gateway.edge.connection import Connection
from gateway.edge.rates import RateLimited
from gateway.exchange import EXCHANGE, Exchange
from gateway.responses import refusal_response
from gateway.static import missing_response
from shared.domain import trace
from shared.domain.errors import Refused, StoreDown
from shared.domain.token_bucket import Grant
from shared.ops import entropy, metrics

REQUEST_ID_CHARS_MAX = 64
ROUTES_REMEMBERED = 256
X_REQUEST_ID, TRACEPARENT = istr("X-Request-Id"), istr("traceparent")

log = structlog.get_logger()


@web.middleware
async def handle_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every request, with an error in the dialect's shape if the handler fails."""
    started_s = time.perf_counter()
    context, path = request.app[CONTEXT], request.path
    exchange = begin(request, context)
    response, grant = await _answer(context, request, handler, exchange.request_id)
    status, dialect = response.status, dialect_of(path)
    if status == 401:
        context.rates.count_failure(request)
    elif status == 404 and path.startswith(rates.CALLBACKS):
        context.rates.count_unknown_callback(request)
    if not response.prepared:
        given = response.headers
        if grant is not None:
            given.update(rates.rate_headers(grant, dialect))
        given[X_REQUEST_ID] = exchange.request_id
        headers.complete(response, path, context.standing_headers)
        if context.watch.leaving:
            response.force_close()
    timer = metrics.of(metrics.HTTP_SECONDS, dialect, name_of(request.match_info.route), status)
    timer.observe(time.perf_counter() - started_s)
    return response


def begin(request: web.Request, context: GatewayContext) -> Exchange:
    """Make a request the current one, and let it see the newest catalogue until its end."""
    given, protocol = request.headers, request.protocol
    exchange = Exchange(
        _request_id(given.get(X_REQUEST_ID, "")),
        trace.parse_traceparent(given[TRACEPARENT]) if TRACEPARENT in given else "",
        given.get(hdrs.HOST, ""),
        protocol.left if isinstance(protocol, Connection) else None,
        context.live.newest,
    )
    EXCHANGE.set(exchange)
    return exchange


@lru_cache(ROUTES_REMEMBERED)
def name_of(route: web.AbstractRoute) -> str:
    """Return the path of a route as the router has it."""
    return "unknown" if route.resource is None else route.resource.canonical


async def _answer(
    context: GatewayContext, request: web.Request, handler: Handler, request_id: str
) -> tuple[web.StreamResponse, Grant | None]:
    """Return the response, and what is left of the request's rate limit."""
    grant = None
    try:
        grant = context.rates.admit(request)
        if hdrs.CONTENT_ENCODING in request.headers:
            body.check_encoding(request)
        if request.method == hdrs.METH_OPTIONS and headers.may_preflight(request.path):
            return web.Response(status=204, headers=headers.preflight_headers(request)), grant
        return await handler(request), grant
    except RateLimited as limited:
        refused: Refused = limited.with_traceback(None)
        grant = limited.grant
    except Refused as refusal:
        refused = refusal.with_traceback(None)
    except StoreDown as down:
        log.warning("store.unavailable", request=request_id, path=request.path, reason=str(down))
        refused = errors.UNAVAILABLE
    except web.HTTPException as http:
        if http.status < 400:
            raise
        http.__traceback__ = None  # the request holds its error, whose frames hold the request
        refused = errors.from_http(http.status, request.path, http.headers.get("Allow", ""))
    except Exception:
        # The last resort: a bug becomes a 500 in the documented shape, with a traceback in the log.
        log.exception("request.failed", request=request_id, path=request.path, method=request.method)
        refused = errors.INTERNAL
    finally:
        free_large()
    response = missing_response(request) if refused.code == "not_found" and SDK in request.app else None
    return response or refusal_response(dialect_of(request.path), refused), grant


def _request_id(given: str) -> str:
    usable = 0 < len(given) <= REQUEST_ID_CHARS_MAX and given.isascii() and given.isprintable()
    return given if usable else entropy.take_bytes(8).hex()
