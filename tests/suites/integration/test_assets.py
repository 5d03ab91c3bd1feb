import asyncio
import hashlib
import io
import os
import tracemalloc
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from obstore.store import MemoryStore
from PIL import Image

from gateway.assets import serve_from, span_of
from shared.domain.generation import Output
from shared.domain.public_address import PRIVATE_NETWORKS
from shared.ops.memory_budget import MemoryBudget
from shared.ops.storage import CHUNK_BYTES, Storage, new_path
from workers import media
from workers.adapters.contract import Blob, Link
from workers.egress import Egress
from workers.media import output_copy
from workers.media.errors import BadOutput, CopyFailed
from workers.media.output_copy import READER_BYTES, Copier
from workers.outputs import OUTPUTS_MAX, copy_outputs

NOW_MS = 1_772_323_199_999  # 2026-02-28T23:59:59.999Z
EXPIRES_MS = NOW_MS + 3_600_000
TOKEN = "0123456789abcdef" * 2
PATH = f"2026/02/28/{TOKEN}-0.png"
DATA = os.urandom(2 * CHUNK_BYTES + 1000)
SIZE = len(DATA)
MIB = 1024 * 1024
ELSEWHERE = rf"""
    / 2026/02/28 2026/02/28/{"f" * 32}-0.png {PATH}%00 {PATH}%0A {PATH}/ x/../{PATH} ./{PATH} 2026//02/28/{TOKEN}-0.png
    ../secret.txt ..%2Fsecret.txt %2e%2e/secret.txt ..%5Csecret.txt ..\secret.txt %252e%252e/secret.txt %2Fetc%2Fpasswd
    //etc/passwd
""".split()
Client = TestClient[web.Request, web.Application]


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return Storage.open(str(tmp_path / "assets")) if request.param == "folder" else Storage(MemoryStore())


@pytest.fixture
async def client(storage: Storage) -> AsyncIterator[Client]:
    await storage.put(PATH, DATA, "image/png")
    async with make_client(storage) as client:
        yield client


def make_client(storage: Storage, write_timeout_s: float = 60) -> Client:
    app = web.Application()
    app.router.add_get("/assets/{path:.*}", partial(serve_from, storage=storage, write_timeout_s=write_timeout_s))
    return TestClient(TestServer(app))


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def request_output(
    client: Client, *, method: str = "GET", **headers: str
) -> tuple[aiohttp.ClientResponse, bytes]:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    async with client.request(method, f"/assets/{PATH}", headers=names) as response:
        return response, await response.read()


async def test_an_output_is_served_whole_with_its_headers(client: Client) -> None:
    """GET answers the stored bytes with headers that stop a browser from running them, and HEAD the headers alone."""
    response, body = await request_output(client)
    assert (200, DATA, '"') == (response.status, body, response.headers["ETag"][0])
    expected = {
        "Accept-Ranges": "bytes",
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": "public, max-age=86400, immutable",
        "Content-Disposition": f'inline; filename="{TOKEN}-0.png"',
        "Content-Length": str(SIZE),
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Type": "image/png",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "X-Content-Type-Options": "nosniff",
    }
    assert expected == {name: response.headers[name] for name in expected}
    head, nothing = await request_output(client, method="HEAD", Range="bytes=0-9")
    assert (200, b"") == (head.status, nothing)
    assert {**response.headers, "Date": ""} == {**head.headers, "Date": ""}


async def test_text_is_utf8_and_an_empty_output_is_served(storage: Storage) -> None:
    """Text has its charset, and an empty output is a whole response without any range."""
    path = new_path(TOKEN, "text/plain", NOW_MS, 0)
    await storage.put(path, b"", "text/plain")
    async with make_client(storage) as client:
        async with client.get(f"/assets/{path}") as response:
            assert "text/plain; charset=utf-8" == response.headers["Content-Type"]
            assert (200, b"") == (response.status, await response.read())
        async with client.get(f"/assets/{path}", headers={"Range": "bytes=0-"}) as response:
            assert (416, "bytes */0") == (response.status, response.headers["Content-Range"])


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-99", 10, 100),
        (f"bytes={CHUNK_BYTES - 1}-{CHUNK_BYTES}", CHUNK_BYTES - 1, CHUNK_BYTES + 1),
        ("bytes=100-", 100, SIZE),
        (f"bytes=5-{10**17}", 5, SIZE),
        ("bytes=-7", SIZE - 7, SIZE),
        (f"bytes=-{SIZE + 1}", 0, SIZE),
        ("Bytes= 3-4 ", 3, 5),
    ],
)
async def test_one_range_is_answered_with_that_slice(client: Client, asked: str, start: int, stop: int) -> None:
    """Closed, open and suffix ranges get 206, the slice and its position."""
    response, body = await request_output(client, Range=asked)
    assert (206, DATA[start:stop]) == (response.status, body)
    assert f"bytes {start}-{stop - 1}/{SIZE}" == response.headers["Content-Range"]


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-6", "bytes=5-2", "bytes=-", "bytes=x-y", "items=0-1", "bytes=+1-2", f"bytes=0-{'9' * 5000}"]
)
async def test_invalid_range_gets_the_whole(client: Client, asked: str) -> None:
    """Several ranges, a backward one, another unit and nonsense are ignored, as HTTP allows."""
    response, body = await request_output(client, Range=asked)
    assert (200, DATA) == (response.status, body)
    assert "Content-Range" not in response.headers


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={SIZE}-{SIZE + 5}", "bytes=-0"])
async def test_range_outside_is_refused(client: Client, asked: str) -> None:
    """A range that holds no byte of the output gets 416 and the size."""
    response, body = await request_output(client, Range=asked)
    assert (416, b"") == (response.status, body)
    assert f"bytes */{SIZE}" == response.headers["Content-Range"]


@given(st.integers(0, 40), st.none() | st.integers(0, 40), st.integers(0, 30))
def test_every_range_is_the_plain_slice(first: int, last: int | None, size: int) -> None:
    """For all bounds and sizes, a range is Python's slice of the same bytes, and a backward one is None."""
    data = bytes(range(size))
    closed, suffix = span_of(f"bytes={first}-{'' if last is None else last}", size), span_of(f"bytes=-{first}", size)
    assert (last is not None and last < first) == (closed is None)
    assert closed is None or data[first : size if last is None else last + 1] == data[closed.start : closed.stop]
    assert suffix is not None
    assert data[max(0, size - first) :] == data[suffix.start : suffix.stop]


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1))
async def test_served_ranges_are_the_plain_slice(client: Client, one: int, other: int) -> None:
    """Over HTTP too, across chunk borders, any range is the slice."""
    first, last = sorted((one, other))
    _, body = await request_output(client, Range=f"bytes={first}-{last}")
    assert DATA[first : last + 1] == body


async def test_current_copy_is_not_sent_again(client: Client) -> None:
    """If-None-Match and If-Modified-Since get 304 while nothing changed, and the ETag decides if both are sent."""
    whole, _ = await request_output(client)
    etag, modified = whole.headers["ETag"], whole.headers["Last-Modified"]
    for method in ("GET", "HEAD"):
        for given_tag in (etag, f'"x", {etag}', f"W/{etag}", "*"):
            response, body = await request_output(client, method=method, If_None_Match=given_tag, Range="bytes=0-1")
            assert (304, b"", etag) == (response.status, body, response.headers["ETag"])
            assert "public, max-age=86400, immutable" == response.headers["Cache-Control"]
        assert 304 == (await request_output(client, method=method, If_Modified_Since=modified))[0].status
    assert 200 == (await request_output(client, If_None_Match='"x"', If_Modified_Since=modified))[0].status
    assert 200 == (await request_output(client, If_Modified_Since="Thu, 01 Jan 2015 00:00:00 GMT"))[0].status
    assert 200 == (await request_output(client, If_Modified_Since="yesterday", If_None_Match="x"))[0].status


async def test_if_range_needs_the_same_version(client: Client) -> None:
    """If-Range with our ETag or date gets the range, and another or a weak one gets the whole."""
    whole, _ = await request_output(client)
    etag, modified = whole.headers["ETag"], whole.headers["Last-Modified"]
    assert 206 == (await request_output(client, If_Range=etag, Range="bytes=0-1"))[0].status
    assert 206 == (await request_output(client, If_Range=modified, Range="bytes=0-1"))[0].status
    for held in ('"x"', f"W/{etag}", "Thu, 01 Jan 2015 00:00:00 GMT", "nonsense"):
        response, body = await request_output(client, If_Range=held, Range=f"bytes={SIZE}-")
        assert (200, DATA) == (response.status, body)


@pytest.mark.parametrize("path", ELSEWHERE)
async def test_no_other_file_can_be_reached(client: Client, tmp_path: Path, path: str) -> None:
    """Unknown names and every attempt to leave the folder are 404 for GET and HEAD, as raw bytes on the wire."""
    (tmp_path / "secret.txt").write_text("secret")
    for method in ("GET", "HEAD"):
        reader, writer = await asyncio.open_connection(client.host, client.port)
        writer.write(f"{method} /assets/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 404"), answer
        assert b"secret" not in answer


async def test_storage_failure_is_503(tmp_path: Path) -> None:
    """If the folder cannot be read, the response is 503 and not 404."""
    folder = tmp_path / "assets"
    storage = Storage.open(str(folder))
    (folder / "2026").symlink_to("2026")  # a loop: no path below it can be opened
    async with make_client(storage) as client:
        response, _ = await request_output(client)
        assert (503, "5") == (response.status, response.headers["Retry-After"])


async def test_large_output_is_streamed(tmp_path: Path) -> None:
    """A reader and a stalling one get 50 MiB in a few chunks' memory, and one that reads nothing is disconnected."""
    folder = tmp_path / "assets"
    storage = Storage.open(str(folder))
    (folder / PATH).parent.mkdir(parents=True)
    block, expected, received = os.urandom(MIB), hashlib.sha256(), hashlib.sha256()
    with (folder / PATH).open("wb") as file:
        for _ in range(50):
            file.write(block)
            expected.update(block)
    async with make_client(storage, write_timeout_s=0.3) as client:
        tracemalloc.start()
        reader, writer = await asyncio.open_connection(client.host, client.port, limit=MIB)
        writer.write(f"GET /assets/{PATH} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        async with client.get(f"/assets/{PATH}") as response:
            async for chunk in response.content.iter_chunked(MIB):
                received.update(chunk)
        assert tracemalloc.get_traced_memory()[1] < 16 * CHUNK_BYTES
        tracemalloc.stop()
        assert expected.digest() == received.digest()
        await asyncio.sleep(0.4)
        with suppress(ConnectionResetError):
            assert len(await reader.read()) < 50 * MIB
        writer.close()


async def test_vanished_output_aborts_the_response(tmp_path: Path) -> None:
    """If the bytes go missing after the headers, the client gets an aborted response, never a wrong one."""
    folder = tmp_path / "assets"
    storage = Storage.open(str(folder))
    await storage.put(PATH, os.urandom(30 * MIB), "image/png")
    async with make_client(storage) as client:
        async with client.get(f"/assets/{PATH}") as response:
            (folder / PATH).unlink()
            with pytest.raises((aiohttp.ClientPayloadError, ConnectionResetError)):
                await response.read()
        async with client.get(f"/assets/{PATH}") as response:
            assert 404 == response.status


async def test_many_read_at_once_while_others_leave(client: Client) -> None:
    """Thirty readers get every byte while thirty others disconnect in the middle."""

    async def leave() -> None:
        _, writer = await asyncio.open_connection(client.host, client.port)
        writer.write(f"GET /assets/{PATH} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await writer.drain()
        writer.transport.abort()

    *answers, _ = await asyncio.gather(
        *(request_output(client) for _ in range(30)), asyncio.gather(*(leave() for _ in range(30)))
    )
    assert [DATA] * 30 == [body for _, body in answers]


async def store_outputs(storage: Storage, outputs: Sequence[Blob | Link], kind: str = "") -> tuple[Output, ...]:
    async with Egress(networks=PRIVATE_NETWORKS) as egress:
        copier = Copier(storage=storage, egress=egress, budget=MemoryBudget(READER_BYTES))
        return await copy_outputs(copier, outputs, kind=kind, token=TOKEN, now_ms=NOW_MS, expires_ms=EXPIRES_MS)


async def test_delivered_outputs_are_stored_and_served(client: Client, storage: Storage) -> None:
    """Blobs and links are stored under their real type, and our URLs answer the same bytes."""
    Image.new("RGB", (48, 32)).save(file := io.BytesIO(), "webp")
    sound = b"RIFF\0\0\0\0WAVE" + os.urandom(MIB)
    image, wave = await store_outputs(storage, [Blob(file.getvalue(), "image/png"), Blob(sound, "audio/wav")])
    path, data = f"2026/02/28/{TOKEN}-0.webp", file.getvalue()
    assert Output(path, "image/webp", len(data), 48, 32, sha256(data)) == image
    assert (sha256(sound), None) == (wave.sha256, wave.width)
    link = Link(str(client.make_url(f"/assets/{wave.place}")))
    assert [wave.sha256] == [copy.sha256 for copy in await store_outputs(storage, [link])]
    async with client.get(f"/assets/{image.place}") as response:
        assert ("image/webp", data) == (response.content_type, await response.read())
    with pytest.raises(BadOutput, match="not an image, video or audio"):
        await store_outputs(storage, [Link(str(client.make_url(f"/assets/{PATH}")))])


async def test_what_cannot_be_copied_now_is_told_from_what_never_can(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link that fails and a storage out of order are CopyFailed without the link's secrets; too many is BadOutput."""
    storage = Storage.open(str(tmp_path / "fine"))
    gone = Link(str(client.make_url("/assets/gone?signature=secret")))
    with pytest.raises(CopyFailed, match=r"127\.0\.0\.1 answered 404 for an output$"):
        await store_outputs(storage, [gone])
    await client.close()
    with pytest.raises(CopyFailed, match=r"127\.0\.0\.1 did not deliver an output: no connection"):
        await store_outputs(storage, [gone])
    (tmp_path / "fine" / "2026").symlink_to("2026")
    with pytest.raises(CopyFailed, match="cannot write"):
        await store_outputs(storage, [Blob(b"fLaC" + bytes(20), "audio/flac")])
    with pytest.raises(BadOutput, match="at most 16"):
        await store_outputs(storage, [gone] * (OUTPUTS_MAX + 1))


async def test_what_is_larger_than_we_keep_stays_with_its_provider(
    client: Client, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link to a large output is stored instead of its bytes, and too many bytes from the provider are refused."""
    large = Link(str(client.make_url(f"/assets/{PATH}")))
    small = Blob(b"fLaC" + bytes(20), "audio/flac")
    for module in (media, output_copy):
        monkeypatch.setattr(module, "OUTPUT_BYTES_MAX", SIZE - 1)
    theirs, ours = await store_outputs(storage, [large, small], "music")
    assert Output(large.url, "audio/mpeg", expires_ms=EXPIRES_MS) == theirs
    assert (True, None) == (ours.place.endswith("-1.flac"), ours.expires_ms)
    with pytest.raises(BadOutput, match=f"at most {SIZE - 1}"):
        await store_outputs(storage, [Blob(bytes(SIZE), "audio/flac")])


@pytest.mark.parametrize(
    ("data", "kind", "fits"),
    [
        (b"fLaC" + bytes(20), "music", True),
        (b"\0\0\0\x20ftypM4A \0\0", "voice", True),
        (b"\0\0\0\x20ftypisom\0\0", "video", True),
        (b"\0\0\0\x20ftypisom\0\0", "music", False),
        (b"fLaC" + bytes(20), "image", False),
        (b"\x89PNG\r\n\x1a\n", "video", False),
    ],
)
async def test_output_is_refused_when_of_another_kind(storage: Storage, data: bytes, kind: str, fits: bool) -> None:
    """An audio file for an image, or an image for a video, is not accepted as the result."""
    if fits:
        assert 1 == len(await store_outputs(storage, [Blob(data, "application/octet-stream")], kind))
    else:
        with pytest.raises(BadOutput, match=f"for a generation of kind {kind}$"):
            await store_outputs(storage, [Blob(data, "application/octet-stream")], kind)
