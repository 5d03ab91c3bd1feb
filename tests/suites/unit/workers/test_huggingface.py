"""What exactly Hugging Face is sent for each kind and whoever serves it, and how what it brings is read."""

import base64
from collections.abc import AsyncIterator

import pytest

from tests.harness.doubles.double import Response
from tests.harness.doubles.huggingface import CAPTIONER, IMAGE_MODEL, SPEAKER, UPSCALER, VIDEO_MODEL, Double
from tests.harness.doubles.provider import a_png
from tests.suites.conformance.case import a_call, fetch_image
from workers.adapters.contract import Blob, Call, Done, Down, Link, Pending, Rejected, Setup
from workers.adapters.inputs import data_url
from workers.providers.huggingface import Adapter

FOX = "https://example.com/fox.png"
OURS = data_url(Blob(a_png(), "image/png"))
PICTURE = base64.b64encode(a_png()).decode()
WAN = "fal-ai/wan/v2.2-a14b/text-to-video"
QWEN = "Qwen/Qwen3-32B"
OWN, QUEUE = "/hf-inference/models/", "?_subdomain=queue"


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """A double of its own."""
    async with Double() as one:
        yield one


@pytest.fixture
async def adapter(double: Double) -> AsyncIterator[Adapter]:
    """The adapter, talking to it."""
    one = Adapter(Setup(name="huggingface", base_url=double.base_url, key="hf_key", fetch=fetch_image))
    yield one
    await one.close()


@pytest.mark.parametrize(
    ("call", "path", "sent"),
    [
        (
            a_call("image", IMAGE_MODEL, style="ink", width=512, height=768, seed=7, negative_prompt="blur", count=1),
            OWN + IMAGE_MODEL,
            {
                "inputs": "a red fox, ink",
                "parameters": {"width": 512, "height": 768, "seed": 7, "negative_prompt": "blur"},
            },
        ),
        (a_call("image", f"{IMAGE_MODEL}:hf-inference"), OWN + IMAGE_MODEL, {"inputs": "a red fox", "parameters": {}}),
        (
            a_call("image", "timbrooks/instruct-pix2pix", image_urls=[FOX], width=512, height=512, seed=7),
            f"{OWN}timbrooks/instruct-pix2pix",
            {"inputs": PICTURE, "parameters": {"prompt": "a red fox", "seed": 7}},
        ),
        (a_call("voice", SPEAKER, "Hi."), OWN + SPEAKER, {"inputs": "Hi.", "parameters": {}}),
        (
            a_call("image", "fal-ai/flux/dev:fal-ai", width=512, height=512, seed=7),
            f"/fal-ai/fal-ai/flux/dev{QUEUE}",
            {"prompt": "a red fox", "image_size": {"width": 512, "height": 512}, "seed": 7},
        ),
        (
            a_call("video", f"{WAN}:fal-ai", image_url="asset:a.png", aspect_ratio="9:16", seconds=5),
            f"/fal-ai/{WAN}{QUEUE}",
            {"prompt": "a red fox", "image_url": OURS, "aspect_ratio": "9:16", "duration": "5"},
        ),
        (
            a_call("image", "fal-ai/nano-banana-2:fal-ai", image_urls=[FOX]),
            f"/fal-ai/fal-ai/nano-banana-2/edit{QUEUE}",
            {"prompt": "a red fox", "image_urls": [FOX]},
        ),
        (
            a_call("image", "x/FLUX.1-dev:nscale", width=512, height=768, seed=7),
            "/nscale/v1/images/generations",
            {"model": "x/FLUX.1-dev", "prompt": "a red fox", "response_format": "b64_json", "size": "512x768"},
        ),
        (
            a_call("image", "x/FLUX.1-Kontext-dev:together", image_urls=[FOX], seed=7),
            "/together/v1/images/generations",
            {
                "model": "x/FLUX.1-Kontext-dev",
                "prompt": "a red fox",
                "response_format": "base64",
                "image_url": FOX,
                "seed": 7,
            },
        ),
        (
            a_call("image", "x/FLUX.2-dev:together", image_urls=[FOX, "asset:a.png"], width=512, height=512),
            "/together/v1/images/generations",
            {
                "model": "x/FLUX.2-dev",
                "prompt": "a red fox",
                "response_format": "base64",
                "reference_images": [FOX, OURS],
                "width": 512,
                "height": 512,
            },
        ),
        (
            a_call("text", f"{QWEN}:cerebras", seed=7),
            "/v1/chat/completions",
            {
                "model": f"{QWEN}:cerebras",
                "messages": [{"role": "user", "content": "a red fox"}],
                "max_tokens": 4096,
                "seed": 7,
            },
        ),
    ],
    ids=lambda value: f"{value.kind}-{value.model}" if isinstance(value, Call) else "",
)
async def test_a_call_becomes_the_request_that_is_documented(
    double: Double, adapter: Adapter, call: Call, path: str, sent: dict[str, object]
) -> None:
    """Each kind goes to whoever serves the model, in that one's form."""
    await adapter.submit(call)
    [request] = double.requests
    assert ("POST", path, sent) == (request.method, request.raw_path, request.json)
    assert ("Bearer hf_key", "application/json") == (request.headers["authorization"], request.headers["content-type"])
    assert 1 == double.accepted


@pytest.mark.parametrize(
    "call",
    [
        a_call("upscale", UPSCALER, "", image_url=FOX, scale=2),
        a_call("interrogate", f"{CAPTIONER}:hf-inference", "", image_url=FOX),
    ],
    ids=lambda call: call.kind,
)
async def test_a_picture_alone_goes_as_it_is(double: Double, adapter: Adapter, call: Call) -> None:
    """Where nothing goes with it, a picture is the body."""
    await adapter.submit(call)
    [request] = double.requests
    assert (a_png(), "image/png") == (request.body, request.headers["content-type"])
    assert OWN + call.model.partition(":")[0] == request.path
    assert ("image/png" if call.kind == "upscale" else "*/*") == request.headers["accept"]


async def test_a_request_in_the_queue_is_looked_at_through_the_router(double: Double, adapter: Adapter) -> None:
    """Of the addresses that fal gives, only their paths are used, below the router's: the key goes nowhere else."""
    call = a_call("video", f"{WAN}:fal-ai")
    pending = await adapter.submit(call)
    assert isinstance(pending, Pending)
    assert pending.ref.startswith("/fal-ai/wan/requests/")
    assert Done((Link(double.link(), "video/mp4"),)) == await adapter.poll(call, pending.ref)
    poll_roles = [f"/fal-ai{pending.ref}/status{QUEUE}", f"/fal-ai{pending.ref}{QUEUE}"]
    assert poll_roles == [request.raw_path for request in double.requests[1:]]


@pytest.mark.parametrize(
    ("named", "ref"),
    [({}, "/fal-ai/wan/requests/r1"), ({"response_url": "https://x/other/app/requests/r1"}, "/other/app/requests/r1")],
    ids=["id", "address"],
)
async def test_a_request_is_where_fal_says_or_else_below_its_app(
    double: Double, adapter: Adapter, named: dict[str, str], ref: str
) -> None:
    """The path that fal gives is the reference; without one, the id and the app's owner and alias are enough."""
    double.overrides["submit"].append(Response(200, {"request_id": "r1", "status": "IN_QUEUE", **named}))
    pending = await adapter.submit(a_call("video", f"{WAN}:fal-ai"))
    assert isinstance(pending, Pending)
    assert ref == pending.ref


@pytest.mark.parametrize(
    "call",
    [
        a_call("music", "facebook/musicgen-small"),
        a_call("video", VIDEO_MODEL),
        a_call("image", f"{IMAGE_MODEL}:wavespeed"),
        a_call("voice", "x/y:together"),
    ],
    ids=lambda call: f"{call.kind}-{call.model}",
)
async def test_what_is_not_served_is_left_to_the_next_route(double: Double, adapter: Adapter, call: Call) -> None:
    """A kind or a server that there is no form for asks nothing and is Down."""
    with pytest.raises(Down):
        await adapter.submit(call)
    assert [] == double.requests


@pytest.mark.parametrize(
    "call",
    [
        a_call("upscale", UPSCALER, ""),
        a_call("image", IMAGE_MODEL, image_urls=[FOX, FOX]),
        a_call("image", "x/FLUX.1-dev:nscale", image_urls=[FOX]),
    ],
)
async def test_pictures_too_many_or_too_few_are_refused(double: Double, adapter: Adapter, call: Call) -> None:
    """A picture that the model would not see, or does not get, is a clear no without a request."""
    with pytest.raises(Rejected) as caught:
        await adapter.submit(call)
    assert ("invalid_input", []) == (caught.value.code, double.requests)


async def test_a_caption_is_read(double: Double, adapter: Adapter) -> None:
    """A captioner's words are prompt and caption alike."""
    double.caption = [{"generated_text": "a red fox. it runs."}]
    done = await adapter.submit(a_call("interrogate", f"{CAPTIONER}:hf-inference", "", image_url=FOX))
    assert Done(text="a red fox. it runs.", facts={"caption": "a red fox.", "tags": []}) == done
