"""Read request bodies and queries: strict, bounded, and refused with a reason."""

import asyncio
import json
from collections.abc import Awaitable, Mapping
from hashlib import blake2b
from typing import Any, Generic, NoReturn, TypeVar

import msgspec
from aiohttp import web

from gateway import auth, field_errors
from gateway.admission.large_bodies import LARGE_BYTES_MAX, hold_large
from gateway.context import CONTEXT
from gateway.field_errors import NAME_CHARS_MAX
from gateway.long_strings import cut_long, restore
from shared.domain.errors import Refused

BODY_BYTES_MAX = 1_000_000
LARGE_TIMES = 4  # a large body has so many times the time of another one
BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # some editors and languages put it before UTF-8
DEPTH_MAX = 32
DIGITS_MAX = 400  # of a whole number
PLAIN_BYTES_MAX, PLAIN_DEPTH_MAX, PLAIN_INT_MAX, TEXTS_MAX = 16_384, 8, 2**53, 10**9  # of a body that is parsed fast
LIMIT_MAX, LIMIT_DEFAULT = 200, 50

Shape = TypeVar("Shape")
TEXTS = msgspec.json.Decoder(dict[str, msgspec.Raw])


class WrittenBody(msgspec.Struct, Generic[Shape], frozen=True):
    """A JSON body. `identity` has its path and bytes; `texts` are the values of one object in it, as they were sent."""

    value: Shape
    identity: bytes
    texts: dict[str, msgspec.Raw]


async def read_json(request: web.Request, shape: type[Shape], *, with_media: bool = False) -> tuple[Shape, bytes]:
    """Return the body as `shape`, and the path and bytes that identify the request for its Idempotency-Key.

    A body `with_media` of an account may be large. Raises Refused: unsupported_media_type, invalid_json or
    invalid_request.
    """
    body = await read_written(request, shape, with_media=with_media)
    return body.value, body.identity


async def read_written(
    request: web.Request, shape: type[Shape], *, with_media: bool, exact: str = ""
) -> WrittenBody[Shape]:
    """Return the body like `read_json`, with the texts of the values in its object `exact`. Raises Refused."""
    check_media_type(request)
    if with_media and (request.content_length or 0) > BODY_BYTES_MAX and auth.presented(request) is not None:
        value, texts, identity = await read_large_json(request, exact)
    else:
        identity = await read_body(request)
        value, texts = parse_written(identity, exact)
    if not isinstance(value, dict):
        raise Refused("invalid_json", "The body must be one JSON object.")
    resource = request.match_info.route.resource
    call = resource.canonical.encode() if resource else b""
    return WrittenBody(convert(value, shape), call + b" " + identity, texts)


async def read_large_json(request: web.Request, exact: str) -> tuple[object, dict[str, msgspec.Raw], bytes]:
    """Return the value and texts of a large body, and its hash. A thread parses and hashes it. Raises Refused."""
    context = request.app[CONTEXT]
    if (request.content_length or 0) > LARGE_BYTES_MAX:
        raise web.HTTPRequestEntityTooLarge(LARGE_BYTES_MAX, request.content_length or 0)
    held = hold_large(context.large_bodies, await auth.authenticate(request))
    body = await read_body(request, _collect(request), LARGE_TIMES)
    held.size_bytes = len(body)
    return await asyncio.to_thread(lambda: (*parse_written(body, exact), blake2b(body).digest()))


def check_encoding(request: web.Request) -> None:
    """Raise Refused if the body is compressed: unpacking it would cost more than sending it plain."""
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding.strip().lower() not in ("identity", ""):
        name = "".join(letter for letter in encoding[:NAME_CHARS_MAX] if letter.isascii() and letter.isprintable())
        reason = f"Compressed bodies are not accepted, and this one has `Content-Encoding: {name}`. Send it plain."
        raise Refused("unsupported_media_type", reason)


def check_media_type(request: web.Request) -> None:
    """Raise Refused if the body is not declared as JSON.

    Only the holder of a key may leave the header out. A page of another site can make a browser send such a body
    without a preflight, and its visitor would order as a guest.
    """
    given = request.headers
    if given.get("Content-Type") == "application/json":
        return
    declared = "Content-Type" in given or "Authorization" not in given
    if declared and request.content_type != "application/json":
        raise Refused("unsupported_media_type", "Send JSON with `Content-Type: application/json`.")


async def read_body(request: web.Request, reading: Awaitable[bytes] | None = None, times: int = 1) -> bytes:
    """Return the whole body. Raises Refused if it is late or incomplete, or HTTPRequestEntityTooLarge."""
    limit_s = 0.0
    try:
        if reading is None and request.content.is_eof():  # most bodies arrive with the headers, and need no timer
            body, bytes_max = request.content.read_nowait(), request.client_max_size
            if len(body) > bytes_max:
                raise web.HTTPRequestEntityTooLarge(bytes_max, len(body))
            return body
        limit_s = times * request.app[CONTEXT].settings.body_timeout_s
        async with asyncio.timeout(limit_s):
            return await (reading or request.read())
    except TimeoutError:
        raise Refused(
            "invalid_request", f"The body did not arrive within {limit_s:g} s. Send it faster, or send less."
        ) from None
    except web.RequestPayloadError:
        raise Refused("invalid_request", "The body does not match its Transfer-Encoding header.") from None
    except ConnectionError:  # the client is gone, so nobody reads this
        raise Refused("invalid_request", "The body ended early.") from None


async def _collect(request: web.Request) -> bytes:
    """Return a body whose length is known, without a copy that the request holds until its end."""
    body = bytearray()
    while chunk := await request.content.readany():
        body += chunk
    return bytes(body)


def parse_json(body: bytes) -> object:
    """Return the value of strict JSON: UTF-8, no duplicate names, no NaN, bounded depth. Raises Refused."""
    text, cut = cut_long(body)
    value = parse_plain(text)
    if value is None:
        value = parse_strictly(text, is_whole=not cut)
    return restore(value, cut) if cut else value


def parse_plain(body: bytes) -> object | None:
    """Return the value of an object that is strict beyond doubt, or None: then `parse_strictly` decides.

    Without escapes, two quotes stand for each name and each text. So if none is missing, no name was there twice.
    """
    if len(body) > PLAIN_BYTES_MAX or b"\\" in body:
        return None
    try:
        value: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    texts = 2 * len(value) if set(map(type, value.values())) == {str} else _count_texts(value)
    return value if 2 * texts == body.count(b'"') else None


def _count_texts(value: object, depth: int = 0) -> int:
    """Return the number of names and texts in a value, negative if it has floats, large numbers or many levels."""
    if isinstance(value, str):
        return 1
    if isinstance(value, dict) and depth < PLAIN_DEPTH_MAX:
        return len(value) + sum([_count_texts(item, depth + 1) for item in value.values()])
    if isinstance(value, list) and depth < PLAIN_DEPTH_MAX:
        return sum([_count_texts(item, depth + 1) for item in value])
    if value is None or (isinstance(value, int) and abs(value) <= PLAIN_INT_MAX):
        return 0
    return -TEXTS_MAX


def parse_strictly(body: bytes, *, is_whole: bool = True) -> object:
    """Return the value of strict JSON as `parse_json` does, with a reason for what is not."""
    try:
        value = DECODER.decode(body.removeprefix(BYTE_ORDER_MARK).decode())
        if b"\\" in body and b"\\u" in body:  # one byte is found much faster
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError:
        raise Refused("invalid_json", "The body must be UTF-8.") from None
    except UnicodeEncodeError:
        raise Refused("invalid_json", "A string in the body has a lone surrogate. Send valid Unicode.") from None
    except RecursionError:
        raise Refused("invalid_json", f"The body must not be nested more than {DEPTH_MAX} levels deep.") from None
    except ValueError as error:
        # If something was cut out, the place that the parser names is another one.
        reason = str(error) if is_whole or not isinstance(error, json.JSONDecodeError) else error.msg
        raise Refused("invalid_json", f"The body is not valid JSON: {reason}") from None
    if body.count(b"{") + body.count(b"[") > DEPTH_MAX and _depth(value, 0) > DEPTH_MAX:
        raise Refused("invalid_json", f"The body must not be nested more than {DEPTH_MAX} levels deep.")
    return value


def parse_written(body: bytes, exact: str) -> tuple[object, dict[str, msgspec.Raw]]:
    """Return the value of strict JSON, and the texts of the values in its object `exact`, if it has one.

    The texts are views: each keeps the whole body in memory. Raises Refused.
    """
    value = parse_json(body)
    if not exact or not isinstance(value, dict) or not isinstance(value.get(exact), dict):
        return value, {}
    return value, TEXTS.decode(TEXTS.decode(body.removeprefix(BYTE_ORDER_MARK))[exact])


def convert(value: object, shape: type[Shape]) -> Shape:
    """Return `value` as a msgspec type. Raises Refused("invalid_request") naming the field."""
    try:
        return msgspec.convert(value, shape, strict=True)
    except msgspec.ValidationError as error:
        raise field_errors.refusal_of(error, shape, value) from None


def limit_of(query: Mapping[str, str]) -> int:
    """Return the `limit` of a list: 1 to 200, 50 by default. More counts as 200. Raises Refused("invalid_request")."""
    text = query.get("limit")
    if text is None:
        return LIMIT_DEFAULT
    if not (text.isascii() and text.isdigit()) or int(text[:9]) < 1:
        raise Refused("invalid_request", f"must be a whole number from 1 to {LIMIT_MAX}.", field="limit")
    return min(int(text[:9]), LIMIT_MAX)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object has the same name twice")
    return found


def _int(digits: str) -> int:
    if len(digits) > DIGITS_MAX:
        raise ValueError(f"a number has more than {DIGITS_MAX} digits")
    return int(digits)


def _number(text: str) -> float:
    """Return 512 for 512.0: they are the same number in JSON, and some languages write the latter.

    A provider gets the number of a native field as the caller wrote it: see WrittenBody.
    """
    value = float(text)
    return int(value) if value.is_integer() else value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _depth(value: object, depth: int) -> int:
    if depth > DEPTH_MAX or not isinstance(value, dict | list):
        return depth
    inner = value.values() if isinstance(value, dict) else value
    return max((_depth(item, depth + 1) for item in inner), default=depth)


DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_int, parse_float=_number, parse_constant=_refuse_constant
)
