"""An empty folder, the default catalogue, no key of any provider: the documented model makes a real picture."""

import io
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from PIL import Image

from shared.ops.settings import Settings
from tests.suites.e2e.caller import Caller, Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHIPPED = {"CATALOGUE": Settings().catalogue, "ADAPTERS": Settings().adapters}
DOCUMENTED = "google/nano-banana-2-pro-1k"
ANYBODY = {"Authorization": ""}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """A deployment as it is shipped."""
    async with deploy(workers=("local",), env=SHIPPED) as place:
        yield place


@pytest_asyncio.fixture(loop_scope="module")
async def caller(place: Place) -> Caller:
    """A customer with a dollar."""
    return await place.create_caller(cents=100)


async def test_the_documented_model_makes_a_picture(caller: Caller) -> None:
    """The documented model id costs 11 cents and makes a PNG of 1024 x 1024, whose bytes anybody with its URL gets."""
    made = await caller.submit("a misty forest at dawn, soft light, cinematic", DOCUMENTED)
    assert (201, 11, 0.11) == (made.status, made.body["cost_cents"], made.body["cost_usd"])
    done = await caller.wait_for_end(made.body["id"], limit_s=30)
    assert ("completed", "local") == (done["status"], done["provider"])
    got = await caller.request("GET", done["result_url"], headers=ANYBODY)
    assert (200, "image/png", str(len(got.body))) == (
        got.status,
        got.headers["Content-Type"],
        got.headers["Content-Length"],
    )
    with Image.open(io.BytesIO(got.body)) as picture:
        picture.load()
        assert ("PNG", (1024, 1024)) == (picture.format, picture.size)
        assert 1000 < len(picture.convert("RGB").getcolors(1024 * 1024))
    assert 89 == await caller.check_balance()
    await in_parts(caller, done["result_url"], got.body, got.headers["ETag"])


async def in_parts(caller: Caller, url: str, whole: bytes, tag: str) -> None:
    """Check ranges, HEAD and conditional requests against the whole picture."""
    size = len(whole)
    spans = {"bytes=0-99": (0, 99), "bytes=100-": (100, size - 1), "bytes=-50": (size - 50, size - 1)}
    for span, (first, last) in spans.items():
        part = await caller.request("GET", url, headers=ANYBODY | {"Range": span})
        assert (206, f"bytes {first}-{last}/{size}") == (part.status, part.headers["Content-Range"])
        assert whole[first : last + 1] == part.body
    beyond = await caller.request("GET", url, headers=ANYBODY | {"Range": f"bytes={size}-"})
    assert (416, f"bytes */{size}") == (beyond.status, beyond.headers["Content-Range"])
    head = await caller.request("HEAD", url, headers=ANYBODY)
    assert (200, str(size), b"") == (head.status, head.headers["Content-Length"], head.body)
    same = await caller.request("GET", url, headers=ANYBODY | {"If-None-Match": tag})
    assert (304, b"") == (same.status, same.body)


async def test_a_seed_repeats_its_picture(caller: Caller) -> None:
    """The same seed, prompt and size give the same bytes under another URL; another seed gives others."""
    seen = []
    for seed in (7, 7, 8):
        sent = {"model": "local/artist", "prompt": "a lighthouse", "input": {"seed": seed, "width": 64, "height": 96}}
        made = await caller.request("POST", "/api/v1/generations", json=sent, headers={"Prefer": "wait=30"})
        assert (201, "completed") == (made.status, made.body["status"])
        got = await caller.request("GET", made.body["result_url"], headers=ANYBODY)
        with Image.open(io.BytesIO(got.body)) as picture:
            assert (64, 96) == picture.size
        seen.append((made.body["result_url"], got.body))
    assert 3 == len({url for url, _ in seen})
    assert seen[0][1] == seen[1][1] != seen[2][1]


async def test_the_model_that_refuses(caller: Caller) -> None:
    """The shipped model for trying failures out refuses and refunds."""
    failed = await caller.wait_for_end(await caller.create("a boat", "local/refuse"))
    assert ("failed", "content_policy", 11) == tuple(
        failed[name] for name in ("status", "error_code", "refunded_cents")
    )
    assert 100 == await caller.check_balance()
