"""What exactly Runway is sent for each kind, and how what it brings is read."""

from collections.abc import AsyncIterator

import pytest

from tests.harness.doubles.double import Response
from tests.harness.doubles.provider import a_png
from tests.harness.doubles.runway import CREATES, CREDITS, Double, invalid
from tests.harness.doubles.typed import models
from tests.suites.conformance.case import a_call, fetch_image
from workers.adapters.contract import Blob, Call, Done, Down, Link, Pending, Rejected, Retry, Setup
from workers.adapters.inputs import data_url
from workers.providers.runway import CREDIT_MICROS, INLINE_BYTES_MAX, Adapter

FOX = "https://example.com/fox.png"
OURS = data_url(Blob(a_png(), "image/png"))
LARGE = a_png() + bytes(INLINE_BYTES_MAX)


async def a_large_picture(url: str) -> Blob:
    """One that is too large to be sent along."""
    return Blob(LARGE, "image/png")


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """A double of its own."""
    async with Double() as one:
        yield one


@pytest.fixture
async def adapter(double: Double) -> AsyncIterator[Adapter]:
    """The adapter, talking to it."""
    one = Adapter(Setup(name="runway", base_url=double.base_url, key="key_1", fetch=fetch_image))
    yield one
    await one.close()


@pytest.fixture
async def bringing(double: Double) -> AsyncIterator[Adapter]:
    """The adapter where input pictures are large."""
    one = Adapter(Setup(name="runway", base_url=double.base_url, key="key_1", fetch=a_large_picture))
    yield one
    await one.close()


async def begun(adapter: Adapter, call: Call) -> str:
    """The reference of a task."""
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
            {"promptImage": OURS, "ratio": "1104:832", "duration": 5},
        ),
        (
            a_call("video", "veo3.1_fast", seconds=6, negative_prompt="blur", width=1920, height=1080),
            "/v1/text_to_video",
            {"promptText": "a red fox", "ratio": "1920:1080", "duration": 6, "negativePrompt": "blur"},
        ),
        (
            a_call("image", "gen4_image", image_urls=[FOX, "asset:a.png"], style="ink", aspect_ratio="9:16", count=1),
            "/v1/text_to_image",
            {"promptText": "a red fox, ink", "ratio": "720:1280", "referenceImages": [{"uri": FOX}, {"uri": OURS}]},
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
async def test_a_task_has_its_path_and_names(
    double: Double, adapter: Adapter, call: Call, path: str, sent: dict[str, object]
) -> None:
    """Each kind has its path, its fields the names that Runway has for them, and what must be said is said."""
    if call.prompt:
        await begun(adapter, call)
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
async def test_every_model_of_the_client_is_asked_as_it_wants(double: Double, adapter: Adapter, path: str) -> None:
    """Whatever is asked for, every model that Runway's client knows takes what it is sent."""
    kind, needed = KINDS[path]
    more: list[dict[str, object]] = [
        {},
        {"aspect_ratio": "9:16", "seed": -1, "quality": "hd", "negative_prompt": "blur", "fps": 24, "style": "ink"},
        {"aspect_ratio": "auto", "count": 1, "speed": 1.1, "language": "en", "format": "wav", "scale": 2},
        {"width": 1000, "height": 990, "guidance": 3, "mode": "pixel"},
    ]
    for model in models(CREATES[path][0]):
        reference = {"image_urls": [FOX]} if model == "gen4_image_turbo" else {}
        for extra in more:
            await begun(adapter, a_call(kind, model, **needed, **reference, **extra))
    assert len(double.requests) == double.accepted


async def test_a_size_is_met_in_shape_first_and_then_in_area(double: Double, adapter: Adapter) -> None:
    """What is not made in the size asked for is made in the nearest shape, and of that in the nearest area."""
    wanted = {(1900, 1070): "1920:1080", (640, 360): "1280:720", (2048, 2048): "1080:1080", (500, 510): "720:720"}
    for width, height in wanted:
        await begun(adapter, a_call("image", "gen4_image", width=width, height=height))
    assert [*wanted.values()] == [request.json["ratio"] for request in double.requests]


async def test_a_strange_model_is_told_what_was_asked_for(double: Double, adapter: Adapter) -> None:
    """A model of tomorrow gets the ratio as it was asked for."""
    with pytest.raises(Rejected):
        await adapter.submit(a_call("video", "gen9", aspect_ratio="21:9", seconds=4, negative_prompt="blur"))
    told = {"model": "gen9", "promptText": "a red fox", "ratio": "21:9", "duration": 4, "negativePrompt": "blur"}
    assert told == double.requests[0].json


async def test_a_large_picture_is_uploaded_without_the_key(double: Double, bringing: Adapter) -> None:
    """A picture too large to be sent along is stored where Runway says, and the key does not go there."""
    await begun(bringing, a_call("upscale", "magnific_precision_upscaler_v2", "", image_url="asset:a.png"))
    upload, bucket, create = double.requests
    assert {"filename": "image.png", "type": "ephemeral"} == upload.json
    assert "authorization" not in bucket.headers
    assert {create.json["imageUri"]: LARGE} == double.uploads


@pytest.mark.parametrize("answer", [Response(500, ""), Response(200, {}), Response(401, {"error": "Unauthorized"})])
async def test_a_picture_that_is_not_taken_is_tried_again(double: Double, bringing: Adapter, answer: Response) -> None:
    """A failed upload has begun no task, so the same submit is safe later."""
    double.overrides["other"].append(answer)
    with pytest.raises(Retry):
        await bringing.submit(a_call("video", "gen4.5", image_url="asset:a.png"))
    assert 0 == double.counts["submit"]


async def test_what_a_task_cost_is_reported(double: Double, adapter: Adapter) -> None:
    """A finished task says its price in credits, each of them a cent."""
    call = a_call("video", "gen4.5")
    done = await adapter.poll(call, await begun(adapter, call))
    assert Done((Link(double.link("out.mp4")),), cost_micros=CREDITS * CREDIT_MICROS) == done


async def test_what_a_failed_task_cost_is_reported(double: Double, adapter: Adapter) -> None:
    """A task that failed says what it cost all the same."""
    call, double.failed = a_call("video", "gen4.5"), double.failed | {"cost": {"credits": 3}}
    ref = await begun(adapter, call)
    double.states.append("FAILED")
    with pytest.raises(Rejected) as caught:
        await adapter.poll(call, ref)
    assert ("provider_failed", 3 * CREDIT_MICROS) == (caught.value.code, caught.value.cost_micros)


async def test_several_outputs_are_kept_in_order(double: Double, adapter: Adapter) -> None:
    """A task may bring more than one file."""
    double.output = ["https://x/1.png", "https://x/2.png"]
    call = a_call("image", "gpt_image_2", count=2)
    done = await adapter.poll(call, await begun(adapter, call))
    assert isinstance(done, Done)
    assert (Link("https://x/1.png"), Link("https://x/2.png")) == done.outputs


async def test_progress_is_passed_on(double: Double, adapter: Adapter) -> None:
    """A running task says how far it is, a waiting one does not."""
    call = a_call("video", "gen4.5")
    ref = await begun(adapter, call)
    double.states.extend(["THROTTLED", "RUNNING"])
    seen = [await adapter.poll(call, ref) for _ in range(2)]
    assert [Pending(ref, 6.0), Pending(ref, 6.0, 0.5)] == seen


async def test_a_running_task_is_not_stopped(double: Double, adapter: Adapter) -> None:
    """What runs is paid for in full even if it is stopped, so it is left to finish."""
    call = a_call("video", "gen4.5")
    ref = await begun(adapter, call)
    double.states.append("RUNNING")
    await adapter.cancel(call, ref)
    assert 0 == double.counts["cancel"]
    assert isinstance(await adapter.poll(call, ref), Done)


async def test_a_stopped_task_that_is_gone_was_stopped(double: Double, adapter: Adapter) -> None:
    """A task that we stopped and that cannot be found any more ends at once; one that we did not stop does not."""
    call = a_call("video", "gen4.5")
    ref, other = await begun(adapter, call), await begun(adapter, call)
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


async def test_a_refusal_names_every_fault_of_the_input(double: Double, adapter: Adapter) -> None:
    """What is wrong with the input is told with its place."""
    double.overrides["submit"].append(invalid([(("ratio",), "Invalid option"), (("voice", "presetId"), "Required")]))
    with pytest.raises(Rejected, match=r"^ratio: Invalid option; voice\.presetId: Required$"):
        await adapter.submit(a_call("video", "gen4.5"))


@pytest.mark.parametrize("kind", ["text", "enhance", "interrogate"])
async def test_what_it_does_not_serve_goes_elsewhere(double: Double, adapter: Adapter, kind: str) -> None:
    """A kind that Runway does not have is not asked for."""
    with pytest.raises(Down, match=f"runway does not serve {kind}"):
        await adapter.submit(a_call(kind, "x"))
    assert [] == double.requests
