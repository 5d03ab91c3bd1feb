"""The requests that Runway receives for each kind, and the parsing of its results."""

from collections.abc import AsyncIterator

import pytest

from tests.harness.doubles.double import Response
from tests.harness.doubles.provider import a_png
from tests.harness.doubles.runway import CREATES, CREDITS, Double, invalid
from tests.harness.doubles.typed import models
from tests.suites.conformance.case import a_call, fetch_image
from workers.adapters.contract import Blob, Call, Done, Down, Link, Pending, Rejected, Retry, Setup
from workers.adapters.media import data_url
from workers.providers.runway import CREDIT_MICROS, INLINE_BYTES_MAX, Adapter

FOX = "https://example.com/fox.png"
DATA_URL = data_url(Blob(a_png(), "image/png"))
LARGE = a_png() + bytes(INLINE_BYTES_MAX)


async def fetch_large_image(url: str) -> Blob:
    """Return an image that is too large for a data: URL."""
    return Blob(LARGE, "image/png")


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """Yield a running double."""
    async with Double() as double:
        yield double


@pytest.fixture
async def adapter(double: Double) -> AsyncIterator[Adapter]:
    """Yield an adapter that calls the double."""
    adapter = Adapter(Setup(name="runway", base_url=double.base_url, key="key_1", fetch=fetch_image))
    yield adapter
    await adapter.close()


@pytest.fixture
async def large_adapter(double: Double) -> AsyncIterator[Adapter]:
    """Yield an adapter whose input images are large."""
    adapter = Adapter(Setup(name="runway", base_url=double.base_url, key="key_1", fetch=fetch_large_image))
    yield adapter
    await adapter.close()


async def submit(adapter: Adapter, call: Call) -> str:
    """Submit a call and return the reference of its task."""
    pending = await adapter.submit(call)
    assert isinstance(pending, Pending)
    return pending.ref


@pytest.mark.parametrize(
    ("call", "path", "sent"),
    [
        (
            a_call("video", "gen4.5", seconds=8, width=720, height=1280, seed=2**32 + 7),
            "/v1/text_to_video",
            {"promptText": "a red fox", "ratio": "720:1280", "duration": 8, "seed": 7},
        ),
        (
            a_call("video", "gen4.5", "", image_url="asset:a.png", aspect_ratio="4:3"),
            "/v1/image_to_video",
            {"promptImage": DATA_URL, "ratio": "1104:832", "duration": 5},
        ),
        (
            a_call("video", "veo3.1_fast", seconds=6, negative_prompt="blur", width=1920, height=1080),
            "/v1/text_to_video",
            {"promptText": "a red fox", "ratio": "1920:1080", "duration": 6, "negativePrompt": "blur"},
        ),
        (
            a_call("video", "seedance2", seconds=6, resolution="1080p", sound=True, aspect_ratio="21:9"),
            "/v1/text_to_video",
            {"promptText": "a red fox", "ratio": "2206:946", "duration": 6, "audio": True},
        ),
        (
            a_call("video", "happyhorse_1_0", resolution="1080p", image_url=FOX),
            "/v1/image_to_video",
            {"promptText": "a red fox", "promptImage": FOX, "resolution": "1080p"},
        ),
        (
            a_call("video", "kling_4", resolution="1080p", image_url=FOX),
            "/v1/image_to_video",
            {"promptText": "a red fox", "promptImage": FOX, "ratio": "auto_1080p"},
        ),
        (
            a_call("video", "hailuo3", resolution="2K", aspect_ratio="9:16"),
            "/v1/text_to_video",
            {"promptText": "a red fox", "ratio": "9:16", "resolution": "2k"},
        ),
        (
            a_call("image", "nano_banana_2.1", resolution="4K", aspect_ratio="16:9"),
            "/v1/text_to_image",
            {"promptText": "a red fox", "ratio": "5504:3072"},
        ),
        (
            a_call("image", "gen4_image", image_urls=[FOX, "asset:a.png"], style="ink", aspect_ratio="9:16", count=1),
            "/v1/text_to_image",
            {"promptText": "a red fox, ink", "ratio": "720:1280", "referenceImages": [{"uri": FOX}, {"uri": DATA_URL}]},
        ),
        (
            a_call("image", "gpt_image_2", count=2, quality="standard"),
            "/v1/text_to_image",
            {"promptText": "a red fox", "ratio": "1920:1920", "outputCount": 2, "quality": "medium"},
        ),
        (
            a_call("voice", "eleven_v3", "Hi.", voice_id="default", language="en", speed=1.1),
            "/v1/text_to_speech",
            {
                "promptText": "Hi.",
                "voice": {"type": "runway-preset", "presetId": "Maya"},
                "languageCode": "en",
                "speed": 1.1,
            },
        ),
        (
            a_call("voice", "seed_audio", "Hi.", voice_id="Rachel", format="wav"),
            "/v1/text_to_speech",
            {"promptText": "Hi.", "outputFormat": "wav"},
        ),
        (
            a_call("music", "eleven_text_to_sound_v2", seconds=4.5),
            "/v1/sound_effect",
            {"promptText": "a red fox", "duration": 4.5},
        ),
        (
            a_call("music", "mirelo_sfx_2_0", format="mp3", seed=3),
            "/v1/sound_effect",
            {"promptText": "a red fox", "duration": 10, "seed": 3},
        ),
        (
            a_call("upscale", "magnific_precision_upscaler_v2", "sharper", image_url=FOX, scale=4),
            "/v1/image_upscale",
            {"imageUri": FOX, "scaleFactor": 4},
        ),
    ],
    ids=lambda value: f"{value.kind}-{value.model}" if isinstance(value, Call) else "",
)
async def test_task_has_the_path_and_names_of_its_kind(
    double: Double, adapter: Adapter, call: Call, path: str, sent: dict[str, object]
) -> None:
    """Each kind has its path, Runway's names for its fields, and its required fields."""
    if call.prompt:
        await submit(adapter, call)
    else:
        with pytest.raises(Rejected, match=r"^promptText: Required$"):
            await adapter.submit(call)
    [request] = double.requests
    assert ("POST", path) == (request.method, request.path)
    assert {"model": call.model, **sent} == request.json
    assert ("Bearer key_1", "2024-11-06") == (request.headers["authorization"], request.headers["x-runway-version"])


KINDS = {
    "text_to_video": ("video", {}),
    "image_to_video": ("video", {"image_url": FOX}),
    "text_to_image": ("image", {}),
    "text_to_speech": ("voice", {}),
    "sound_effect": ("music", {}),
    "image_upscale": ("upscale", {"image_url": FOX}),
}


@pytest.mark.parametrize("path", CREATES)
async def test_every_model_of_the_client_accepts_its_request(double: Double, adapter: Adapter, path: str) -> None:
    """Every model that Runway's client knows accepts several combinations of our fields."""
    kind, needed = KINDS[path]
    more: list[dict[str, object]] = [
        {},
        {"aspect_ratio": "9:16", "seed": -1, "quality": "hd", "negative_prompt": "blur", "fps": 24, "style": "ink"},
        {"aspect_ratio": "auto", "count": 1, "speed": 1.1, "language": "en", "format": "wav", "scale": 2},
        {"width": 1000, "height": 990, "guidance": 3, "mode": "pixel"},
        {"sound": True},
    ]
    for model in models(CREATES[path][0]):
        reference = {"image_urls": [FOX]} if model == "gen4_image_turbo" else {}
        for extra in more:
            await submit(adapter, a_call(kind, model, **needed, **reference, **extra))
    assert len(double.requests) == double.accepted


async def test_ratio_is_nearest_in_shape_and_then_in_area(double: Double, adapter: Adapter) -> None:
    """An unsupported size becomes the nearest shape, and of that shape the nearest area."""
    ratios = {(1900, 1070): "1920:1080", (640, 360): "1280:720", (2048, 2048): "1080:1080", (500, 510): "720:720"}
    for width, height in ratios:
        await submit(adapter, a_call("image", "gen4_image", width=width, height=height))
    assert [*ratios.values()] == [request.json["ratio"] for request in double.requests]


async def test_unknown_model_receives_the_requested_ratio(double: Double, adapter: Adapter) -> None:
    """A model that the adapter does not know receives the ratio of the call unchanged."""
    with pytest.raises(Rejected):
        await adapter.submit(a_call("video", "gen9", aspect_ratio="21:9", seconds=4, negative_prompt="blur"))
    expected = {"model": "gen9", "promptText": "a red fox", "ratio": "21:9", "duration": 4, "negativePrompt": "blur"}
    assert expected == double.requests[0].json


async def test_large_image_is_uploaded_without_the_key(double: Double, large_adapter: Adapter) -> None:
    """An image above the limit for data: URLs is stored at Runway's upload URL, which does not receive the key."""
    await submit(large_adapter, a_call("upscale", "magnific_precision_upscaler_v2", "", image_url="asset:a.png"))
    upload, bucket, create = double.requests
    assert {"filename": "image.png", "type": "ephemeral"} == upload.json
    assert "authorization" not in bucket.headers
    assert {create.json["imageUri"]: LARGE} == double.uploads


@pytest.mark.parametrize("answer", [Response(500, ""), Response(200, {}), Response(401, {"error": "Unauthorized"})])
async def test_failed_upload_is_retried(double: Double, large_adapter: Adapter, answer: Response) -> None:
    """A failed upload has started no task, so the same submit is safe later."""
    double.overrides["other"].append(answer)
    with pytest.raises(Retry):
        await large_adapter.submit(a_call("video", "gen4.5", image_url="asset:a.png"))
    assert 0 == double.counts["submit"]


async def test_cost_of_a_task_is_reported(double: Double, adapter: Adapter) -> None:
    """A finished task states its price in credits of one cent each."""
    call = a_call("video", "gen4.5")
    done = await adapter.poll(call, await submit(adapter, call))
    assert Done((Link(double.link("out.mp4")),), cost_micros=CREDITS * CREDIT_MICROS) == done


async def test_cost_of_a_failed_task_is_reported(double: Double, adapter: Adapter) -> None:
    """A failed task states its cost too."""
    call, double.failed = a_call("video", "gen4.5"), double.failed | {"cost": {"credits": 3}}
    ref = await submit(adapter, call)
    double.states.append("FAILED")
    with pytest.raises(Rejected) as caught:
        await adapter.poll(call, ref)
    assert ("provider_failed", 3 * CREDIT_MICROS) == (caught.value.code, caught.value.cost_micros)


async def test_several_outputs_stay_in_order(double: Double, adapter: Adapter) -> None:
    """A task may have more than one output file."""
    double.output = ["https://x/1.png", "https://x/2.png"]
    call = a_call("image", "gpt_image_2", count=2)
    done = await adapter.poll(call, await submit(adapter, call))
    assert isinstance(done, Done)
    assert (Link("https://x/1.png"), Link("https://x/2.png")) == done.outputs


async def test_progress_is_reported_when_running(double: Double, adapter: Adapter) -> None:
    """A running task reports its progress, and a waiting one does not."""
    call = a_call("video", "gen4.5")
    ref = await submit(adapter, call)
    double.states.extend(["THROTTLED", "RUNNING"])
    reports = [await adapter.poll(call, ref) for _ in range(2)]
    assert [Pending(ref, 6.0), Pending(ref, 6.0, 0.5)] == reports


async def test_running_task_is_not_canceled(double: Double, adapter: Adapter) -> None:
    """A running task is paid in full even if it is canceled, so it is left to finish."""
    call = a_call("video", "gen4.5")
    ref = await submit(adapter, call)
    double.states.append("RUNNING")
    await adapter.cancel(call, ref)
    assert 0 == double.counts["cancel"]
    assert isinstance(await adapter.poll(call, ref), Done)


async def test_canceled_task_ends_when_it_is_gone(double: Double, adapter: Adapter) -> None:
    """A missing task counts as canceled if we canceled it, and otherwise fails the poll."""
    call = a_call("video", "gen4.5")
    ref, other = await submit(adapter, call), await submit(adapter, call)
    double.states.extend(["PENDING"] * 2)
    double.forgets = True
    await adapter.cancel(call, ref)
    with pytest.raises(Rejected) as caught:
        await adapter.poll(call, ref)
    assert "canceled" == caught.value.code
    del double.tasks[other]
    with pytest.raises(Exception, match="404") as lost:
        await adapter.poll(call, other)
    assert not isinstance(lost.value, Rejected)


async def test_rejection_lists_every_invalid_field(double: Double, adapter: Adapter) -> None:
    """Each error of the input is reported with the path of its field."""
    double.overrides["submit"].append(invalid([(("ratio",), "Invalid option"), (("voice", "presetId"), "Required")]))
    with pytest.raises(Rejected, match=r"^ratio: Invalid option; voice\.presetId: Required$"):
        await adapter.submit(a_call("video", "gen4.5"))


@pytest.mark.parametrize("kind", ["text", "enhance", "interrogate"])
async def test_unserved_kind_is_down_without_a_request(double: Double, adapter: Adapter, kind: str) -> None:
    """A kind that Runway does not serve raises Down and sends nothing."""
    with pytest.raises(Down, match=f"runway does not serve {kind}"):
        await adapter.submit(a_call(kind, "x"))
    assert [] == double.requests
