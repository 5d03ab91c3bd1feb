"""What exactly Stability AI is sent for each kind, and what is refused without asking."""

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
PICTURE = a_png()


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """A double of its own."""
    async with Double() as one:
        yield one


@pytest.fixture
async def adapter(double: Double) -> AsyncIterator[Adapter]:
    """The adapter, talking to it."""
    one = Adapter(Setup(name="stability", base_url=double.base_url, key="sk-key", fetch=fetch_image))
    yield one
    await one.close()


@pytest.mark.parametrize(
    ("call", "order", "sent"),
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
            {"prompt": b"a red fox", "aspect_ratio": b"1:1", "strength": b"0.65", "image": PICTURE},
        ),
        (
            a_call("image", "sd3.5-medium", image_urls=["asset:a.png"], aspect_ratio="1:1"),
            ("/v2beta/stable-image/generate/sd3", "image/*"),
            {
                "prompt": b"a red fox",
                "model": b"sd3.5-medium",
                "mode": b"image-to-image",
                "strength": b"0.65",
                "image": PICTURE,
            },
        ),
        (
            a_call("upscale", "fast", "", image_url=FOX, scale=4),
            ("/v2beta/stable-image/upscale/fast", "image/*"),
            {"image": PICTURE},
        ),
        (
            a_call("upscale", "conservative", "", image_url=FOX, scale=4),
            ("/v2beta/stable-image/upscale/conservative", "image/*"),
            {"prompt": FAITHFUL.encode(), "image": PICTURE},
        ),
        (
            a_call("upscale", "creative", "a red fox", image_url=FOX),
            ("/v2beta/stable-image/upscale/creative", "application/json"),
            {"prompt": b"a red fox", "image": PICTURE},
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
async def test_a_call_becomes_the_form_that_is_documented(
    double: Double, adapter: Adapter, call: Call, order: tuple[str, str], sent: Mapping[str, bytes]
) -> None:
    """Each model has its path, the kind of answer that is asked for, and its fields, always in a multipart form."""
    await adapter.submit(call)
    [request] = double.requests
    assert ("POST", *order) == (request.method, request.raw_path, request.headers["accept"])
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
async def test_a_result_is_looked_for_where_its_kind_is_kept(
    double: Double, adapter: Adapter, call: Call, path: str, accept: str
) -> None:
    """Pictures and music that take a while have addresses of their own for their results."""
    pending = await adapter.submit(call)
    assert isinstance(pending, Pending)
    done = await adapter.poll(call, pending.ref)
    assert isinstance(done, Done)
    assert (path + pending.ref, accept) == (double.requests[1].raw_path, double.requests[1].headers["accept"])
    assert {"seed": 42} == done.facts


async def test_a_look_that_finds_neither_result_nor_status_tells_nothing(double: Double, adapter: Adapter) -> None:
    """JSON without a status is no news of the work, and the next look finds the result."""
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
async def test_pictures_too_many_are_not_left_out(double: Double, adapter: Adapter, call: Call) -> None:
    """A picture that the model would not see is refused without a request."""
    with pytest.raises(Rejected) as caught:
        await adapter.submit(call)
    assert ("invalid_input", []) == (caught.value.code, double.requests)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (a_call("image", "core", seed=-1), "seed: must be"),
        (a_call("image", "core", ""), "prompt: is required"),
        (a_call("music", "stable-audio-2", seconds=200), "duration: out of range"),
        (a_call("upscale", "conservative", ""), "image: is required"),
    ],
)
async def test_the_providers_words_reach_the_caller(adapter: Adapter, call: Call, words: str) -> None:
    """What the provider finds wrong with a form is what the caller is told."""
    with pytest.raises(Rejected, match=words) as caught:
        await adapter.submit(call)
    assert "invalid_input" == caught.value.code


async def test_a_kind_that_is_not_served_is_left_to_the_next_route(double: Double, adapter: Adapter) -> None:
    """A kind that this API does not have asks nothing and is Down."""
    with pytest.raises(Down):
        await adapter.submit(a_call("video", "x"))
    assert [] == double.requests
