"""Uploads that clients send to the bucket itself: checked and copied when they are used, over real HTTP."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
import trustme

from shared.store import generations
from tests.harness.doubles.bucket import Bucket
from tests.harness.doubles.provider import a_png
from tests.harness.processes import make_folder
from tests.suites.e2e.caller import Answer, Caller, Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")

PNG = a_png()
MODEL = """
[[models]]
id = "test/several"
name = "Several"
kind = "image"
price_cents = 1
routes = [{ provider = "paid", model = "several" }]
[models.input]
image_urls = { max = 4 }
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bucket() -> AsyncIterator[Bucket]:
    """Provide a bucket."""
    async with Bucket() as bucket:
        yield bucket


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(bucket: Bucket) -> AsyncIterator[Place]:
    """Run a gateway that has its files in the bucket, and no worker."""
    certificates = make_folder("certificates") / "authority.pem"  # a client of buckets does not start without any
    trustme.CA().cert_pem.write_to_path(str(certificates))
    env = {**bucket.env, "ASSET_URL": "s3://bucket/files", "UPLOAD_DIRECT": "on", "SSL_CERT_FILE": str(certificates)}
    async with deploy(workers=(), deliver=0, sweep=0, models=MODEL, env=env) as place:
        yield place


@pytest_asyncio.fixture(loop_scope="module")
async def caller(place: Place) -> Caller:
    """Provide a customer with money."""
    return await place.create_caller(cents=100)


async def announce(caller: Caller, **body: Any) -> dict[str, Any]:
    """Create an upload whose file goes to the bucket."""
    answer = await caller.request("POST", "/api/v1/uploads", json=body)
    assert 201 == answer.status, answer
    assert "/bucket/files/inputs/" in answer.body["upload_url"]
    assert "X-Amz-Signature=" in answer.body["upload_url"]
    return dict(answer.body)


async def put(caller: Caller, upload: dict[str, Any], data: bytes) -> None:
    """Send a file as a client does: to the bucket, without the API key."""
    answer = await caller.request("PUT", upload["upload_url"], data=data, headers={"Authorization": ""})
    assert 200 == answer.status, answer


async def order(caller: Caller, *uploads: dict[str, Any]) -> Answer:
    """Order an image from uploads."""
    body = {"model": "test/several", "prompt": "x", "input": {"image_urls": [one["url"] for one in uploads]}}
    return await caller.request("POST", "/api/v1/generations", json=body)


async def test_file_in_the_bucket_is_checked_and_copied_by_its_order(
    place: Place, bucket: Bucket, caller: Caller
) -> None:
    """The order gets a copy, so whoever has the URL cannot replace what was checked; the upload is ready then."""
    upload = await announce(caller)
    early = await order(caller, upload)
    assert "names an upload without a file" in early.body["error"]["message"]
    await put(caller, upload, PNG)
    created = await order(caller, upload)
    assert 201 == created.status, created
    await put(caller, upload, b"something else")
    [path] = (await generations.view(place.store, caller.customer.account, created.body["id"])).spec.input["image_urls"]
    assert PNG == bucket.objects["files/" + path.removeprefix("asset:")][0]
    shown = (await caller.request("GET", f"/api/v1/uploads/{upload['id']}")).body
    assert ("ready", "image/png", len(PNG)) == (shown["status"], shown["content_type"], shown["size_bytes"])
    assert (1, 201) == (bucket.calls["copy"], (await order(caller, upload)).status)
    assert 1 == bucket.calls["copy"]


async def test_bad_file_in_the_bucket_is_refused_and_not_copied(bucket: Bucket, caller: Caller) -> None:
    """The type, the announced type and the announced size are checked as those of a file that the gateway takes."""
    before = bucket.calls["copy"]
    cases: list[tuple[dict[str, Any], bytes, int, str]] = [
        ({}, b"%PDF-1.7 ...", 400, "a PDF document"),
        ({}, PNG[:-20], 400, "cannot be used"),
        ({"content_type": "image/webp"}, PNG, 400, "announced image/webp"),
        ({"size_bytes": len(PNG) + 1}, PNG, 400, "announced"),
        ({"size_bytes": len(PNG) - 1}, PNG, 413, "at most"),
    ]
    for announced, data, status, words in cases:
        upload = await announce(caller, **announced)
        await put(caller, upload, data)
        for refused in (await order(caller, upload), await caller.request("GET", f"/api/v1/uploads/{upload['id']}")):
            assert status == refused.status, refused
            assert words in refused.body["error"]["message"]
    assert before == bucket.calls["copy"]


async def test_account_of_an_order_is_looked_up_once_for_all_of_its_uploads(place: Place, caller: Caller) -> None:
    """An order with four uploads reads its key from the store as often as one with one upload."""
    uploads = [await announce(caller) for _ in range(4)]
    for one in uploads:
        await put(caller, one, PNG)
    assert 201 == (await order(caller, *uploads)).status  # the files are checked here

    async def count_reads(*used: dict[str, Any]) -> int:
        await place.store.call("CONFIG", "RESETSTAT")
        assert 201 == (await order(caller, *used)).status
        stats = (await place.store.call("INFO", "commandstats")).decode()
        [line] = [line for line in stats.splitlines() if line.startswith("cmdstat_get:")]
        return int(line.partition("calls=")[2].partition(",")[0])

    assert await count_reads(uploads[0]) == await count_reads(*uploads)
