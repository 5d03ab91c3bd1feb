"""Multipart bodies of OpenAI's calls: a few texts and files, held in memory like other large bodies.

The texts become fields of the call's body, and each file a `data:` URL, so that everything after that is the same.
"""

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from hashlib import blake2b
from typing import TypeVar

import msgspec
from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from gateway import auth, field_errors
from gateway.admission.large_bodies import LARGE_BYTES_MAX, hold_large, track_body
from gateway.body import BODY_BYTES_MAX, LARGE_TIMES
from gateway.context import CONTEXT
from shared.domain.errors import Refused

PARTS_MAX = 40
FILES_BYTES_MAX = LARGE_BYTES_MAX // 4 * 3  # a file becomes base64
BROKEN = Refused("invalid_request", "The body is not valid multipart/form-data.")
OCTETS = "application/octet-stream"

Shape = TypeVar("Shape")


async def read_form(request: web.Request, shape: type[Shape], lists: Mapping[str, str]) -> tuple[Shape, bytes]:
    """Return a multipart body as `shape`, and what identifies it for its Idempotency-Key. Raises Refused.

    `lists` has the fields that take several files, by the names that their parts can have.
    """
    context, account = request.app[CONTEXT], await auth.authenticate(request)
    if request.content_type != "multipart/form-data":
        raise Refused("unsupported_media_type", "Send multipart/form-data.")
    if (request.content_length or 0) > LARGE_BYTES_MAX:
        raise web.HTTPRequestEntityTooLarge(LARGE_BYTES_MAX, request.content_length or 0)
    is_large = request.content_length is None or request.content_length > BODY_BYTES_MAX
    sent = (hold_large if is_large else track_body)(context.large_bodies, account)
    limit_s = LARGE_TIMES * context.settings.body_timeout_s
    try:
        async with asyncio.timeout(limit_s):
            values, sent.size_bytes = await _read_parts(request, lists)
    except TimeoutError:
        raise Refused("invalid_request", f"The body did not arrive within {limit_s:g} s. Send less.") from None
    except (ValueError, HttpProcessingError, web.RequestPayloadError, ConnectionError, AssertionError):
        raise BROKEN from None
    try:
        body = msgspec.convert(values, shape, strict=False)
    except msgspec.ValidationError as error:
        raise field_errors.refusal_of(error, shape, values) from None
    resource = request.match_info.route.resource
    call = resource.canonical.encode() if resource else b""
    return body, call + b" " + blake2b(msgspec.json.encode(values, order="sorted")).digest()


async def _read_parts(request: web.Request, lists: Mapping[str, str]) -> tuple[dict[str, object], int]:
    """Return the fields of a form, and the bytes of its parts. Raises Refused, or what aiohttp raises."""
    values: dict[str, object] = {}
    reader, size, number = await request.multipart(), 0, 0
    while (part := await reader.next()) is not None:
        number += 1
        if not isinstance(part, BodyPartReader) or not part.name or number > PARTS_MAX:
            raise BROKEN
        data = bytearray()
        while chunk := await part.read_chunk(64 * 1024):
            data += chunk
            size += len(chunk)
            if size > FILES_BYTES_MAX:
                raise web.HTTPRequestEntityTooLarge(FILES_BYTES_MAX, size)
        value = await asyncio.to_thread(_data_url, bytes(data)) if part.filename else data.decode()
        field = lists.get(part.name, part.name)
        if part.name in lists:
            values[field] = [*values.get(field, []), value]  # type: ignore[misc]  # a list that was begun here
        elif field in values:
            raise Refused("invalid_request", "is there twice.", field=field[:60])
        else:
            values[field] = value
    return values, size


def _data_url(data: bytes) -> str:
    """Return a file as a `data:` URL. Its type is known by its bytes alone, whatever the part declares."""
    return f"data:image/png;base64,{b64encode(data).decode()}"
