"""The requests that fal receives for each kind, and the parsing of its results and callbacks."""

import hashlib
from collections.abc import AsyncIterator
from time import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import structs

from tests.harness.doubles.double import Response
from tests.harness.doubles.fal import SIGNING, Double, public
from tests.harness.doubles.provider import a_png
from tests.suites.conformance.case import a_call, fetch_image
from workers.adapters.chat import INTERROGATE
from workers.adapters.contract import Blob, Call, Callback, Done, Link, Pending, Setup
from workers.adapters.media import data_url
from workers.adapters.responses import PollFailed
from workers.providers.fal import KEYS_S, Adapter

FOX = "https://example.com/fox.png"
DATA_URL = data_url(Blob(a_png(), "image/png"))


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """Yield a running double."""
    async with Double() as double:
        yield double


@pytest.fixture
async def adapter(double: Double) -> AsyncIterator[Adapter]:
    """Yield an adapter that calls the double."""
    adapter = Adapter(Setup(name="fal", base_url=double.base_url, key="id:secret", fetch=fetch_image))
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
            a_call("image", "fal-ai/flux/dev", width=1024, height=768, seed=7, style="ink", count=2),
            {
                "prompt": "a red fox, ink",
                "image_size": {"width": 1024, "height": 768},
                "seed": 7,
                "num_images": 2,
            },
        ),
        (
            a_call("image", "fal-ai/nano-banana/edit", width=1024, height=768, image_urls=[FOX, "asset:a.png"]),
            {"prompt": "a red fox", "aspect_ratio": "4:3", "image_urls": [FOX, DATA_URL]},
        ),
        (
            a_call("image", "fal-ai/flux-pro/kontext", image_urls=[FOX]),
            {"prompt": "a red fox", "image_url": FOX},
        ),
        (
            a_call("video", "fal-ai/kling-video/v2/master/image-to-video", image_url=FOX, seconds=5),
            {"prompt": "a red fox", "image_url": FOX, "duration": "5"},
        ),
        (
            a_call("video", "fal-ai/veo3", seconds=8, width=1280, height=720),
            {"prompt": "a red fox", "duration": "8s", "aspect_ratio": "16:9"},
        ),
        (
            a_call("voice", "fal-ai/elevenlabs/tts", "Hi.", voice_id="Rachel", speed=1.1),
            {"text": "Hi.", "voice": "Rachel", "speed": 1.1},
        ),
        (a_call("voice", "fal-ai/kokoro", "Hi.", voice_id="af"), {"prompt": "Hi.", "voice": "af"}),
        (
            a_call("music", "fal-ai/stable-audio", seconds=20, seed=3),
            {"prompt": "a red fox", "seconds_total": 20, "seed": 3},
        ),
        (
            a_call("upscale", "fal-ai/clarity-upscaler", "", image_url="asset:a.png", scale=4),
            {"image_url": DATA_URL, "upscale_factor": 4},
        ),
        (
            a_call("interrogate", "fal-ai/any-llm/vision", "", image_url=FOX),
            {"image_url": FOX, "prompt": INTERROGATE},
        ),
        (a_call("text", "fal-ai/any-llm"), {"prompt": "a red fox"}),
    ],
    ids=lambda value: f"{value.kind}-{value.model}" if isinstance(value, Call) else "",
)
async def test_input_has_the_names_of_the_app(
    double: Double, adapter: Adapter, call: Call, sent: dict[str, object]
) -> None:
    """Fields get the names that the app has for them, and only requested fields are sent."""
    await adapter.submit(call)
    [request] = double.requests
    assert ("POST", f"/{call.model}", {}) == (request.method, request.path, request.query)
    assert sent == request.json
    assert ("Key id:secret", "application/json") == (request.headers["authorization"], request.headers["content-type"])


async def test_submit_sends_start_timeout_and_callback_url(double: Double, adapter: Adapter) -> None:
    """The queue receives a start timeout in whole seconds and the callback URL."""
    deadline_ms = int((time() + 90) * 1000)
    url = "https://us.example/c/t?x=1"
    await adapter.submit(structs.replace(a_call("image", "x/y"), deadline_ms=deadline_ms, callback_url=url))
    [request] = double.requests
    assert 88 <= int(request.headers["x-fal-request-timeout"]) <= 90
    assert {"fal_webhook": url} == request.query


async def test_poll_and_cancel_use_the_urls_of_the_answers(double: Double, adapter: Adapter) -> None:
    """Status, result and cancel use the URLs in the answers, which are not below the full path of the app."""
    call = a_call("image", "fal-ai/flux/dev")
    pending = await adapter.submit(call)
    assert isinstance(pending, Pending)
    await adapter.poll(call, pending.ref)
    await adapter.cancel(call, pending.ref)
    own = pending.ref.removeprefix(double.url).removesuffix("/status")
    assert own.startswith("/fal-ai/flux/requests/")
    sent = [(request.method, request.path) for request in double.requests[1:]]
    assert [("GET", f"{own}/status"), ("GET", own), ("GET", f"{own}/status"), ("PUT", f"{own}/cancel")] == sent


class ForeignUrls(Double):
    """A double whose answers contain URLs on another host."""

    def _urls(self, request_id: str) -> dict[str, str]:
        return {
            name: value if name == "request_id" else f"http://127.0.0.2:1/{name}"
            for name, value in super()._urls(request_id).items()
        }


async def test_key_is_not_sent_to_another_host() -> None:
    """A URL on another host is not followed, because the key would go with it."""
    async with ForeignUrls() as double:
        adapter = Adapter(Setup(name="fal", base_url=double.base_url, key="id:secret"))
        call = a_call("image", "fal-ai/flux/dev")
        done = await generate(adapter, call)
        await adapter.close()
        assert (Link(double.link(), "image/png"),) == done.outputs
        assert ["submit", "poll", "result"] == [request.role for request in double.requests]


@pytest.mark.parametrize("model", ["fal-ai/flux/dev", "workflows/me/mine/path", "comfy/me/mine"])
async def test_status_url_is_built_from_the_id_alone(adapter: Adapter, model: str) -> None:
    """The id in a callback is enough, because the first parts of the model id name the app."""
    own = "/".join(model.split("/")[: 2 if model.startswith("fal") else 3])
    assert f"{adapter._http.base_url}/{own}/requests/r1/status" == adapter._status_url(a_call("image", model), "r1")


@pytest.mark.parametrize(
    ("call", "result", "done"),
    [
        (
            a_call("image", "x/y"),
            {"images": [{"url": "https://x/1.png"}, {"url": "https://x/2.png"}], "has_nsfw_concepts": [True, False]},
            Done((Link("https://x/2.png"),)),
        ),
        (
            a_call("video", "x/y"),
            {"video": {"url": "https://x/1.mp4", "content_type": "video/mp4", "duration": 5.04}, "seed": 9},
            Done((Link("https://x/1.mp4", "video/mp4"),), facts={"seed": 9, "duration_ms": 5040}),
        ),
        (
            a_call("music", "x/y"),
            {"audio_file": {"url": "https://x/1.wav", "content_type": "audio/wav", "file_size": 9}},
            Done((Link("https://x/1.wav", "audio/wav"),)),
        ),
        (
            a_call("upscale", "x/y", "", image_url=FOX),
            {"image": {"url": "https://x/1.png", "content_type": "image/png", "width": 64, "height": None}},
            Done((Link("https://x/1.png", "image/png"),), facts={"width": 64}),
        ),
        (a_call("text", "x/y"), {"output": "A red fox.", "reasoning": None}, Done(text="A red fox.")),
        (
            a_call("interrogate", "x/y", "", image_url=FOX),
            {"results": "A red fox. It runs."},
            Done(text="A red fox. It runs.", facts={"caption": "A red fox.", "tags": []}),
        ),
    ],
)
async def test_results_of_every_shape_are_read(
    double: Double, adapter: Adapter, call: Call, result: dict[str, object], done: Done
) -> None:
    """Files and facts are found in the shape of each kind of app, and a blackened image is left out."""
    double.result = Response(200, result)
    assert done == await generate(adapter, call)


def test_documented_signature_verifies() -> None:
    """The signature of the test vector verifies, apart from its time."""
    vector = (
        "ca95115ab8de1fec4b0cce3392ecf76c43f2116b4558cd0010a57371e6ce585e"
        "ba11d57b6c32ded216d8601866d00b5fbfeff98267a1c2a4780590ef6e634d07"
    )
    assert "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w" == public(SIGNING)
    signed = b"r1\nuser-1\n1700000000\n"
    digest = hashlib.sha256(b'{"request_id":"r1","status":"OK"}').hexdigest().encode()
    assert vector == SIGNING.sign(signed + digest).hex()


@pytest.mark.parametrize("signature", ["", "00", "zz" * 64, "00" * 64])
def test_callback_is_ignored_when_its_signature_is_invalid(signature: str) -> None:
    """A callback with a missing, malformed or wrong signature is ignored without an exception."""
    adapter = Adapter(Setup(name="fal", key="k", callback_secret=f"nokey,{public(SIGNING)}"))
    request = Double().webhook("r1")
    headers = {**request.headers, "x-fal-webhook-signature": signature}
    assert adapter.callback(Callback(headers, request.body)) is None
    assert "r1" == adapter.callback(request)


async def test_callback_is_trusted_by_the_key_set(
    double: Double, adapter: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a configured key the published keys count, and a rotated key counts when they are read an hour later."""
    request, rotated = double.webhook("r1"), Ed25519PrivateKey.from_private_bytes(b"\x03" * 32)
    assert adapter.callback(request) is None
    await adapter.load_callback_keys()
    await adapter.load_callback_keys()
    assert ("r1", 1) == (adapter.callback(request), double.counts["keys"])
    double.signing = [rotated]
    started_s = time()
    monkeypatch.setattr("workers.providers.fal.clock.now_s", lambda: started_s + KEYS_S + 1)
    await adapter.load_callback_keys()
    at_s = int(started_s + KEYS_S)
    assert "r2" == adapter.callback(double.webhook("r2", at_s, rotated))
    assert adapter.callback(double.webhook("r2", at_s)) is None


@pytest.mark.parametrize(
    "answer",
    [
        Response(500, ""),
        Response(200, {"keys": []}),
        Response(200, {"keys": "x"}),
        Response(200, {"keys": [{"kty": "RSA", "x": "AA"}, None]}),
    ],
)
async def test_keys_stay_when_the_key_set_is_unreadable(double: Double, adapter: Adapter, answer: Response) -> None:
    """A failed fetch changes nothing, and is repeated with the next callback."""
    double.overrides["keys"].append(answer)
    with pytest.raises(PollFailed):
        await adapter.load_callback_keys()
    await adapter.load_callback_keys()
    assert "r1" == adapter.callback(double.webhook("r1"))
