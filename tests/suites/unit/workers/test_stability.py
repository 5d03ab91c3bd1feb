"""The requests that Stability AI receives for each kind, and the rejection of unsupported input."""

from collections.abc import AsyncIterator, Mapping

import pytest

from tests.harness.doubles.double import Response
from tests.harness.doubles.provider import a_png
from tests.harness.doubles.stability import Double
from tests.suites.conformance.case import a_call, fetch_image
from workers.adapters.contract import Call, Done, Down, Pending, Rejected, Setup
from workers.adapters.responses import PollFailed
from workers.providers.stability import FAITHFUL, Adapter

FOX = "https://example.com/fox.png"
IMAGE = a_png()


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """Yield a running double."""
    async with Double() as double:
        yield double


@pytest.fixture
async def adapter(double: Double) -> AsyncIterator[Adapter]:
    """Yield an adapter that calls the double."""
    adapter = Adapter(Setup(name="stability", base_url=double.base_url, key="sk-key", fetch=fetch_image))
    yield adapter
    await adapter.close()


@pytest.mark.parametrize(
    ("call", "target", "sent"),
    [
        (
            a_call("image", "core", style="ink", width=1536, height=640, seed=7, negative_prompt="blur", count=1),
            ("/v2beta/stable-image/generate/core", "image/*"),
            {"prompt": b"a red fox, ink", "aspect_ratio": b"21:9", "seed": b"7", "negative_prompt": b"blur"},
        ),
        (
            a_call("image", "sd3.5-large-turbo", aspect_ratio="4:3"),
            ("/v2beta/stable-image/generate/sd3", "image/*"),
            {"prompt": b"a red fox", "aspect_ratio": b"5:4", "model": b"sd3.5-large-turbo"},
        ),
        (
            a_call("image", "ultra", image_urls=[FOX], aspect_ratio="1:1"),
            ("/v2beta/stable-image/generate/ultra", "image/*"),
            {"prompt": b"a red fox", "aspect_ratio": b"1:1", "strength": b"0.65", "image": IMAGE},
        ),
        (
            a_call("image", "sd3.5-medium", image_urls=["asset:a.png"], aspect_ratio="1:1"),
            ("/v2beta/stable-image/generate/sd3", "image/*"),
            {
                "prompt": b"a red fox",
                "model": b"sd3.5-medium",
                "mode": b"image-to-image",
                "strength": b"0.65",
                "image": IMAGE,
            },
        ),
        (
            a_call("upscale", "fast", "", image_url=FOX, scale=4),
            ("/v2beta/stable-image/upscale/fast", "image/*"),
            {"image": IMAGE},
        ),
        (
            a_call("upscale", "conservative", "", image_url=FOX, scale=4),
            ("/v2beta/stable-image/upscale/conservative", "image/*"),
            {"prompt": FAITHFUL.encode(), "image": IMAGE},
        ),
        (
            a_call("upscale", "creative", "a red fox", image_url=FOX),
            ("/v2beta/stable-image/upscale/creative", "application/json"),
            {"prompt": b"a red fox", "image": IMAGE},
        ),
        (
            a_call("music", "stable-audio-2.5", seconds=9.5, seed=3, guidance=7.0, format="mp3"),
            ("/v2beta/audio/stable-audio-2/text-to-audio", "audio/*"),
            {
                "prompt": b"a red fox",
                "model": b"stable-audio-2.5",
                "duration": b"10",
                "seed": b"3",
                "cfg_scale": b"7.0",
                "output_format": b"mp3",
            },
        ),
        (
            a_call("music", "stable-audio-3"),
            ("/v2beta/audio/stable-audio/text-to-audio", "audio/*"),
            {"prompt": b"a red fox", "model": b"stable-audio-3"},
        ),
    ],
    ids=lambda value: f"{value.kind}-{value.model}" if isinstance(value, Call) else "",
)
async def test_call_becomes_the_documented_form(
    double: Double, adapter: Adapter, call: Call, target: tuple[str, str], sent: Mapping[str, bytes]
) -> None:
    """Each model has its path, its accepted media type and its fields, always in a multipart form."""
    await adapter.submit(call)
    [request] = double.requests
    assert ("POST", *target) == (request.method, request.raw_path, request.headers["accept"])
    assert sent == {part.name: part.data for part in request.form}
    assert request.headers["content-type"].startswith("multipart/form-data")
    assert ("Bearer sk-key", 1) == (request.headers["authorization"], double.accepted)


@pytest.mark.parametrize(
    ("call", "path", "accept"),
    [
        (a_call("upscale", "creative", image_url=FOX), "/v2beta/results/", "image/*"),
        (a_call("music", "stable-audio-3"), "/v2beta/audio/results/", "audio/*"),
    ],
)
async def test_result_is_polled_at_the_path_of_its_kind(
    double: Double, adapter: Adapter, call: Call, path: str, accept: str
) -> None:
    """Slow images and slow music have separate paths for their results."""
    pending = await adapter.submit(call)
    assert isinstance(pending, Pending)
    done = await adapter.poll(call, pending.ref)
    assert isinstance(done, Done)
    assert (path + pending.ref, accept) == (double.requests[1].raw_path, double.requests[1].headers["accept"])
    assert {"seed": 42} == done.facts


async def test_poll_fails_when_the_answer_has_neither_result_nor_status(double: Double, adapter: Adapter) -> None:
    """JSON without a status fails the poll, and the next poll finds the result."""
    call = a_call("upscale", "creative", image_url=FOX)
    pending = await adapter.submit(call)
    assert isinstance(pending, Pending)
    double.overrides["poll"].append(Response(200, {"name": "what?"}))
    with pytest.raises(PollFailed):
        await adapter.poll(call, pending.ref)
    assert isinstance(await adapter.poll(call, pending.ref), Done)


@pytest.mark.parametrize(
    "call", [a_call("image", "core", image_urls=[FOX]), a_call("image", "ultra", image_urls=[FOX, FOX])]
)
async def test_surplus_images_are_rejected_without_a_request(double: Double, adapter: Adapter, call: Call) -> None:
    """An image that the model would ignore is refused without a request."""
    with pytest.raises(Rejected) as caught:
        await adapter.submit(call)
    assert ("invalid_input", []) == (caught.value.code, double.requests)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (a_call("image", "core", seed=-1), "seed: must be"),
        (a_call("image", "core", ""), "prompt: is required"),
        (a_call("music", "stable-audio-2", seconds=200), "duration: out of range"),
        (a_call("upscale", "conservative", ""), "image: is required"),
    ],
)
async def test_rejection_contains_the_providers_message(adapter: Adapter, call: Call, message: str) -> None:
    """The caller receives the provider's own message about an invalid form."""
    with pytest.raises(Rejected, match=message) as caught:
        await adapter.submit(call)
    assert "invalid_input" == caught.value.code


async def test_unserved_kind_is_down_without_a_request(double: Double, adapter: Adapter) -> None:
    """A kind that this API lacks raises Down and sends nothing."""
    with pytest.raises(Down):
        await adapter.submit(a_call("video", "x"))
    assert [] == double.requests
