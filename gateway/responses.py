"""JSON responses, and refusals in the shape of their dialect."""

from collections.abc import Mapping

import msgspec
from aiohttp import web

from gateway import errors
from gateway.dialects.error_bodies import error_body, status_in
from gateway.dialects.openai.errors import retry_headers
from shared.domain.errors import Refused
from shared.ops import metrics


def json_response(value: object, status: int = 200, *, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return a response with `value` as its JSON body."""
    return web.Response(
        body=msgspec.json.encode(value), status=status, headers=headers, content_type="application/json"
    )


def list_response(entries: object, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return a response with a list of entries under `data`."""
    return json_response({"data": entries}, headers=headers)


def refusal_response(dialect: str, refused: Refused) -> web.Response:
    """Count a refusal and return its response in the dialect's shape."""
    metrics.of(metrics.REFUSED, dialect, refused.code).inc()
    status = status_in(dialect, refused.code, errors.status_of(refused))
    response = web.json_response(error_body(dialect, refused, status), status=status)
    if dialect == "openai":
        response.headers.update(retry_headers(refused, status))
    if refused.retry_after_s is not None:
        response.headers["Retry-After"] = str(refused.retry_after_s)
    if refused.allow:
        response.headers["Allow"] = refused.allow
    return response


def mark_replay(response: web.Response, *, replayed: bool) -> web.Response:
    """Add the header of an idempotent replay to a response, and return it."""
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response
