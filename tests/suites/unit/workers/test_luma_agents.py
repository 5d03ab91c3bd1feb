"""The requests that Luma's current API receives for each kind."""

from base64 import b64encode

import pytest

from tests.harness.doubles.luma_agents import Double
from tests.harness.doubles.provider import a_png
from tests.suites.conformance.case import a_call, fetch_image
from workers.adapters.contract import Call, Down, Pending, Setup
from workers.providers.luma_agents import Adapter

FOX = "https://example.com/fox.png"
INLINE = {"data": b64encode(a_png()).decode(), "media_type": "image/png"}


@pytest.mark.parametrize(
    ("call", "sent"),
    [
        (
            a_call("video", "ray-3.2", seconds=10, width=1920, height=1080, image_url="asset:a.png"),
            {
                "type": "video",
                "prompt": "a red fox",
                "aspect_ratio": "16:9",
                "video": {"duration": "10s", "resolution": "1080p", "start_frame": INLINE},
            },
        ),
        (
            a_call("image", "uni-1-max", style="ink", aspect_ratio="2:1", image_urls=[FOX], seed=7),
            {"type": "image", "prompt": "a red fox, ink", "aspect_ratio": "2:1", "image_ref": [{"url": FOX}]},
        ),
        (a_call("image", "uni-1"), {"type": "image", "prompt": "a red fox"}),
    ],
    ids=["video", "image", "plain"],
)
async def test_call_becomes_the_documented_request(call: Call, sent: dict[str, object]) -> None:
    """Each kind has Luma's names for its fields, and receives only supported fields."""
    async with Double() as double:
        adapter = Adapter(Setup(name="luma-agents", base_url=double.base_url, key="luma-api-1", fetch=fetch_image))
        assert isinstance(await adapter.submit(call), Pending)
        await adapter.close()
        [request] = double.requests
        assert ("POST", "/v1/generations") == (request.method, request.path)
        assert {"model": call.model, **sent} == request.json


async def test_unserved_kind_is_down_without_a_request() -> None:
    """A kind that Luma does not serve raises Down."""
    adapter = Adapter(Setup(name="luma-agents", key="luma-api-1"))
    with pytest.raises(Down):
        await adapter.submit(a_call("text", "x"))
