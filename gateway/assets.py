"""Serve outputs from our storage: conditional requests, ranges, and headers that stop a browser from running them."""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from email.utils import formatdate

import structlog
from aiohttp import web

from gateway.context import CONTEXT
from gateway.exchange import EXCHANGE
from shared.ops.storage import PATH, Asset, Storage, StorageError, media_type_of

WRITE_TIMEOUT_S = 60.0  # a client that reads nothing for this long is disconnected
CACHE_S = 24 * 3600
RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE)
ALWAYS = {
    "Accept-Ranges": "bytes",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Length, Content-Range, ETag",
    # The bytes behind a path never change, but they are deleted after their retention. A day bounds how long a cache
    # serves a deleted output, and a 304 afterwards is cheap.
    "Cache-Control": f"public, max-age={CACHE_S}, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}
log = structlog.get_logger()


async def serve_asset(request: web.Request) -> web.StreamResponse:
    """Answer GET and HEAD of `/assets/{path:.*}`. Raises HTTPNotFound, HTTPServiceUnavailable."""
    return await serve_from(request, request.app[CONTEXT].storage)


async def serve_from(
    request: web.Request, storage: Storage, write_timeout_s: float = WRITE_TIMEOUT_S
) -> web.StreamResponse:
    """Answer an output of `storage`. Raises HTTPNotFound, HTTPServiceUnavailable."""
    path = request.match_info["path"]
    if not PATH.fullmatch(path):  # inputs are nobody's to download
        raise web.HTTPNotFound
    try:
        asset = await storage.find(path)
    except StorageError as error:
        log.warning("asset.unavailable", reason=str(error))
        raise web.HTTPServiceUnavailable(headers={"Retry-After": "5"}) from error
    if asset is None:
        raise web.HTTPNotFound
    headers = _headers(path, asset)
    if _is_unchanged(request, asset):
        return web.Response(status=304, headers=headers)
    span = _requested_span(request, headers, asset.size_bytes)
    if span is not None and not span:
        # Returned, not raised, because the error handler would drop Content-Range.
        return web.Response(status=416, headers=ALWAYS | {"Content-Range": f"bytes */{asset.size_bytes}"})
    response = _response(headers, span, asset.size_bytes)
    if request.method == "GET":
        chunks = storage.read(path, span.start if span else 0, response.content_length or 0)
        await _send(request, response, chunks, write_timeout_s)
    return response


def span_of(header: str, size_bytes: int) -> range | None:
    """Return the bytes of a Range header: None for the whole file, empty if the range is outside of it."""
    match = RANGE.fullmatch(header)
    if match is None or match[1] == match[2] == "":
        return None
    if match[1] == "":
        return range(max(0, size_bytes - int(match[2])), size_bytes)
    first = int(match[1])
    last = int(match[2]) if match[2] else max(first, size_bytes - 1)
    return None if last < first else range(first, min(last + 1, size_bytes))


def _requested_span(request: web.Request, headers: Mapping[str, str], size_bytes: int) -> range | None:
    """Return the requested range. Only GET has one, and with If-Range only if the client has this version."""
    if request.method != "GET" or "Range" not in request.headers:
        return None
    if request.headers.get("If-Range") not in (None, headers["ETag"], headers["Last-Modified"]):
        return None
    return span_of(request.headers["Range"], size_bytes)


def _headers(path: str, asset: Asset) -> dict[str, str]:
    media_type = media_type_of(path)
    return ALWAYS | {
        "Content-Disposition": f'inline; filename="{path.rpartition("/")[2]}"',
        "Content-Type": f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type,
        "ETag": f'"{asset.etag}"',
        "Last-Modified": formatdate(asset.modified_ms // 1000, usegmt=True),
        "X-Request-Id": EXCHANGE.get().request_id,
    }


def _is_unchanged(request: web.Request, asset: Asset) -> bool:
    """Return whether the client's copy is current. With an ETag to compare, its date does not count."""
    if "If-None-Match" in request.headers:
        return any(tag.value in ("*", asset.etag) for tag in request.if_none_match or ())
    since = request.if_modified_since
    return since is not None and asset.modified_ms // 1000 <= since.timestamp()


def _response(headers: Mapping[str, str], span: range | None, size_bytes: int) -> web.StreamResponse:
    if span is None:
        response = web.StreamResponse(headers=headers)
        response.content_length = size_bytes
        return response
    response = web.StreamResponse(status=206, headers=headers)
    response.headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{size_bytes}"
    response.content_length = len(span)
    return response


async def _send(
    request: web.Request, response: web.StreamResponse, chunks: AsyncGenerator[bytes, None], write_timeout_s: float
) -> None:
    """Stream at the client's pace. After the headers, aborting the connection is the only way to report a failure."""
    try:
        async with aclosing(chunks):
            await response.prepare(request)
            async for chunk in chunks:
                async with asyncio.timeout(write_timeout_s):
                    await response.write(chunk)
    except ConnectionResetError:
        return  # the client left
    except (StorageError, TimeoutError) as error:
        log.warning("asset.aborted", reason=str(error) or "the client read nothing for too long")
        if request.transport is not None:
            request.transport.abort()
