"""Outputs inside an answer: in base64 as part of JSON, or as the body itself. They pass through in small parts."""

from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
import structlog
from aiohttp import web

from gateway.context import CONTEXT
from shared.domain.generation import Output
from shared.ops.storage import Storage, StorageError

ALIGNED = 3  # bytes that become whole characters of base64

log = structlog.get_logger()


async def find_sizes(storage: Storage, outputs: Sequence[Output]) -> list[int] | None:
    """Return the sizes of outputs, or None if one of them is not in our storage, or cannot be read now."""
    sizes: list[int] = []
    for output in outputs:
        try:
            found = await storage.find(output.place)
        except StorageError as error:
            log.warning("asset.unavailable", reason=str(error))
            return None
        if found is None:
            return None
        sizes.append(found.size_bytes)
    return sizes


def base64_response(
    request: web.Request, head: dict[str, Any], outputs: Sequence[Output], sizes: Sequence[int]
) -> web.Response:
    """Return JSON with the fields of `head`, and `data` with the bytes of each output as `b64_json`."""
    parts = _encode_json(request.app[CONTEXT].storage, msgspec.json.encode(head)[:-1], outputs, sizes)
    return web.Response(body=_send_parts(request, parts), content_type="application/json")


def file_response(request: web.Request, output: Output, size: int) -> web.Response:
    """Return the bytes of an output as a body of its own type."""
    parts = request.app[CONTEXT].storage.read(output.place, 0, size)
    response = web.Response(body=_send_parts(request, parts), content_type=output.media_type)
    response.headers["Content-Length"] = str(size)
    return response


async def _encode_json(
    storage: Storage, head: bytes, outputs: Sequence[Output], sizes: Sequence[int]
) -> AsyncIterator[bytes]:
    yield head + b',"data":['
    separator = b""
    for output, size in zip(outputs, sizes, strict=True):
        yield separator + b'{"b64_json":"'
        rest = b""
        async for chunk in storage.read(output.place, 0, size):
            rest += chunk
            whole = len(rest) - len(rest) % ALIGNED
            yield b64encode(rest[:whole])
            rest = rest[whole:]
        yield b64encode(rest) + b'"}'
        separator = b","
    yield b"]}"


async def _send_parts(request: web.Request, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield parts of a body. If one cannot be read, abort the connection: the status is sent already."""
    try:
        async for part in parts:
            yield part
    except StorageError as error:
        log.warning("asset.aborted", reason=str(error))
        if request.transport is not None:
            request.transport.abort()
