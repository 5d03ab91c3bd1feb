"""The requests that Hugging Face receives for each kind and server, and the parsing of its results."""

import base64
from collections.abc import AsyncIterator

import pytest

from tests.harness.doubles.double import Response
from tests.harness.doubles.huggingface import CAPTIONER, IMAGE_MODEL, SPEAKER, UPSCALER, VIDEO_MODEL, Double
from tests.harness.doubles.provider import a_png
from tests.suites.conformance.case import a_call, fetch_image
from workers.adapters.contract import Blob, Call, Done, Down, Link, Pending, Rejected, Setup
from workers.adapters.media import data_url
from workers.providers.huggingface import Adapter

FOX = "https://example.com/fox.png"
DATA_URL = data_url(Blob(a_png(), "image/png"))
IMAGE_BASE64 = base64.b64encode(a_png()).decode()
WAN = "fal-ai/wan/v2.2-a14b/text-to-video"
OSS = "openai/gpt-oss-120b"
OWN, QUEUE = "/hf-inference/models/", "?_subdomain=queue"


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """Yield a running double."""
    async with Double() as double:
        yield double


@pytest.fixture
async def adapter(double: Double) -> AsyncIterator[Adapter]:
    """Yield an adapter that calls the double."""
    adapter = Adapter(Setup(name="huggingface", base_url=double.base_url, key="hf_key", fetch=fetch_image))
    yield adapter
    await adapter.close()


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
            {"inputs": IMAGE_BASE64, "parameters": {"prompt": "a red fox", "seed": 7}},
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
            {"prompt": "a red fox", "image_url": DATA_URL, "aspect_ratio": "9:16", "duration": "5"},
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
                "reference_images": [FOX, DATA_URL],
                "width": 512,
                "height": 512,
            },
        ),
        (
            a_call("text", f"{OSS}:cerebras", seed=7),
            "/v1/chat/completions",
            {
                "model": f"{OSS}:cerebras",
                "messages": [{"role": "user", "content": "a red fox"}],
                "max_tokens": 4096,
                "seed": 7,
            },
        ),
    ],
    ids=lambda value: f"{value.kind}-{value.model}" if isinstance(value, Call) else "",
)
async def test_call_becomes_the_documented_request(
    double: Double, adapter: Adapter, call: Call, path: str, sent: dict[str, object]
) -> None:
    """Each kind goes to the server of the model, in the form that this server documents."""
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
async def test_image_is_the_body_when_sent_alone(double: Double, adapter: Adapter, call: Call) -> None:
    """An image without other fields is the body of the request."""
    await adapter.submit(call)
    [request] = double.requests
    assert (a_png(), "image/png") == (request.body, request.headers["content-type"])
    assert OWN + call.model.partition(":")[0] == request.path
    assert ("image/png" if call.kind == "upscale" else "*/*") == request.headers["accept"]


async def test_queued_request_is_polled_through_the_router(double: Double, adapter: Adapter) -> None:
    """Only the paths of fal's URLs are used, below the router, so that the key goes to no other host."""
    call = a_call("video", f"{WAN}:fal-ai")
    pending = await adapter.submit(call)
    assert isinstance(pending, Pending)
    assert pending.ref.startswith("/fal-ai/wan/requests/")
    assert Done((Link(double.link(), "video/mp4"),)) == await adapter.poll(call, pending.ref)
    poll_paths = [f"/fal-ai{pending.ref}/status{QUEUE}", f"/fal-ai{pending.ref}{QUEUE}"]
    assert poll_paths == [request.raw_path for request in double.requests[1:]]


@pytest.mark.parametrize(
    ("named", "ref"),
    [({}, "/fal-ai/wan/requests/r1"), ({"response_url": "https://x/other/app/requests/r1"}, "/other/app/requests/r1")],
    ids=["id", "address"],
)
async def test_reference_is_the_path_from_fal_or_below_the_app(
    double: Double, adapter: Adapter, named: dict[str, str], ref: str
) -> None:
    """The path in fal's answer is the reference, and without one it is built from id, owner and alias."""
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
async def test_unserved_call_is_down_without_a_request(double: Double, adapter: Adapter, call: Call) -> None:
    """A kind or server that the adapter does not support raises Down and sends nothing."""
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
async def test_wrong_number_of_images_is_rejected_without_a_request(
    double: Double, adapter: Adapter, call: Call
) -> None:
    """A missing input image, or one that the model would ignore, raises Rejected without a request."""
    with pytest.raises(Rejected) as caught:
        await adapter.submit(call)
    assert ("invalid_input", []) == (caught.value.code, double.requests)


async def test_caption_is_prompt_and_caption(double: Double, adapter: Adapter) -> None:
    """A captioner's text is both the prompt and the caption."""
    double.caption = [{"generated_text": "a red fox. it runs."}]
    done = await adapter.submit(a_call("interrogate", f"{CAPTIONER}:hf-inference", "", image_url=FOX))
    assert Done(text="a red fox. it runs.", facts={"caption": "a red fox.", "tags": []}) == done
