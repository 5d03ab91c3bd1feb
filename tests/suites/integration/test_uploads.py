"""Files that are sent before the orders that use them, over real HTTP, with the local provider at the other end."""

import asyncio
import base64
import io
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from shared.ops.settings import Settings
from shared.store import keys, uploads
from tests.harness.bounds import within
from tests.harness.doubles.provider import a_png
from tests.harness.odd_images import frames
from tests.harness.phone_photos import HEIGHT, WIDTH, photo
from tests.suites.e2e.caller import Answer, Caller, Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")

UPLOADS, CREATE = "/api/v1/uploads", "/api/v1/generations"
PHOTO_BYTES = 9_000_000
LIMIT_S = 60.0
JSON = {"Content-Type": "application/json"}
ENV = {
    "CATALOGUE": Settings().catalogue,
    "ADAPTERS": Settings().adapters,
    "UPLOADS_PER_ACCOUNT": "4",
    "UPLOAD_MB_PER_ACCOUNT": "150",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """Run a gateway, the local provider's worker and a sweeper."""
    async with deploy(workers=("local",), env=ENV, deliver=0) as place:
        yield place


@pytest_asyncio.fixture(loop_scope="module")
async def caller(place: Place) -> Caller:
    """Provide a customer with money."""
    return await place.create_caller(cents=100)


def files(place: Place) -> list[Path]:
    """Return every stored file of clients."""
    folder = place.stack.data_dir / "assets" / "inputs"
    return [Path(at, name) for at, _, names in os.walk(folder) for name in names]


async def announce(caller: Caller, **body: Any) -> dict[str, Any]:
    """Create an upload."""
    answer = await caller.request("POST", UPLOADS, json=body)
    assert 201 == answer.status, answer
    return dict(answer.body)


async def send(caller: Caller, upload: dict[str, Any], data: bytes) -> Answer:
    """Send the file of an upload, without the API key."""
    file = io.BytesIO(data)
    return await caller.request("PUT", upload["upload_url"], data=file, headers={"Authorization": ""})


async def store(caller: Caller, data: bytes) -> str:
    """Upload a file, and return its URL for requests."""
    upload = await announce(caller)
    answer = await send(caller, upload, data)
    assert 204 == answer.status, answer
    return str(upload["url"])


async def order(caller: Caller, url: str) -> Answer:
    """Order an enlargement."""
    body = {"model": "local/enlarger", "prompt": "x", "input": {"image_url": url, "scale": 2}}
    return await caller.request("POST", CREATE, data=large(body), headers=JSON)


def large(body: dict[str, Any]) -> io.BytesIO:
    """Return a JSON body as a file, as aiohttp wants large ones."""
    return io.BytesIO(json.dumps(body).encode())


async def enlarge(caller: Caller, url: str) -> dict[str, Any]:
    """Order an enlargement, and return it once it is completed."""
    accepted = await order(caller, url)
    assert 201 == accepted.status, accepted
    ended = await caller.wait_for_end(accepted.body["id"], LIMIT_S)
    assert "completed" == ended["status"], ended
    return ended


def code_of(answer: Answer) -> tuple[int, str]:
    """Return status and code of a refusal."""
    return answer.status, answer.body["error"]["code"]


@pytest.mark.parametrize("form", ["JPEG", "HEIF"])
async def test_uploaded_photo_works_in_both_dialects(place: Place, caller: Caller, form: str) -> None:
    """A phone's photo of 9 MB is an input of both APIs, is upright there, and leaves the store small."""
    url = await store(caller, photo(form, PHOTO_BYTES))
    shown = (await caller.request("GET", f"{UPLOADS}/{url.removeprefix('asset:')}")).body
    assert ("ready", "image/jpeg" if form == "JPEG" else "image/heic") == (shown["status"], shown["content_type"])
    assert PHOTO_BYTES <= shown["size_bytes"]
    made = await enlarge(caller, url)
    job = (await caller.request("POST", "/api/tools/upscale", json={"imageUrl": url, "scale": 2})).body
    assert (2 * HEIGHT, 2 * WIDTH, HEIGHT, WIDTH) == (
        job["width"], job["height"], job["originalWidth"], job["originalHeight"],
    )  # fmt: skip
    assert 2_000 > await place.store.call("MEMORY", "USAGE", keys.generation(made["id"]))


async def test_result_is_the_input_of_the_next_order(caller: Caller) -> None:
    """A result URL is an input as it is, by each address of this machine; one that is gone is refused."""
    first = await enlarge(caller, await store(caller, a_png()))
    url = first["result_url"]
    for one in (url, url.replace("127.0.0.1", "localhost")):
        assert (await enlarge(caller, one))["result_url"]
    gone = await order(caller, url.replace(".png", "9.png"))
    assert (400, "invalid_input") == code_of(gone)
    assert "does not exist" in gone.body["error"]["message"]


async def test_upload_of_another_account_is_not_found(place: Place, caller: Caller) -> None:
    """Nobody else can read, use or delete an upload, and nobody can download it."""
    other = await place.create_caller(cents=100)
    url = await store(other, a_png())
    path = f"{UPLOADS}/{url.removeprefix('asset:')}"
    assert (404, "not_found") == code_of(await caller.request("GET", path))
    assert (404, "not_found") == code_of(await caller.request("DELETE", path))
    refused = await order(caller, url)
    assert (400, "invalid_input") == code_of(refused)
    assert "not found" in refused.body["error"]["message"]
    guest = await caller.request("POST", "/api/tools/upscale", json={"imageUrl": url}, headers={"Authorization": ""})
    assert 400 == guest.status
    for stored in files(place):
        relative = stored.relative_to(place.stack.data_dir / "assets")
        assert 404 == (await caller.request("GET", f"/assets/{relative}")).status
    assert 100 == await caller.check_balance()


@pytest.mark.parametrize(
    ("announced", "data", "refusal"),
    [
        ({}, b"%PDF-1.7 ...", "400 a PDF document"),
        ({}, b"", "400 empty"),
        ({"content_type": "image/png"}, photo("JPEG"), "400 a JPEG image (image/jpeg), and `content_type` announced"),
        ({"size_bytes": 1_000}, a_png() + bytes(2_000), "413 at most 1000 bytes"),
        ({"size_bytes": 1_000}, a_png(), "400 `size_bytes` announced 1000"),
        ({}, a_png()[:-12], "400 ends early"),
        ({}, photo("HEIF")[:-50], "400 ends early"),
    ],
    ids=["document", "empty", "lying type", "too large", "too small", "cut PNG", "cut HEIC"],
)
async def test_bad_file_is_refused_with_nothing_stored(
    place: Place, caller: Caller, announced: dict[str, Any], data: bytes, refusal: str
) -> None:
    """A file of a wrong type or size, or an incomplete one, is refused with the reason, and the upload stays open."""
    before, upload = files(place), await announce(caller, **announced)
    answer = await send(caller, upload, data)
    status, _, part = refusal.partition(" ")
    assert int(status) == answer.status, answer
    assert part in answer.body["error"]["message"]
    assert before == files(place)
    unfinished = await order(caller, upload["url"])
    assert (400, "invalid_input") == code_of(unfinished)
    assert "without a file" in unfinished.body["error"]["message"]
    assert 204 == (await caller.request("DELETE", f"{UPLOADS}/{upload['id']}")).status
    assert 100 == await caller.check_balance()


async def test_file_is_sent_once_and_with_its_token(place: Place, caller: Caller) -> None:
    """A second file is refused, so is a wrong token, and a connection that breaks off leaves nothing."""
    upload = await announce(caller)
    forged = upload | {"upload_url": upload["upload_url"][:-1] + "x"}
    assert (404, "not_found") == code_of(await send(caller, forged, a_png()))
    reader, writer = await asyncio.open_connection("127.0.0.1", place.stack.ports[0])
    target = upload["upload_url"].removeprefix(place.stack.url)
    writer.write(f"PUT {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n".encode() + a_png())
    await writer.drain()
    writer.close()
    before = files(place)
    assert 204 == (await send(caller, upload, a_png())).status
    assert len(before) + 1 == len(files(place))
    assert (409, "conflict") == code_of(await send(caller, upload, a_png()))
    assert reader.at_eof() in (True, False)


async def test_uploads_of_an_account_are_bounded(place: Place, caller: Caller) -> None:
    """Past the number or the megabytes of an account, creating is refused; deleting one makes room again."""
    first = await announce(caller)  # counts as 100 MB
    assert (429, "limit_exceeded") == code_of(await caller.request("POST", UPLOADS, json={}))
    too_large = await caller.request("POST", UPLOADS, json={"size_bytes": 100_000_001})
    assert (400, "invalid_request") == code_of(too_large)
    for _ in range(3):
        await announce(caller, size_bytes=1_000)
    full = await caller.request("POST", UPLOADS, json={"size_bytes": 1_000})
    assert (429, "limit_exceeded") == code_of(full)
    assert "4 uploads at a time" in full.body["error"]["message"]
    assert (4, 100_003_000) == await uploads.read_use(place.store, caller.customer.account)
    assert 204 == (await caller.request("DELETE", f"{UPLOADS}/{first['id']}")).status
    await announce(caller, size_bytes=1_000)
    assert (4, 4_000) == await uploads.read_use(place.store, caller.customer.account)


async def test_bytes_of_the_day_are_bounded(place: Place) -> None:
    """A file that passes the account's bytes of a day is refused and not stored."""
    poor = await place.create_caller(cents=100, daily_mb_stored=1)
    upload, before = await announce(poor), files(place)
    answer = await send(poor, upload, photo("JPEG", 2_000_000))
    assert (429, "limit_exceeded") == code_of(answer)
    async with within(5):
        while before != files(place):
            await asyncio.sleep(0.05)


async def test_expired_upload_is_deleted(place: Place, caller: Caller) -> None:
    """After its time an upload is not found, its file is deleted and its room is free."""
    before = files(place)
    url = await store(caller, a_png() + os.urandom(10))
    upload_id = url.removeprefix("asset:")
    await place.store.call("HSET", keys.upload(upload_id), "until_ms", "1")
    assert (400, "invalid_input") == code_of(await order(caller, url))
    await place.store.call("ZADD", keys.UPLOADS_DUE, "1", upload_id)
    async with within(10):
        while await uploads.read_use(place.store, caller.customer.account) != (0, 0) or files(place) != before:
            await asyncio.sleep(0.05)
    assert 0 == await place.store.call("EXISTS", keys.upload(upload_id))


async def test_used_upload_stays_for_its_order(place: Place, caller: Caller) -> None:
    """An order holds the file of its upload for longer than the upload itself lives."""
    url = await store(caller, a_png())
    upload_id = url.removeprefix("asset:")
    before_ms = float(await place.store.call("ZSCORE", keys.UPLOADS_DUE, upload_id))
    assert 201 == (await order(caller, url)).status
    assert float(await place.store.call("ZSCORE", keys.UPLOADS_DUE, upload_id)) > before_ms


def data_url(data: bytes) -> str:
    """Return a file as a `data:` URL."""
    return "data:;base64," + base64.b64encode(data).decode()


@pytest.mark.parametrize("form", ["JPEG", "HEIF"])
async def test_photo_in_a_data_url_works_in_both_dialects(place: Place, caller: Caller, form: str) -> None:
    """A photo of 9 MB in a `data:` URL is an input of both APIs, and nothing of it stays."""
    before, url = files(place), data_url(photo(form, PHOTO_BYTES))
    made = await enlarge(caller, url)
    job = (
        await caller.request("POST", "/api/tools/upscale", data=large({"imageUrl": url, "scale": 2}), headers=JSON)
    ).body
    assert (2 * HEIGHT, 2 * WIDTH) == (job["width"], job["height"])
    assert 2_000 > await place.store.call("MEMORY", "USAGE", keys.generation(made["id"]))
    async with within(10):
        while before != files(place):
            await asyncio.sleep(0.05)


async def test_notice_says_that_an_animation_was_a_still_one(caller: Caller) -> None:
    """Generation and job of an animated input have a notice in every answer, and those of a still one have none."""
    expected = {a_png(): None, frames("GIF", 3): ["An input image is animated. Only its first frame was used."]}
    for data, notices in expected.items():
        ended = await enlarge(caller, await store(caller, data))
        shown = (await caller.request("GET", f"{CREATE}?id={ended['id']}")).body
        sent = {"imageUrl": data_url(data), "scale": 2}
        job = (await caller.request("POST", "/api/tools/upscale", json=sent)).body
        assert "completed" == job["status"]
        assert [notices] * 3 == [one.get("notices") for one in (ended, shown, job)]


async def test_large_bodies_are_bounded(place: Place, caller: Caller) -> None:
    """A guest's body, one that is too large, and a third one at a time of an account are refused."""
    photo_url = data_url(photo("JPEG", PHOTO_BYTES))
    body = {"imageUrl": photo_url, "scale": 2}
    guest = await caller.request("POST", "/api/tools/upscale", data=large(body), headers=JSON | {"Authorization": ""})
    assert 413 == guest.status
    announced = JSON | {"Content-Length": "13000001"}
    large_one = await caller.request("POST", CREATE, data=b"{}", headers=announced)
    assert (413, "payload_too_large") == code_of(large_one)
    head = f"POST {CREATE} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {caller.customer.key}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 12000000\r\n\r\n"
    slow = [await asyncio.open_connection("127.0.0.1", place.stack.ports[0]) for _ in range(2)]
    for _, writer in slow:
        writer.write(head.encode())
        await writer.drain()
    async with within(5):
        while (third := await order(caller, photo_url)).status != 429:
            await asyncio.sleep(0.05)
    assert (429, "rate_limited") == code_of(third)
    for _, writer in slow:
        writer.close()
    async with within(5):
        while (await order(caller, photo_url)).status == 429:
            await asyncio.sleep(0.05)
