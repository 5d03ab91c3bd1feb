"""Requests that are almost HTTP: valid ones with random changes to their bytes, and the responses that are allowed."""

import asyncio
import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random

RESPONSE_S = 0.5  # many requests are incomplete, and the gateway waits for the rest
CONCURRENCY = 20
CHANGES_MAX = 2
STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3}) ")
ERROR = re.compile(rb'"code": ?"[A-Za-z_]+"')
ORDER = json.dumps({"model": "test/noop", "prompt": "a red boat", "input": None}).encode()
IMAGE = json.dumps({"prompt": "a red boat", "mode": "pixel", "width": 512}).encode()
IMAGES = json.dumps({"model": "test/noop", "prompt": "a red boat", "n": 1, "size": "auto"}).encode()
TALK = json.dumps({"model": "test/text", "messages": [{"role": "user", "content": "a red boat"}], "n": 1}).encode()
PROCESS = json.dumps({"operation": "upscale", "scale": 2}).encode()
HOOK = json.dumps({"url": "https://hooks.invalid/x", "events": ["generation.failed"]}).encode()
INPUT_IMAGE = json.dumps({"imageUrl": "https://127.0.0.1:9/x.png", "scale": 2, "async": True}).encode()
GOOD: tuple[tuple[str, bytes], ...] = (
    ("POST /api/v1/generations", ORDER),
    ("POST /api/generate", IMAGE),
    ("POST /api/v1/generate", IMAGE),
    ("POST /api/tools/upscale", INPUT_IMAGE),
    ("POST /v1/images/generations", IMAGES),
    ("POST /v1/chat/completions", TALK),
    ("POST /api/v1/webhooks", HOOK),
    ("POST /api/v1/assets/job_019e07f2aa187c3e9f216b1f0c9d2e47/process", PROCESS),
    ("POST /callbacks/paid/019e07f2aa187c3e9f216b1f0c9d2e47f3b81c60a27d4e95b8c1d07a6e52f493", b"{}"),
    ("GET /api/v1/generations?limit=3&id=019e07f2-aa18-7c3e-9f21-6b1f0c9d2e47", b""),
    ("DELETE /api/v1/generations?id=019e07f2-aa18-7c3e-9f21-6b1f0c9d2e47", b""),
    ("GET /api/jobs?limit=3", b""),
    ("GET /assets/2026/05/08/5b0c94e6f3d24f0c8a7e61d2b3c4f5a6-0.png", b""),
    ("GET /openapi.json", b""),
    ("OPTIONS /api/v1/generations", b""),
)
HEADERS = (
    *(b"Content-Type: text/plain", b"Content-Type: application/json; charset=utf-7", b"Content-Type: ;;="),
    *(b"Content-Type: multipart/form-data; boundary=x", b"Content-Type: application/x-www-form-urlencoded"),
    *(b"Content-Encoding: gzip", b"Content-Encoding: deflate", b"Content-Encoding: br", b"Content-Encoding: zstd"),
    *(b"Content-Length: -1", b"Content-Length: 0", b"Content-Length: 99999999999", b"Content-Length: 2, 2"),
    *(b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: \x0bchunked"),
    *(b"Expect: 100-continue", b"Expect: what", b"Connection: upgrade\r\nUpgrade: websocket", b"Connection: close"),
    *(b"Range: bytes=0-", b"Range: bytes=9-1", b"If-None-Match: W/", b"If-Modified-Since: yesterday", b"Host:"),
    *(b"X-Forwarded-For: ::1, , x", b"X-Request-Id: \xff\xfe", b"Prefer: wait=999999999999", b"Prefer: wait=-1"),
    *(b"Idempotency-Key: \xc3\xbc", b"Idempotency-Key: " + b"k" * 300, b"Cookie: " + b"c" * 9000, b"traceparent: 00"),
    *(b"Accept-Encoding: gzip;q=x", b"Authorization: Bearer \xff", b": nameless", b"no colon", b" folded"),
)
VALUES = (
    *(b"null", b"true", b"0", b"-0.0", b"1e999", b"-1e400", b"NaN", b"9" * 500, b'""', b"[]", b"{}", b"'", b"\xff"),
    *(b'"\\ud800"', b'"\\u0000"', b'"\x1f"', b"[" * 40 + b"]" * 40, b'{"a": 1, "a": 2}', b'"' + b"x" * 30_000 + b'"'),
    *(
        b'"data:image/png;base64,\xc3\xbc"',
        b'"data:,"',
        b'"asset:../../../../etc/passwd"',
        b'"https://"',
        b'"\xc2\x85"',
    ),
)
TOKEN = re.compile(rb'"[^"]*"|[0-9]+|null')
METHODS = (b"GET", b"HEAD", b"PUT", b"PATCH", b"TRACE", b"CONNECT", b"QUERY", b"get", b"", b"G\x00T", b"POST" * 500)
TARGETS = (
    *(
        b"*",
        b"//",
        b"/..",
        b"/%",
        b"/%00",
        b"/%ff",
        b"/api/%2e%2e/",
        b"/api/jobs/%0d%0a",
        b"/\xff",
        b"http://x/api/v1/me",
    ),
    *(
        b"/api/v1/generations?id=%ff&limit=%",
        b"/api/v1/assets?page=\xd9\xa3",
        b"/pages/..%2f..%2fapp.py",
        b"/" + b"a" * 9000,
    ),
)


def mangled_requests(dice: Random, key: str, count: int) -> Iterator[bytes]:
    """Yield `count` requests. About half of them carry the key."""
    for _ in range(count):
        line, body = dice.choice(GOOD)
        lines = [f"{line} HTTP/1.1".encode(), b"Host: x", b"Connection: close", b"Content-Type: application/json"]
        lines += [f"Authorization: Bearer {key}".encode()] * dice.randrange(2)
        lines += [b"Content-Length: %d" % len(body)] * (body != b"")
        request = b"\r\n".join(lines) + b"\r\n\r\n" + body
        for _ in range(dice.randint(1, CHANGES_MAX)):
            request = dice.choice(CHANGES)(dice, request)
        yield request


def flip_byte(dice: Random, request: bytes) -> bytes:
    """Replace one byte."""
    at = dice.randrange(len(request) or 1)
    return request[:at] + bytes([dice.randrange(256)]) + request[at + 1 :]


def cut_piece(dice: Random, request: bytes) -> bytes:
    """Remove a piece, or everything from some point."""
    first, last = sorted(dice.randrange(len(request) + 1) for _ in range(2))
    return request[:first] + request[last:] if dice.randrange(3) else request[:first]


def insert_junk(dice: Random, request: bytes) -> bytes:
    """Insert bytes that do not belong there."""
    at = dice.randrange(len(request) + 1)
    junk = dice.choice([b"\r\n", b"\n", b"\0", b"\r", b"\xff", b'"', b"{", b"[" * 50_000, dice.randbytes(20), request])
    return request[:at] + junk + request[at:]


def replace_value(dice: Random, request: bytes) -> bytes:
    """Replace a value or a name of the body, with the right length."""
    head, end, body = request.partition(b"\r\n\r\n")
    places = list(TOKEN.finditer(body))
    if places:
        place = dice.choice(places)
        body = body[: place.start()] + dice.choice(VALUES) + body[place.end() :]
        head = re.sub(rb"Content-Length: [0-9]+", b"Content-Length: %d" % len(body), head)
    return head + end + body


def add_header(dice: Random, request: bytes) -> bytes:
    """Add a header, possibly a second one of its name."""
    first, end, rest = request.partition(b"\r\n")
    return first + end + dice.choice(HEADERS) + b"\r\n" + rest


def replace_word(dice: Random, request: bytes) -> bytes:
    """Replace the method, the target or the version."""
    first, end, rest = request.partition(b"\r\n")
    words = [*first.split(b" "), b"", b""][:3]
    words[dice.randrange(3)] = dice.choice(dice.choice([METHODS, TARGETS, (b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2", b"X")]))
    return b" ".join(words) + end + rest


def repack_body(dice: Random, request: bytes) -> bytes:
    """Split or compress the body, correctly or not."""
    head, end, body = request.partition(b"\r\n\r\n")
    body = gzip.compress(body) if dice.randrange(2) else body
    size = dice.choice([b"%x" % len(body), b"zz", b"-1", b"ffffffffffffffffff", b"1;ext=\0"])
    return dice.choice(
        [head + end + body, head + b"\r\nTransfer-Encoding: chunked" + end + size + b"\r\n" + body + b"\r\n0\r\n\r\n"]
    )


CHANGES: tuple[Callable[[Random, bytes], bytes], ...] = (
    *(flip_byte, cut_piece, insert_junk, add_header, replace_word, repack_body),
    *(replace_value, replace_value, replace_value),
)


async def read_response(port: int, request: bytes) -> bytes:
    """Return all bytes that arrive in time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    response = b""
    try:
        writer.write(request)
        async with asyncio.timeout(RESPONSE_S):
            while part := await reader.read(65_536):
                response += part
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.close()
    return response


async def send_mangled(port: int, dice: Random, key: str, count: int) -> Counter[int]:
    """Send `count` requests and count the statuses. Raises AssertionError for a 5xx or an undocumented error body.

    A 502 comes from a provider, a 504 from the end of a wait. A 416 has no body, and a 417 comes from aiohttp before
    any code of ours runs.
    """
    slots, statuses_seen = asyncio.Semaphore(CONCURRENCY), Counter[int]()

    async def send_one(request: bytes) -> None:
        async with slots:
            response = await read_response(port, request)
        statuses = [int(status) for status in STATUS.findall(response)]
        statuses_seen.update(statuses)
        exchange = f"{request[:2000]!r}\ngot\n{response[:2000]!r}"
        assert all(status < 500 or status in (502, 504) for status in statuses), exchange
        refused = statuses[:1] >= [400] and statuses[0] not in (416, 417) and not request.lstrip().startswith(b"HEAD")
        assert not refused or ERROR.search(response), exchange

    await asyncio.gather(*(send_one(request) for request in mangled_requests(dice, key, count)))
    return statuses_seen
