"""The requests that Replicate receives for each kind, and the parsing of its results."""

from collections.abc import AsyncIterator
from time import time

import pytest
from msgspec import structs

from tests.harness.doubles.double import Fault, Response
from tests.harness.doubles.provider import a_png
from tests.harness.doubles.replicate import VERSION, Double
from tests.suites.conformance.case import SECRET, a_call, fetch_image
from workers.adapters.contract import Blob, Call, Done, Link, Pending, Rejected, Retry, Setup
from workers.adapters.media import data_url
from workers.providers.replicate import INLINE_BYTES_MAX, Adapter

FOX = "https://example.com/fox.png"
DATA_URL = data_url(Blob(a_png(), "image/png"))


async def fetch_large_image(url: str) -> Blob:
    """Return an image that is too large for a data: URL."""
    return Blob(a_png() + bytes(INLINE_BYTES_MAX), "image/png")


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """Yield a running double."""
    async with Double() as double:
        yield double


@pytest.fixture
async def adapter(double: Double) -> AsyncIterator[Adapter]:
    """Yield an adapter that calls the double."""
    adapter = Adapter(Setup(name="replicate", base_url=double.base_url, key="r8_key", fetch=fetch_image))
    yield adapter
    await adapter.close()


@pytest.fixture
async def large_adapter(double: Double) -> AsyncIterator[Adapter]:
    """Yield an adapter whose input images are large."""
    adapter = Adapter(Setup(name="replicate", base_url=double.base_url, key="r8_key", fetch=fetch_large_image))
    yield adapter
    await adapter.close()


async def generate(adapter: Adapter, call: Call) -> Done:
    """Submit a call, poll it once and return its result."""
    pending = await adapter.submit(call)
    assert isinstance(pending, Pending)
    done = await adapter.poll(call, pending.ref)
    assert isinstance(done, Done)
    return done


@pytest.mark.parametrize(
    ("call", "sent"),
    [
        (
            a_call("image", "black-forest-labs/flux-dev", width=1024, height=768, seed=7, style="ink", count=2),
            {"prompt": "a red fox, ink", "aspect_ratio": "4:3", "seed": 7, "num_outputs": 2},
        ),
        (
            a_call("image", "google/nano-banana", image_urls=[FOX, "asset:a.png"], aspect_ratio="9:16", count=1),
            {"prompt": "a red fox", "image_input": [FOX, DATA_URL], "aspect_ratio": "9:16"},
        ),
        (
            a_call("image", "black-forest-labs/flux-kontext-pro", image_urls=[FOX]),
            {"prompt": "a red fox", "input_image": FOX},
        ),
        (
            a_call("video", "wan-video/wan-2.2-i2v", image_url=FOX, seconds=5, negative_prompt="blur", fps=16),
            {"prompt": "a red fox", "image": FOX, "duration": 5, "negative_prompt": "blur", "fps": 16},
        ),
        (
            a_call("music", "google/lyria-2", seconds=8, guidance=3, format="wav", seed=1),
            {
                "prompt": "a red fox",
                "duration": 8,
                "classifier_free_guidance": 3,
                "output_format": "wav",
                "seed": 1,
            },
        ),
        (a_call("voice", "x/kokoro", "Hi.", voice_id="af", speed=1.5), {"text": "Hi.", "voice": "af", "speed": 1.5}),
        (a_call("voice", "minimax/speech-02-hd", "Hi.", voice_id="W"), {"text": "Hi.", "voice_id": "W"}),
        (
            a_call("upscale", "nightmareai/real-esrgan", "", image_url="asset:a.png", scale=4),
            {"image": DATA_URL, "scale": 4, "face_enhance": False},
        ),
        (a_call("interrogate", "x/captioner", "", image_url=FOX), {"image": FOX}),
        (
            a_call("text", "meta/llama", tone="dry"),
            {
                "prompt": "a red fox",
                "system_prompt": "Write exactly the requested text, and nothing else. tone: dry.",
                "max_tokens": 4096,
            },
        ),
    ],
    ids=lambda value: f"{value.kind}-{value.model}" if isinstance(value, Call) else "",
)
async def test_input_has_the_names_of_the_model(
    double: Double, adapter: Adapter, call: Call, sent: dict[str, object]
) -> None:
    """Fields get the names that the model has for them, and only requested fields are sent."""
    await adapter.submit(call)
    [request] = double.requests
    assert ("POST", f"/v1/models/{call.model}/predictions") == (request.method, request.path)
    assert {"input": sent} == request.json
    assert ("Bearer r8_key", "application/json") == (request.headers["authorization"], request.headers["content-type"])


@pytest.mark.parametrize(
    ("model", "path", "more"),
    [
        (f"x/y:{VERSION}", "/v1/predictions", {"version": f"x/y:{VERSION}"}),
        (VERSION, "/v1/predictions", {"version": VERSION}),
        ("deployments/x/y", "/v1/deployments/x/y/predictions", {}),
        ("x/y", "/v1/models/x/y/predictions", {}),
    ],
)
async def test_model_has_the_path_of_its_type(
    double: Double, adapter: Adapter, model: str, path: str, more: dict[str, object]
) -> None:
    """A version goes into the body, an official model or a deployment into the path."""
    await adapter.submit(a_call("upscale", model, "", image_url=FOX))
    [request] = double.requests
    assert (path, {"input": {"image": FOX}, **more}) == (request.path, request.json)


async def test_version_receives_the_size_in_pixels(double: Double, adapter: Adapter) -> None:
    """A model that runs by its version receives width and height."""
    await adapter.submit(a_call("image", f"x/y:{VERSION}", width=640, height=512))
    assert {"prompt": "a red fox", "width": 640, "height": 512} == double.requests[0].json["input"]


async def test_submit_sends_cancel_after_and_callback_url(double: Double, adapter: Adapter) -> None:
    """The provider receives a time limit in whole minutes and the callback URL."""
    deadline_ms = int((time() + 90) * 1000)
    call = structs.replace(a_call("image", "x/y"), deadline_ms=deadline_ms, callback_url="https://us.example/c/t")
    await adapter.submit(call)
    [request] = double.requests
    assert "2m" == request.headers["cancel-after"]
    assert "https://us.example/c/t" == request.json["webhook"]
    assert ["completed"] == request.json["webhook_events_filter"]


async def test_large_image_is_uploaded_first(double: Double, large_adapter: Adapter) -> None:
    """An image above the limit for data: URLs is stored with Replicate first."""
    await large_adapter.submit(a_call("upscale", "x/y", "", image_url="asset:a.png"))
    stored, request = double.requests
    assert [("content", INLINE_BYTES_MAX + len(a_png()))] == [(part.name, len(part.data)) for part in stored.form]
    assert {"image": double.link("upload.png")} == request.json["input"]


@pytest.mark.parametrize("override", [Response(500, ""), Fault.LOST_AFTER, Fault.GARBAGE])
async def test_failed_upload_is_retried(double: Double, large_adapter: Adapter, override: Response | Fault) -> None:
    """Storing an input bills nothing, so a failed upload raises Retry and never leaves the submit uncertain."""
    double.overrides["other"].append(override)
    with pytest.raises(Retry):
        await large_adapter.submit(a_call("upscale", "x/y", "", image_url="asset:a.png"))
    assert 0 == double.counts["submit"]


@pytest.mark.parametrize(
    ("output", "outputs"),
    [
        ("https://x/1.png", (Link("https://x/1.png"),)),
        (["https://x/1.png", "https://x/2.png"], (Link("https://x/1.png"), Link("https://x/2.png"))),
        ({"video": "https://x/1.mp4", "note": "words"}, (Link("https://x/1.mp4"),)),
        (DATA_URL, (Blob(a_png(), "image/png"),)),
    ],
)
async def test_outputs_of_every_shape_are_found(
    double: Double, adapter: Adapter, output: object, outputs: tuple[Blob | Link, ...]
) -> None:
    """An output is a URL, a list of URLs, an object with some URLs in it, or the file itself."""
    double.output, double.logs = output, "Using seed: 1234\n50%"
    assert Done(outputs, facts={"seed": 1234}) == await generate(adapter, a_call("image", "x/y"))


@pytest.mark.parametrize(
    ("call", "output", "done"),
    [
        (a_call("text", "x/y"), ["A ", "red ", "fox."], Done(text="A red fox.")),
        (
            a_call("interrogate", "x/y", "", image_url=FOX),
            "a fox, snow, dawn, oil",
            Done(
                text="a fox, snow, dawn, oil",
                facts={"caption": "a fox, snow, dawn, oil", "tags": ["a fox", "snow", "dawn", "oil"]},
            ),
        ),
    ],
)
async def test_text_output_is_read(double: Double, adapter: Adapter, call: Call, output: object, done: Done) -> None:
    """A text may come in pieces, and a caption is read as prompt, caption and tags."""
    double.output = output
    assert done == await generate(adapter, call)


async def test_text_is_rejected_when_empty(double: Double, adapter: Adapter) -> None:
    """A language model that returns no text has failed."""
    double.output = []
    with pytest.raises(Rejected):
        await generate(adapter, a_call("text", "x/y"))


async def test_callback_verifies_when_any_signature_matches(adapter: Adapter, double: Double) -> None:
    """A webhook has several signatures during a rotation of secrets, and one valid signature is enough."""
    other = Adapter(structs.replace(adapter.setup, callback_secret=SECRET))
    request = double.webhook("ref1", SECRET)
    headers = {**request.headers, "webhook-signature": f"v1,AAAA v1a,x {request.headers['webhook-signature']}"}
    assert "ref1" == other.callback(structs.replace(request, headers=headers))
