"""Requests that are nearly HTTP: a good one, changed at random in its bytes, and what may be answered to it."""

import asyncio
import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random

PATIENCE_S = 0.5  # for an answer; many of these are not whole, and the gateway waits for the rest
AT_ONCE = 20
CHANGES_MAX = 2
STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3}) ")
ERROR = re.compile(rb'"code": ?"[A-Za-z_]+"')
ORDER = json.dumps({"model": "test/noop", "prompt": "a red boat", "input": None}).encode()
PICTURE = json.dumps({"prompt": "a red boat", "mode": "pixel", "width": 512}).encode()
PROCESS = json.dumps({"operation": "upscale", "scale": 2}).encode()
HOOK = json.dumps({"url": "https://hooks.invalid/x", "events": ["generation.failed"]}).encode()
SIGHT = json.dumps({"imageUrl": "https://127.0.0.1:9/x.png", "scale": 2, "async": True}).encode()
GOOD: tuple[tuple[str, bytes], ...] = (
    ("POST /api/v1/generations", ORDER),
    ("POST /api/generate", PICTURE),
    ("POST /api/v1/generate", PICTURE),
    ("POST /api/tools/upscale", SIGHT),
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


def requests(dice: Random, key: str, count: int) -> Iterator[bytes]:
    """So many requests; about every second one carries the key."""
    for _ in range(count):
        line, body = dice.choice(GOOD)
        lines = [f"{line} HTTP/1.1".encode(), b"Host: x", b"Connection: close", b"Content-Type: application/json"]
        lines += [f"Authorization: Bearer {key}".encode()] * dice.randrange(2)
        lines += [b"Content-Length: %d" % len(body)] * (body != b"")
        request = b"\r\n".join(lines) + b"\r\n\r\n" + body
        for _ in range(dice.randint(1, CHANGES_MAX)):
            request = dice.choice(CHANGES)(dice, request)
        yield request


def flipped(dice: Random, request: bytes) -> bytes:
    """One byte is another."""
    at = dice.randrange(len(request) or 1)
    return request[:at] + bytes([dice.randrange(256)]) + request[at + 1 :]


def cut(dice: Random, request: bytes) -> bytes:
    """A piece is missing, or all from somewhere on."""
    first, last = sorted(dice.randrange(len(request) + 1) for _ in range(2))
    return request[:first] + request[last:] if dice.randrange(3) else request[:first]


def stuffed(dice: Random, request: bytes) -> bytes:
    """Something is in it that does not belong there."""
    at = dice.randrange(len(request) + 1)
    junk = dice.choice([b"\r\n", b"\n", b"\0", b"\r", b"\xff", b'"', b"{", b"[" * 50_000, dice.randbytes(20), request])
    return request[:at] + junk + request[at:]


def spoken(dice: Random, request: bytes) -> bytes:
    """A value or a name of the body is another one, and the length is right."""
    head, end, body = request.partition(b"\r\n\r\n")
    places = list(TOKEN.finditer(body))
    if places:
        place = dice.choice(places)
        body = body[: place.start()] + dice.choice(VALUES) + body[place.end() :]
        head = re.sub(rb"Content-Length: [0-9]+", b"Content-Length: %d" % len(body), head)
    return head + end + body


def headed(dice: Random, request: bytes) -> bytes:
    """It has one header more, which may be there already."""
    first, end, rest = request.partition(b"\r\n")
    return first + end + dice.choice(HEADERS) + b"\r\n" + rest


def addressed(dice: Random, request: bytes) -> bytes:
    """Another method, target or version."""
    first, end, rest = request.partition(b"\r\n")
    words = [*first.split(b" "), b"", b""][:3]
    words[dice.randrange(3)] = dice.choice(dice.choice([METHODS, TARGETS, (b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2", b"X")]))
    return b" ".join(words) + end + rest


def packed(dice: Random, request: bytes) -> bytes:
    """The body is chunked or compressed, rightly or not."""
    head, end, body = request.partition(b"\r\n\r\n")
    body = gzip.compress(body) if dice.randrange(2) else body
    size = dice.choice([b"%x" % len(body), b"zz", b"-1", b"ffffffffffffffffff", b"1;ext=\0"])
    return dice.choice(
        [head + end + body, head + b"\r\nTransfer-Encoding: chunked" + end + size + b"\r\n" + body + b"\r\n0\r\n\r\n"]
    )


CHANGES: tuple[Callable[[Random, bytes], bytes], ...] = (
    *(flipped, cut, stuffed, headed, addressed, packed),
    *(spoken, spoken, spoken),
)


async def answer(port: int, request: bytes) -> bytes:
    """All that comes back in time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    got = b""
    try:
        writer.write(request)
        async with asyncio.timeout(PATIENCE_S):
            while more := await reader.read(65_536):
                got += more
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.close()
    return got


async def send(port: int, dice: Random, key: str, count: int) -> Counter[int]:
    """Send so many, and count the statuses. Fails at a 5xx, and at a refusal in another shape than the documented.

    A 502 is a provider's. A 416 has no body. A 417 is aiohttp's own, before any code of ours, and nobody sends such an
    Expect.
    """
    gate, seen = asyncio.Semaphore(AT_ONCE), Counter[int]()

    async def one(request: bytes) -> None:
        async with gate:
            got = await answer(port, request)
        statuses = [int(status) for status in STATUS.findall(got)]
        seen.update(statuses)
        shown = f"{request[:2000]!r}\nwas answered\n{got[:2000]!r}"
        assert all(status < 500 or status == 502 for status in statuses), shown
        refused = statuses[:1] >= [400] and statuses[0] not in (416, 417) and not request.lstrip().startswith(b"HEAD")
        assert not refused or ERROR.search(got), shown

    await asyncio.gather(*(one(request) for request in requests(dice, key, count)))
    return seen
