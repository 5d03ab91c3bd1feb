"""Connections of odd and hostile clients, on real sockets: half-closed, silent, slow, too many, compressed."""

import asyncio
import gzip
import struct
import time
from collections.abc import AsyncIterator
from socket import SO_LINGER, SOL_SOCKET

import msgspec
import pytest
import pytest_asyncio

from tests.harness.bounds import WAIT_S, within
from tests.suites.e2e.caller import Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")

HEADERS_S, IDLE_S, BODY_S, PER_ADDRESS = 0.6, 1.0, 0.6, 20
ENV = {
    "HEADERS_TIMEOUT_S": str(HEADERS_S),
    "IDLE_TIMEOUT_S": str(IDLE_S),
    "BODY_TIMEOUT_S": str(BODY_S),
    "CONNECTIONS_PER_ADDRESS": str(PER_ADDRESS),
}
ORDER = b'{"model": "test/paid", "prompt": "a red boat"}'
UNSERVED = b'{"model": "test/noop", "prompt": "a red boat"}'  # no worker runs its provider
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
OPENED: list[asyncio.StreamWriter] = []
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """Run a gateway with short limits and one worker."""
    async with deploy(workers=("paid",), deliver=0, sweep=0, env=ENV) as place:
        yield place


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def close_connections() -> AsyncIterator[None]:
    """Close the connections of a test at its end."""
    yield
    for writer in OPENED:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for writer in OPENED), return_exceptions=True)
    OPENED.clear()


async def connect(place: Place) -> Streams:
    """Open a connection to the gateway."""
    reader, writer = await asyncio.open_connection("127.0.0.1", place.stack.ports[0])
    OPENED.append(writer)
    return reader, writer


async def send_raw(place: Place, sent: bytes, *, half_close: bool = False) -> bytes:
    """Send bytes and return everything until the gateway closes."""
    reader, writer = await connect(place)
    writer.write(sent)
    if half_close:
        writer.write_eof()
    async with within(WAIT_S):
        return await reader.read()


async def post(place: Place, body: bytes = ORDER, *headers: str, path: str = "/api/v1/generations") -> bytes:
    """Return the bytes of an order by a new customer."""
    caller = await place.create_caller()
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: x",
        f"Authorization: Bearer {caller.customer.key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def read_counter(place: Place, name: str) -> float:
    """Return a metric of the gateway, 0 if it is not there yet."""
    async with place.session.get(place.stack.url + "/metrics") as response:
        lines = (await response.text()).splitlines()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(name)), 0.0)


@pytest.mark.parametrize("wait", [False, True], ids=["at-once", "waiting"])
async def test_half_closed_client_gets_its_answer(place: Place, wait: bool) -> None:
    """A client that closes its half after a whole order gets the answer, also after a wait for the result."""
    answer = await send_raw(place, await post(place, ORDER, *["Prefer: wait=10"] * wait), half_close=True)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 201 ")
    assert ("completed" if wait else "processing") == msgspec.json.decode(body)["status"]


async def test_half_closed_client_gets_every_pipelined_answer(place: Place) -> None:
    """Several requests in one write, then a half-close: each is answered, and then the connection is closed."""
    answer = await send_raw(place, HEALTH * 3, half_close=True)
    assert 3 == answer.count(b"HTTP/1.1 200 OK")


async def test_half_closed_client_without_a_whole_request_is_closed(place: Place) -> None:
    """A request or a body that can never become complete is closed at once."""
    for sent in (b"", b"GET /heal", (await post(place))[:-5]):
        assert b"" == await send_raw(place, sent, half_close=True)


async def test_wait_is_freed_when_the_client_resets(place: Place) -> None:
    """A client that vanishes during its wait takes the wait with it, long before its end."""
    answered = 'wokflow_http_request_duration_seconds_count{code="201",dialect="wowflow"'
    before = await read_counter(place, answered)
    _, writer = await connect(place)
    writer.write(await post(place, UNSERVED, "Prefer: wait=50"))
    await asyncio.sleep(0.3)
    assert before == await read_counter(place, answered)
    writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    writer.close()
    async with within(WAIT_S):
        while before == await read_counter(place, answered):
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET /healthz HT", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "],
    ids=["nothing", "half-a-line", "half-the-headers"],
)
async def test_silent_client_is_closed(place: Place, sent: bytes) -> None:
    """A connection without complete headers is closed after the time for headers."""
    counter, began_s = 'wokflow_http_connections_closed_total{reason="slow_headers"}', time.monotonic()
    before = await read_counter(place, counter)
    assert b"" == await send_raw(place, sent)
    assert HEADERS_S <= time.monotonic() - began_s + 0.05
    assert before + 1 == await read_counter(place, counter)


@pytest.mark.parametrize("served", [False, True], ids=["first", "second"])
async def test_client_that_sends_a_byte_at_a_time_is_closed(place: Place, served: bool) -> None:
    """The time for the headers of any request does not start again with each byte."""
    reader, writer = await connect(place)
    if served:
        writer.write(HEALTH)
        await reader.readuntil(b"}")
    before = await read_counter(place, 'wokflow_http_connections_closed_total{reason="slow_headers"}')
    closed = asyncio.create_task(reader.read())
    async with within(WAIT_S):
        for byte in b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: x" + b"x" * 1_000:
            writer.write(bytes([byte]))
            await asyncio.wait([closed], timeout=HEADERS_S / 6)
            if closed.done():
                break
    assert b"" == await closed
    assert before < await read_counter(place, 'wokflow_http_connections_closed_total{reason="slow_headers"}')


async def test_idle_connection_is_closed_between_requests(place: Place) -> None:
    """A connection stays open after a response, and is closed after the idle time."""
    reader, writer = await connect(place)
    for _ in range(2):
        writer.write(HEALTH)
        assert b"HTTP/1.1 200 OK\r\n" == await reader.readline()
        assert b'"status": "ok"' in await reader.readuntil(b"}")
    async with within(WAIT_S):
        assert b"" == await reader.read()


async def test_late_body_is_refused(place: Place) -> None:
    """A body that does not arrive in time is 400 in shape, and its connection is not used again."""
    reader, writer = await connect(place)
    writer.write((await post(place))[:-5])
    async with within(WAIT_S):
        answer = await reader.readuntil(b"}}")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"Connection: close" in answer
    assert b"did not arrive within" in answer


async def test_body_that_nobody_reads_is_bounded(place: Place) -> None:
    """A call without a body answers at once, and does not receive a large body to its end."""
    reader, writer = await connect(place)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert b"Connection: close" in head
    sent = 0
    with pytest.raises(ConnectionError):
        async with within(WAIT_S):
            while True:
                writer.write(b"x" * 100_000)
                await writer.drain()
                sent += 100_000
    assert 60_000_000 > sent  # our bound, and the buffers of both kernels


async def test_connections_of_an_address_are_bounded(place: Place) -> None:
    """Past the limit a new connection is closed at once and counted, until others have left."""
    held = [await connect(place) for _ in range(PER_ADDRESS)]
    async with within(WAIT_S):
        refused = [await (await connect(place))[0].read() for _ in range(3)]
    assert [b""] * 3 == refused
    for _, writer in held:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for _, writer in held))
    counted = 'wokflow_http_connections_closed_total{reason="too_many_of_address"}'
    assert 3 <= await read_counter(place, counted)
    assert (await send_raw(place, HEALTH, half_close=True)).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate", "gzip, br", "x-own"])
@pytest.mark.parametrize("path", ["/api/v1/generations", "/api/generate", "/healthz"])
async def test_compressed_body_is_refused_by_name(place: Place, encoding: str, path: str) -> None:
    """A compressed body is 415 everywhere, the message names the encoding, and nothing is unpacked."""
    packed = gzip.compress(ORDER)
    answer = await send_raw(
        place, await post(place, packed, f"Content-Encoding: {encoding}", path=path), half_close=True
    )
    assert answer.startswith(b"HTTP/1.1 415 ")
    assert f"`Content-Encoding: {encoding}`".encode() in answer


async def test_compressed_body_may_be_called_plain(place: Place) -> None:
    """`Content-Encoding: identity` is not a compression."""
    answer = await send_raw(place, await post(place, ORDER, "Content-Encoding: identity"), half_close=True)
    assert answer.startswith(b"HTTP/1.1 201 ")
