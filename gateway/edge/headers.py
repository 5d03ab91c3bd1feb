"""The headers of every response: CORS for the public API, no caching or sniffing of JSON, HSTS."""

import re
from collections.abc import Mapping

from aiohttp import web

from gateway.dialects.error_bodies import is_public_api

REQUESTED_CHARS_MAX, REQUESTED_NAMES_MAX = 2_000, 64  # of the request headers in a preflight
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
STANDARD = "Authorization, Content-Type, Idempotency-Key, Prefer, X-Request-Id, traceparent"
HSTS = "max-age=31536000"
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "*, X-Request-Id, Retry-After, Idempotent-Replayed, Link, History-Incomplete",
}
PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
PUBLIC_JSON = CORS | PRIVATE
SHARED = ("/assets/", "/sdk/")  # files that pages of other sites may read
DOCUMENT_PATH = "/openapi.json"


def may_preflight(path: str) -> bool:
    """Return whether pages of other sites may request a path."""
    return is_public_api(path) or path.startswith(SHARED) or path == DOCUMENT_PATH


def preflight_headers(request: web.Request) -> dict[str, str]:
    """Return the answer to a preflight request: the requested headers, if they are names and not too many."""
    methods = "GET, POST, PUT, PATCH, DELETE, OPTIONS" if is_public_api(request.path) else "GET, HEAD, OPTIONS"
    return {
        **CORS,
        "Access-Control-Allow-Methods": methods,
        "Access-Control-Allow-Headers": allowed_headers(request.headers.get("Access-Control-Request-Headers", "")),
        "Access-Control-Max-Age": "86400",
        "Vary": "Access-Control-Request-Headers",
    }


def allowed_headers(requested: str) -> str:
    """Return the header names that a page may send: our own, and those requested, within bounds."""
    names = [name.strip() for name in requested.split(",") if name.strip()]
    if (
        len(requested) > REQUESTED_CHARS_MAX
        or len(names) > REQUESTED_NAMES_MAX
        or not all(map(HEADER_NAME.fullmatch, names))
    ):
        return STANDARD
    known = STANDARD.lower().split(", ")
    return ", ".join([STANDARD, *dict.fromkeys(name for name in names if name.lower() not in known)])


def complete(response: web.StreamResponse, path: str, always: Mapping[str, str]) -> None:
    """Add the headers of every response at a path to one that is not sent yet. `always` is that of `standing()`."""
    headers = response.headers
    private = "Cache-Control" not in headers and headers.get("Content-Type", "").startswith("application/json")
    if is_public_api(path):
        headers.update(PUBLIC_JSON if private else CORS)
    elif private:
        headers.update(PRIVATE)
    if always:
        headers.update(always)


def standing(base_url: str) -> dict[str, str]:
    """Return the headers of all responses of this deployment: HSTS, if its address is https."""
    return {"Strict-Transport-Security": HSTS} if base_url.startswith("https://") else {}
