"""The requests that ElevenLabs receives for each kind, its prices and its signed callbacks."""

from collections.abc import AsyncIterator
from time import time

import pytest
from msgspec import structs

from tests.harness.doubles.double import Response
from tests.harness.doubles.elevenlabs import VOICES, Double
from tests.harness.doubles.provider import a_png
from tests.suites.conformance.case import a_call, fetch_image
from workers.adapters.contract import Blob, Call, Callback, Done, Down, Link, Pending, Rejected, Retry, Setup
from workers.adapters.media import data_url
from workers.adapters.responses import PollFailed
from workers.providers.elevenlabs import VOICES_S, Adapter

SECRET = "wsec_0123456789"
FOX = "https://example.com/fox.png"
INLINE_IMAGE = {
    "type": "inline_base64",
    "content_base64": data_url(Blob(a_png(), "image/png")).partition(",")[2],
    "mime_type": "image/png",
}


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """Yield a running double."""
    async with Double() as double:
        yield double


@pytest.fixture
async def adapter(double: Double) -> AsyncIterator[Adapter]:
    """Yield an adapter that calls the double."""
    adapter = Adapter(Setup(name="elevenlabs", base_url=double.base_url, key="xi", fetch=fetch_image))
    yield adapter
    await adapter.close()


@pytest.mark.parametrize(
    ("call", "path", "sent"),
    [
        (
            a_call("voice", "eleven_multilingual_v2", "Hi.", language="de"),
            f"/v1/text-to-speech/{VOICES[0]}?output_format=mp3_44100_128",
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
                "images": [INLINE_IMAGE, INLINE_IMAGE],
            },
        ),
        (
            a_call("image", "gpt-image-1.5", aspect_ratio="16:9"),
            "/v1/flows/image",
            {"model_id": "gpt-image-1.5", "prompt": "a red fox", "aspect_ratio": "3:2"},
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
            {"model_id": "bytedance-seedance-v2.5", "prompt": "a red fox", "start_frame": INLINE_IMAGE},
        ),
    ],
    ids=lambda value: f"{value.kind}-{value.model}" if isinstance(value, Call) else "",
)
async def test_call_becomes_the_documented_request(
    double: Double, adapter: Adapter, call: Call, path: str, sent: dict[str, object]
) -> None:
    """Each kind has its path, and each model receives only the fields that it accepts."""
    await adapter.submit(call)
    [request] = [request for request in double.requests if request.role == "submit"]
    assert ("POST", path, sent) == (request.method, request.raw_path, request.json)
    assert ("xi", "application/json") == (request.headers["xi-api-key"], request.headers["content-type"])
    assert 1 == double.accepted


async def test_default_voice_is_one_of_the_account_and_read_once_an_hour(
    double: Double, adapter: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account's own voice counts before those of ElevenLabs, and the list is read again after an hour."""
    double.voices["ownVoice0000"] = "cloned"
    started_s = time()
    for later_s, reads in ((0.0, 1), (VOICES_S / 2, 1), (VOICES_S + 1, 2)):
        monkeypatch.setattr("workers.providers.elevenlabs.clock.now_s", lambda at_s=started_s + later_s: at_s)
        await adapter.submit(a_call("voice", "eleven_v4", "Hi.", voice_id="default"))
        assert "/v1/text-to-speech/ownVoice0000" == double.requests[-1].path
        assert reads == sum("/v2/voices" == request.path for request in double.requests)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Response(200, {"voices": []}), Down),
        (Response(401, {"detail": {"status": "invalid_api_key"}}), Down),
        (Response(422, {"detail": []}), Down),
        (Response(500, ""), Retry),
    ],
    ids=["no voice", "bad key", "bad request", "outage"],
)
async def test_caller_is_not_blamed_when_there_is_no_default_voice(
    double: Double, adapter: Adapter, answer: Response, error: type[Exception]
) -> None:
    """Without a default voice nothing is submitted, and another route or a later try may serve the call."""
    double.overrides["other"].append(answer)
    with pytest.raises(error):
        await adapter.submit(a_call("voice", "eleven_v4", "Hi."))
    assert 0 == double.counts["submit"]


@pytest.mark.parametrize(
    "call",
    [
        a_call("voice", "eleven_v3", "Hi.", voice_id="../user"),
        a_call("voice", "eleven_v3", "Hi.", voice_id="a voice?"),
        a_call("music", "music_v1", format="wav"),
    ],
    ids=["path", "words", "wave"],
)
async def test_invalid_voice_or_format_is_rejected_without_a_request(
    double: Double, adapter: Adapter, call: Call
) -> None:
    """A voice that would change the path and an unknown format are refused without a request."""
    with pytest.raises(Rejected) as caught:
        await adapter.submit(call)
    assert ("invalid_input", []) == (caught.value.code, double.requests)


async def test_unserved_kind_is_down_without_a_request(double: Double, adapter: Adapter) -> None:
    """A kind that this API lacks raises Down and sends nothing."""
    with pytest.raises(Down):
        await adapter.submit(a_call("text", "x"))
    assert [] == double.requests


@pytest.mark.parametrize(
    ("credits", "price", "expected"),
    [(43, None, ({"credits": 43}, None)), (43, 220, ({"credits": 43}, 9_460)), (None, 220, ({}, None))],
)
async def test_credits_are_reported(
    double: Double, adapter: Adapter, credits: int | None, price: int | None, expected: tuple[object, object]
) -> None:
    """The credits of an answer are a fact, and a cost if the catalogue has a price per credit."""
    double.cost, adapter.setup = credits, structs.replace(adapter.setup, credit_micros=price)
    done = await adapter.submit(a_call("voice", "eleven_v3", "Hi."))
    assert isinstance(done, Done)
    assert expected == (done.facts, done.cost_micros)


@pytest.mark.parametrize(
    "answer",
    [{"id": "another", "status": "completed", "content_url": "https://x/1.png"}, {"status": "completed"}],
    ids=["another", "no-url"],
)
async def test_poll_fails_when_the_answer_is_for_another_generation(
    double: Double, adapter: Adapter, answer: dict[str, str]
) -> None:
    """An answer for another generation or without a content URL fails the poll, and the next poll finds the result."""
    call = a_call("image", "gpt-image-2")
    pending = await adapter.submit(call)
    assert isinstance(pending, Pending)
    double.overrides["poll"].append(Response(200, {"id": pending.ref, **answer}))
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
def test_callback_is_ignored_when_its_signature_is_invalid(header: str, body: bytes | None) -> None:
    """A callback with a missing, malformed or foreign signature is ignored without an exception."""
    adapter = Adapter(Setup(name="elevenlabs", key="xi", callback_secret=SECRET))
    request = Double().webhook("r1", SECRET)
    _, _, v0 = request.headers["elevenlabs-signature"].partition("v0=")
    forged = header.format(now=int(time()), v0=v0)
    assert adapter.callback(Callback({"elevenlabs-signature": forged}, body or request.body)) is None
    assert "r1" == adapter.callback(request)
