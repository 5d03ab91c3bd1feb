"""What exactly ElevenLabs is sent for each kind, what it charged, and whose callbacks are believed."""

from collections.abc import AsyncIterator
from time import time

import pytest
from msgspec import structs

from tests.harness.doubles.double import Response
from tests.harness.doubles.elevenlabs import Double
from tests.harness.doubles.provider import a_png
from tests.suites.conformance.case import a_call, fetch_image
from workers.adapters.contract import Blob, Call, Callback, Done, Down, Link, Pending, Rejected, Setup
from workers.adapters.inputs import data_url
from workers.adapters.responses import PollFailed
from workers.providers.elevenlabs import VOICE, Adapter

SECRET = "wsec_0123456789"
FOX = "https://example.com/fox.png"
OURS = {
    "type": "inline_base64",
    "content_base64": data_url(Blob(a_png(), "image/png")).partition(",")[2],
    "mime_type": "image/png",
}


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """A double of its own."""
    async with Double() as one:
        yield one


@pytest.fixture
async def adapter(double: Double) -> AsyncIterator[Adapter]:
    """The adapter, talking to it."""
    one = Adapter(Setup(name="elevenlabs", base_url=double.base_url, key="xi", fetch=fetch_image))
    yield one
    await one.close()


@pytest.mark.parametrize(
    ("call", "path", "sent"),
    [
        (
            a_call("voice", "eleven_multilingual_v2", "Hi.", language="de"),
            f"/v1/text-to-speech/{VOICE}?output_format=mp3_44100_128",
            {"text": "Hi.", "model_id": "eleven_multilingual_v2"},
        ),
        (
            a_call(
                "voice",
                "eleven_flash_v2_5",
                "Hi.",
                voice_id="21m00Tcm4TlvDq8ikWAM",
                language="en-GB",
                speed=1.1,
                format="wav",
            ),
            "/v1/text-to-speech/21m00Tcm4TlvDq8ikWAM?output_format=wav_24000",
            {
                "text": "Hi.",
                "model_id": "eleven_flash_v2_5",
                "language_code": "en",
                "voice_settings": {"speed": 1.1},
            },
        ),
        (
            a_call("music", "music_v2_5", seconds=12.5, seed=7, format="mp3"),
            "/v1/music",
            {"prompt": "a red fox", "model_id": "music_v2_5", "music_length_ms": 12_500},
        ),
        (
            a_call("music", "eleven_text_to_sound_v2", "rain", seconds=3),
            "/v1/sound-generation?output_format=mp3_44100_128",
            {"text": "rain", "model_id": "eleven_text_to_sound_v2", "duration_seconds": 3},
        ),
        (
            a_call("image", "gemini-2.5-flash-image", style="ink", width=1024, height=768, seed=7, quality="hd"),
            "/v1/flows/image",
            {"model_id": "gemini-2.5-flash-image", "prompt": "a red fox, ink", "aspect_ratio": "4:3"},
        ),
        (
            a_call("image", "gpt-image-2:2K", aspect_ratio="16:9", quality="hd", image_urls=["asset:a.png", FOX]),
            "/v1/flows/image",
            {
                "model_id": "gpt-image-2",
                "prompt": "a red fox",
                "aspect_ratio": "16:9",
                "quality": "high",
                "resolution": "2K",
                "images": [OURS, OURS],
            },
        ),
        (
            a_call("image", "gpt-image-1", aspect_ratio="16:9"),
            "/v1/flows/image",
            {"model_id": "gpt-image-1", "prompt": "a red fox", "aspect_ratio": "3:2"},
        ),
        (
            a_call("image", "bytedance-seedream-5-pro", seed=7),
            "/v1/flows/image",
            {"model_id": "bytedance-seedream-5-pro", "prompt": "a red fox", "seed": 7},
        ),
        (
            a_call(
                "video", "veo-3.1-generate-001:1080p", seconds=8, seed=7, negative_prompt="rain", width=1280, height=720
            ),
            "/v1/flows/video",
            {
                "model_id": "veo-3.1-generate-001",
                "prompt": "a red fox",
                "duration_secs": 8,
                "seed": 7,
                "negative_prompt": "rain",
                "aspect_ratio": "16:9",
                "resolution": "1080p",
            },
        ),
        (
            a_call("video", "bytedance-seedance-v2.5", image_url=FOX, seed=7),
            "/v1/flows/video",
            {"model_id": "bytedance-seedance-v2.5", "prompt": "a red fox", "start_frame": OURS},
        ),
    ],
    ids=lambda value: f"{value.kind}-{value.model}" if isinstance(value, Call) else "",
)
async def test_a_call_becomes_the_request_that_is_documented(
    double: Double, adapter: Adapter, call: Call, path: str, sent: dict[str, object]
) -> None:
    """Each kind has its path, and each model is sent only what it takes."""
    await adapter.submit(call)
    [request] = double.requests
    assert ("POST", path, sent) == (request.method, request.raw_path, request.json)
    assert ("xi", "application/json") == (request.headers["xi-api-key"], request.headers["content-type"])
    assert 1 == double.accepted


@pytest.mark.parametrize(
    "call",
    [
        a_call("voice", "eleven_v3", "Hi.", voice_id="../user"),
        a_call("voice", "eleven_v3", "Hi.", voice_id="a voice?"),
        a_call("music", "music_v1", format="wav"),
    ],
    ids=["path", "words", "wave"],
)
async def test_what_cannot_be_asked_for_is_not_asked(double: Double, adapter: Adapter, call: Call) -> None:
    """A voice that would lead to another path, and a format that there is not, are refused without a request."""
    with pytest.raises(Rejected) as caught:
        await adapter.submit(call)
    assert ("invalid_input", []) == (caught.value.code, double.requests)


async def test_a_kind_that_is_not_served_is_left_to_the_next_route(double: Double, adapter: Adapter) -> None:
    """A kind that this API does not have asks nothing and is Down."""
    with pytest.raises(Down):
        await adapter.submit(a_call("text", "x"))
    assert [] == double.requests


@pytest.mark.parametrize(
    ("told", "price", "expected"),
    [(43, None, ({"credits": 43}, None)), (43, 220, ({"credits": 43}, 9_460)), (None, 220, ({}, None))],
)
async def test_what_it_charged_is_told(
    double: Double, adapter: Adapter, told: int | None, price: int | None, expected: tuple[object, object]
) -> None:
    """The credits of an answer are a fact, and a cost where the catalogue says what a credit costs."""
    double.cost, adapter.setup = told, structs.replace(adapter.setup, credit_micros=price)
    done = await adapter.submit(a_call("voice", "eleven_v3", "Hi."))
    assert isinstance(done, Done)
    assert expected == (done.facts, done.cost_micros)


@pytest.mark.parametrize(
    "told",
    [{"id": "another", "status": "completed", "content_url": "https://x/1.png"}, {"status": "completed"}],
    ids=["another", "nowhere"],
)
async def test_a_look_at_something_else_tells_nothing(double: Double, adapter: Adapter, told: dict[str, str]) -> None:
    """An answer about another generation, or without a place of the result, is none, and the next look finds it."""
    call = a_call("image", "gpt-image-2")
    pending = await adapter.submit(call)
    assert isinstance(pending, Pending)
    double.overrides["poll"].append(Response(200, {"id": pending.ref, **told}))
    with pytest.raises(PollFailed):
        await adapter.poll(call, pending.ref)
    assert Done((Link(double.link(), "image/png"),)) == await adapter.poll(call, pending.ref)


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("", None),
        ("t=,v0=", None),
        ("t=soon,v0=00", None),
        ("v0=00", None),
        ("t={now},v1={v0}", None),
        ("t={now},v0=é", None),
        ("t={now},v0={v0}", b'{"id": "other"}'),
    ],
)
def test_a_signature_that_is_none_is_not_believed(header: str, body: bytes | None) -> None:
    """Neither a missing, a malformed nor another body's signature makes a callback believed, and nothing breaks."""
    adapter = Adapter(Setup(name="elevenlabs", key="xi", callback_secret=SECRET))
    request = Double().webhook("r1", SECRET)
    _, _, v0 = request.headers["elevenlabs-signature"].partition("v0=")
    forged = header.format(now=int(time()), v0=v0)
    assert adapter.callback(Callback({"elevenlabs-signature": forged}, body or request.body)) is None
    assert "r1" == adapter.callback(request)
