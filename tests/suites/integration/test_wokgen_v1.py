"""The five calls of the deployed SDK, version 1.0.0, over real HTTP."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from shared.domain.ids import generation_id
from shared.store import generations
from tests.suites.e2e.caller import Answer
from tests.suites.e2e.visitor import Hall, Visitor, open_hall

pytestmark = pytest.mark.asyncio(loop_scope="module")

GENERATE, ASSETS = "/api/v1/generate", "/api/v1/assets"
DRAGON = {"prompt": "pixel art dragon", "mode": "pixel"}
RESULT = {
    "jobId": str,
    "status": str,
    "resultUrl": str,
    "resultUrls": list,
    "prompt": str,
    "mode": str,
    "provider": str,
    "seed": int,
    "durationMs": int,
    "creditsUsed": int,
}
JOB = {
    "id": str,
    "status": str,
    "resultUrl": str,
    "resultUrls": list,
    "prompt": str,
    "mode": str,
    "createdAt": str,
    "updatedAt": str,
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def deployment() -> AsyncIterator[Hall]:
    """Run a gateway and a worker, but none for `noop`."""
    async with open_hall(workers=("kinds",), deliver=0, sweep=0) as deployment:
        yield deployment


@pytest_asyncio.fixture(loop_scope="module")
async def holder(deployment: Hall) -> Visitor:
    """Create an account with a key."""
    return await deployment.create_holder(daily_quota=100)


def assert_fields(body: dict[str, Any], read: dict[str, type]) -> None:
    """Assert that every field that the SDK reads is present, of its type."""
    assert read == {name: type(body.get(name)) for name in read}, body


def is_error(answer: Answer, status: int, code: str) -> str:
    """Check an error as the SDK reads it, and return its message."""
    assert (status, code) == (answer.status, answer.body["code"]), answer
    return str(answer.body["error"])


async def test_generate_answers_every_field_of_the_sdk(holder: Visitor) -> None:
    """An image has every field that the SDK reads, as a result and as a job."""
    sent = {"size": 512, "negativePrompt": "blur", "seed": 42, "projectId": "p-1", "isPublic": False, "count": 1}
    made = await holder.post(GENERATE, DRAGON | sent)
    assert_fields(made, RESULT)
    assert ("succeeded", "pixel art dragon", "pixel", "kinds", 42, 1) == tuple(
        made[name] for name in ("status", "prompt", "mode", "provider", "seed", "creditsUsed")
    )
    assert [made["resultUrl"]] == made["resultUrls"]
    async with holder.place.session.get(made["resultUrl"]) as response:
        assert "image/png" == response.content_type
    job = await holder.get(f"/api/v1/jobs/{made['jobId']}")
    assert_fields(job, JOB)
    assert {name: made[name] for name in ("status", "resultUrl", "prompt", "mode")} == {
        name: job[name] for name in ("status", "resultUrl", "prompt", "mode")
    }
    assert job["createdAt"] <= job["updatedAt"]
    assert made["resultUrl"] == (await holder.get(f"/api/jobs/{made['jobId']}"))["imageUrl"]


async def test_several_images_count_once(holder: Visitor) -> None:
    """Up to four images come together and count once against the quota."""
    made = await holder.post(GENERATE, DRAGON | {"count": 4})
    assert 4 == len(set(made["resultUrls"]))
    assert 1 == await holder.fetch_quota_used()
    for number in (0, 5, "2", 1.5):
        assert "count" in is_error(
            await holder.request("POST", GENERATE, json=DRAGON | {"count": number}), 400, "INVALID_REQUEST"
        )


@pytest.mark.parametrize(
    ("size", "sides"),
    [(512, (512, 512)), ("512", (512, 512)), ("512x768", (512, 768)), (" 64X2048 ", (64, 2048)), (None, (512, 512))],
)
async def test_size_is_a_side_or_both(deployment: Hall, holder: Visitor, size: Any, sides: tuple[int, int]) -> None:
    """A size is one side or both, as a number or a text."""
    made = await holder.post(GENERATE, DRAGON | {"size": size})
    found = await generations.view(deployment.place.store, "", generation_id(made["jobId"]) or "")
    assert found is not None
    assert sides == (found.spec.input["width"], found.spec.input["height"])


@pytest.mark.parametrize("size", [63, 2049, 0, -512, "big", "512x", "x512", "512x63", "512x512x512", "", 10**30])
async def test_size_is_refused_when_invalid(holder: Visitor, size: Any) -> None:
    """An invalid size, or one outside the limits, is 400 and named."""
    assert "size" in is_error(
        await holder.request("POST", GENERATE, json=DRAGON | {"size": size}), 400, "INVALID_INPUT"
    )


async def test_async_job_is_pending_then_succeeded(holder: Visitor) -> None:
    """With async the job is pending, processing, and then the same as after a wait."""
    made = await holder.post(GENERATE, {"prompt": "a boat slow=0.4", "async": True}, status=202)
    assert ("pending", None, [], None) == tuple(
        made[name] for name in ("status", "resultUrl", "resultUrls", "durationMs")
    )
    seen = set()
    async with asyncio.timeout(5):
        while (job := await holder.get(f"/api/v1/jobs/{made['jobId']}"))["status"] != "succeeded":
            seen.add(job["status"])
            await asyncio.sleep(0.03)
    assert seen <= {"pending", "processing"}
    assert "processing" in seen
    assert job["resultUrl"]
    waits = await holder.post(GENERATE, {"prompt": "a boat", "provider": "noop", "async": True}, status=202)
    assert "pending" == (await holder.get(f"/api/v1/jobs/{waits['jobId']}"))["status"]


async def test_failure_is_a_result(holder: Visitor) -> None:
    """A failure at the provider is a result with status failed, its reason and no credit used."""
    made = await holder.post(GENERATE, {"prompt": "refuse"})
    assert ("failed", None, 0, "CONTENT_POLICY") == tuple(
        made[name] for name in ("status", "resultUrl", "creditsUsed", "code")
    )
    job = await holder.get(f"/api/v1/jobs/{made['jobId']}")
    assert ("failed", made["error"], made["code"]) == (job["status"], job["error"], job["code"])
    assert 0 == await holder.fetch_quota_used()


async def test_assets_are_listed_in_pages(deployment: Hall, holder: Visitor) -> None:
    """Finished images, and no other results, are listed newest first, page by page, of all modes or of one."""
    modes = ["pixel", "pixel", "vector", "pixel", None]
    made = [(await holder.post(GENERATE, {"prompt": "a boat", "mode": mode}))["jobId"] for mode in modes]
    await holder.post("/api/text/generate", {"prompt": "a poem"})
    await holder.post("/api/voice/generate", {"text": "a poem"})
    await holder.post(GENERATE, {"prompt": "refuse"})
    await holder.post(GENERATE, {"prompt": "a boat", "provider": "noop", "async": True}, status=202)
    everything = await holder.get(ASSETS)
    assert made[::-1] == [item["id"] for item in everything["items"]]
    assert (5, 1, 20, False) == tuple(everything[name] for name in ("total", "page", "limit", "hasMore"))
    for item in everything["items"]:
        assert item["resultUrl"] == item["url"] == item["imageUrl"]
    pages = [await holder.get(f"{ASSETS}?limit=2&page={page}") for page in (1, 2, 3, 4)]
    assert made[::-1] == [item["id"] for page in pages for item in page["items"]]
    assert [True, True, False, False] == [page["hasMore"] for page in pages]
    pixels = await holder.get(f"{ASSETS}?mode=pixel&limit=2")
    assert ([made[3], made[1]], 3, True) == (
        [item["id"] for item in pixels["items"]],
        pixels["total"],
        pixels["hasMore"],
    )
    beyond = await holder.get(f"{ASSETS}?limit=5000&page=99999")
    assert ([], 100, 10_000) == (beyond["items"], beyond["limit"], beyond["page"])
    assert [] == (await deployment.guest().get(ASSETS))["items"]


@pytest.mark.parametrize("query", ["page=0", "page=abc", "limit=-1", "limit=", "page=1.5", "limit=٣"])
async def test_page_is_refused_when_invalid(holder: Visitor, query: str) -> None:
    """A page or limit that is not a whole number from 1 is 400 and named."""
    name = query.partition("=")[0]
    assert name in is_error(await holder.request("GET", f"{ASSETS}?{query}"), 400, "INVALID_REQUEST")


async def test_process_enlarges_an_asset(holder: Visitor) -> None:
    """A finished image is enlarged two or four times, and the larger one is an asset itself."""
    source = await holder.post(GENERATE, DRAGON)
    for body, side in (({}, 16), ({"operation": "upscale", "scale": 4}, 32), ({"provider": "auto"}, 16)):
        larger = await holder.post(f"{ASSETS}/{source['jobId']}/process", body)
        assert_fields(larger, RESULT | {"mode": type(None), "seed": type(None)})
        assert side == (await holder.get(f"/api/jobs/{larger['jobId']}"))["width"]
    again = await holder.post(f"{ASSETS}/{larger['jobId']}/process", {})
    assert 32 == (await holder.get(f"/api/jobs/{again['jobId']}"))["width"]
    assert again["jobId"] == (await holder.get(ASSETS))["items"][0]["id"]


async def test_process_replays_only_for_the_same_asset(holder: Visitor) -> None:
    """A replay answers the first job, and the same key for another asset is another request."""
    sources = [(await holder.post(GENERATE, DRAGON))["jobId"] for _ in range(2)]
    key = {"Idempotency-Key": "k-1"}
    first, again = [
        await holder.request("POST", f"{ASSETS}/{sources[0]}/process", json={}, headers=key) for _ in range(2)
    ]
    assert (first.body, "true") == (again.body, again.headers["Idempotent-Replayed"])
    other = await holder.request("POST", f"{ASSETS}/{sources[1]}/process", json={}, headers=key)
    is_error(other, 422, "IDEMPOTENCY_KEY_REUSE")


async def test_process_is_refused_without_a_finished_image(deployment: Hall, holder: Visitor) -> None:
    """A job without a finished image is a conflict, an unknown or foreign one 404, an unknown operation 400."""
    jobs = [
        (await holder.post("/api/text/generate", {"prompt": "a poem"}))["jobId"],
        (await holder.post("/api/voice/generate", {"text": "a poem"}))["jobId"],
        (await holder.post(GENERATE, {"prompt": "refuse"}))["jobId"],
        (await holder.post(GENERATE, {"prompt": "a boat slow=9", "async": True}, status=202))["jobId"],
    ]
    for job in jobs:
        is_error(await holder.request("POST", f"{ASSETS}/{job}/process", json={}), 409, "CONFLICT")
    foreign = (await deployment.guest().post(GENERATE, DRAGON))["jobId"]
    for job in (foreign, "job_" + "0" * 32, "nothing"):
        is_error(await holder.request("POST", f"{ASSETS}/{job}/process", json={}), 404, "NOT_FOUND")
        is_error(await holder.request("GET", f"/api/v1/jobs/{job}"), 404, "NOT_FOUND")
    own = (await holder.post(GENERATE, DRAGON))["jobId"]
    for body in ({"operation": "explode"}, {"scale": 3}, {"scale": "2"}):
        is_error(await holder.request("POST", f"{ASSETS}/{own}/process", json=body), 400, "INVALID_REQUEST")


async def test_job_is_found_by_its_generation_id(holder: Visitor) -> None:
    """A job can also be read by the id that the other API gives it."""
    made = await holder.post(GENERATE, DRAGON)
    name = generation_id(made["jobId"])
    assert made["jobId"] == (await holder.get(f"/api/v1/jobs/{name}"))["id"]
    assert made["jobId"] == (await holder.get(f"/api/jobs/{name}"))["jobId"]


async def test_me_answers_the_account_or_guest(deployment: Hall, holder: Visitor) -> None:
    """An account reads its name, plan and quota, and a guest reads its own."""
    await holder.post(GENERATE, DRAGON)
    account = await holder.get("/api/v1/me")
    assert (holder.account, "Ada", None, 1, 100) == tuple(
        account[name] for name in ("id", "name", "email", "quotaUsed", "quotaLimit")
    )
    guest = await deployment.guest().get("/api/v1/me")
    assert ("Guest", "guest", 0, 10) == tuple(guest[name] for name in ("name", "plan", "quotaUsed", "quotaLimit"))


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "MISSING_PROMPT"),
        ({"prompt": " "}, 400, "MISSING_PROMPT"),
        ({"prompt": "x", "provider": "nobody"}, 400, "UNKNOWN_PROVIDER"),
        ({"prompt": "x", "negativePrompt": "a\0b"}, 400, "INVALID_INPUT"),
        ({"prompt": "x", "mode": 7}, 400, "INVALID_REQUEST"),
        ({"prompt": "x", "size": [1]}, 400, "INVALID_REQUEST"),
    ],
    ids=str,
)
async def test_errors_have_a_message_and_a_code_in_capitals(
    holder: Visitor, body: dict[str, Any], status: int, code: str
) -> None:
    """Errors have a message and a code in capitals."""
    assert is_error(await holder.request("POST", GENERATE, json=body), status, code).strip()
