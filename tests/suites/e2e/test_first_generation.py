"""An empty folder, the default catalogue and no provider's API key: the documented model returns a real image."""

import asyncio
import io
import json
import os
import re
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from PIL import Image

from shared.ops.settings import ROOT, Settings
from tests.suites.e2e.caller import Caller, Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHIPPED = {"CATALOGUE": Settings().catalogue, "ADAPTERS": Settings().adapters}
DOCUMENTED = "google/nano-banana-2-pro-1k"
README_BLOCKS = re.compile(r"(?ms)^```sh\n(.*?)^```")
ANYBODY = {"Authorization": ""}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """Deploy as shipped."""
    async with deploy(workers=("local",), env=SHIPPED) as place:
        yield place


@pytest_asyncio.fixture(loop_scope="module")
async def caller(place: Place) -> Caller:
    """Create a customer with a dollar."""
    return await place.create_caller(cents=100)


async def test_documented_model_returns_an_image(caller: Caller) -> None:
    """The documented model id costs 11 cents and returns a PNG of 1024 x 1024, which anybody with its URL can fetch."""
    created = await caller.submit("a misty forest at dawn, soft light, cinematic", DOCUMENTED)
    assert (201, 11, 0.11) == (created.status, created.body["cost_cents"], created.body["cost_usd"])
    ended = await caller.wait_for_end(created.body["id"], limit_s=30)
    assert ("completed", "local", True) == (ended["status"], ended["provider"], ended["simulated"])
    listed = (await caller.request("GET", "/api/v1/models")).body["data"]
    assert [DOCUMENTED] == [model["id"] for model in listed if model["simulated"]]
    output = await caller.request("GET", ended["result_url"], headers=ANYBODY)
    assert (200, "image/png", str(len(output.body))) == (
        output.status,
        output.headers["Content-Type"],
        output.headers["Content-Length"],
    )
    with Image.open(io.BytesIO(output.body)) as image:
        image.load()
        assert ("PNG", (1024, 1024)) == (image.format, image.size)
        assert 1000 < len(image.convert("RGB").getcolors(1024 * 1024))
    assert 89 == await caller.check_balance()
    await check_partial_requests(caller, ended["result_url"], output.body, output.headers["ETag"])


async def check_partial_requests(caller: Caller, url: str, whole: bytes, etag: str) -> None:
    """Check ranges, HEAD and conditional requests against the whole image."""
    size = len(whole)
    spans = {"bytes=0-99": (0, 99), "bytes=100-": (100, size - 1), "bytes=-50": (size - 50, size - 1)}
    for span, (first, last) in spans.items():
        part = await caller.request("GET", url, headers=ANYBODY | {"Range": span})
        assert (206, f"bytes {first}-{last}/{size}") == (part.status, part.headers["Content-Range"])
        assert whole[first : last + 1] == part.body
    outside = await caller.request("GET", url, headers=ANYBODY | {"Range": f"bytes={size}-"})
    assert (416, f"bytes */{size}") == (outside.status, outside.headers["Content-Range"])
    head = await caller.request("HEAD", url, headers=ANYBODY)
    assert (200, str(size), b"") == (head.status, head.headers["Content-Length"], head.body)
    same = await caller.request("GET", url, headers=ANYBODY | {"If-None-Match": etag})
    assert (304, b"") == (same.status, same.body)


async def test_seed_repeats_its_image(caller: Caller) -> None:
    """Equal seeds give equal bytes under different URLs, and another seed gives other bytes."""
    outputs = []
    for seed in (7, 7, 8):
        body = {"model": "local/artist", "prompt": "a lighthouse", "input": {"seed": seed, "width": 64, "height": 96}}
        created = await caller.request("POST", "/api/v1/generations", json=body, headers={"Prefer": "wait=30"})
        assert (201, "completed") == (created.status, created.body["status"])
        output = await caller.request("GET", created.body["result_url"], headers=ANYBODY)
        with Image.open(io.BytesIO(output.body)) as image:
            assert (64, 96) == image.size
        outputs.append((created.body["result_url"], output.body))
    assert 3 == len({url for url, _ in outputs})
    assert outputs[0][1] == outputs[1][1] != outputs[2][1]


async def test_refusing_model_refunds(caller: Caller) -> None:
    """The shipped model for testing failures refuses and refunds."""
    failed = await caller.wait_for_end(await caller.create("a boat", "local/refuse"))
    assert ("failed", "content_policy", 11) == tuple(
        failed[name] for name in ("status", "error_code", "refunded_cents")
    )
    assert 100 == await caller.check_balance()


async def test_lines_of_the_readme_make_a_video_of_a_result(place: Place, caller: Caller) -> None:
    """The README's own lines take the URL of a result, and return a video of it."""
    first = await caller.wait_for_end(await caller.create("a red boat", "local/artist"), limit_s=60)
    lines = next(block for block in README_BLOCKS.findall((ROOT / "README.md").read_text()) if "$RESULT_URL" in block)
    command = lines.replace("http://127.0.0.1:8080", place.stack.url)
    shell = await asyncio.create_subprocess_exec(
        "bash",
        "-c",
        command,
        env=os.environ | {"WOWFLOW_KEY": caller.customer.key, "RESULT_URL": first["result_url"]},
        stdout=PIPE,
    )
    answer = json.loads((await shell.communicate())[0])
    ended = await caller.wait_for_end(answer["id"], limit_s=60)
    assert "completed" == ended["status"], ended
    video = await caller.request("GET", ended["result_url"], headers=ANYBODY)
    assert ("video/mp4", b"ftyp") == (video.headers["Content-Type"], video.body[4:8])
