"""The requests that kie receives for each kind, and the parsing of its records and callbacks."""

import json
import re
from collections.abc import AsyncIterator
from time import time

import pytest
from msgspec import structs

from tests.harness.doubles.double import Response
from tests.harness.doubles.kie import INPUTS, Double, envelope, refuse_invalid, task_done, webhook
from tests.harness.doubles.provider import a_png
from tests.suites.conformance.case import a_call, fetch_image
from workers.adapters.contract import Call, Callback, Done, Down, Link, Pending, Rejected, Retry, Setup
from workers.adapters.responses import PollFailed
from workers.providers.kie import Adapter
from workers.providers.kie.inputs import MODELS, build_task
from workers.providers.kie.tasks import NO_CALLBACK_URL

FOX = "https://example.com/fox.png"
CALLBACK_URL = "https://us.example/callbacks/kie/t"
LONG_PROMPT = "a red fox in the snow, at dawn " * 20
SHORT = "Write exactly the requested text, and nothing else. About 80 words at most."
# Models that need a video or a recording are ordered by native fields only: e2e/test_native_orders.py.
PORTABLE = [name for name, words in INPUTS.items() if not re.search(r"(audio|video)_urls?\*", " ".join(words))]
IMAGE_FIELDS = ("image_url", "input_urls*", "image*", "first_frame_url*")
USER = [{"role": "user", "content": "a red fox"}]


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """Yield a running double."""
    async with Double() as one:
        yield one


@pytest.fixture
async def adapter(double: Double) -> AsyncIterator[Adapter]:
    """Yield an adapter that calls the double."""
    setup = Setup(name="kie", base_url=double.base_url, key="a-key", callback_secret="test-key", fetch=fetch_image)
    adapter = Adapter(setup)
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
    ("call", "path", "sent"),
    [
        (
            a_call("image", "google/nano-banana", width=1024, height=768, seed=7, style="ink", quality="hd"),
            "/api/v1/jobs/createTask",
            {"model": "google/nano-banana", "input": {"prompt": "a red fox, ink", "image_size": "4:3"}},
        ),
        (
            a_call("image", "nano-banana-pro:2K", aspect_ratio="16:9", image_urls=[FOX]),
            "/api/v1/jobs/createTask",
            {
                "model": "nano-banana-pro",
                "input": {"prompt": "a red fox", "aspect_ratio": "16:9", "resolution": "2K", "image_input": [FOX]},
            },
        ),
        (
            a_call("image", "nano-banana-2-lite", aspect_ratio="16:9", image_urls=[FOX]),
            "/api/v1/jobs/createTask",
            {
                "model": "nano-banana-2-lite",
                "input": {"prompt": "a red fox", "aspect_ratio": "16:9", "image_urls": [FOX]},
            },
        ),
        (
            a_call("image", "wan/2-7-image", seed=7, count=2),
            "/api/v1/jobs/createTask",
            {"model": "wan/2-7-image", "input": {"prompt": "a red fox", "seed": 7, "n": 2, "resolution": "1K"}},
        ),
        (
            a_call("image", "seedream/4.5-edit:high", image_urls=[FOX]),
            "/api/v1/jobs/createTask",
            {
                "model": "seedream/4.5-edit",
                "input": {"prompt": "a red fox", "aspect_ratio": "1:1", "quality": "high", "image_urls": [FOX]},
            },
        ),
        (
            a_call("image", "flux-kontext-max", width=1024, height=768, image_urls=[FOX]),
            "/api/v1/flux/kontext/generate",
            {"model": "flux-kontext-max", "prompt": "a red fox", "aspectRatio": "4:3", "inputImage": FOX},
        ),
        (
            a_call("image", "gpt4o-image", image_urls=[FOX]),
            "/api/v1/gpt4o-image/generate",
            {"prompt": "a red fox", "size": "1:1", "filesUrl": [FOX]},
        ),
        (
            a_call("video", "kling-3.0/video:std", image_url=FOX, seconds=5, aspect_ratio="9:16", fps=24),
            "/api/v1/jobs/createTask",
            {
                "model": "kling-3.0/video",
                "input": {
                    "prompt": "a red fox",
                    "image_urls": [FOX],
                    "duration": "5",
                    "aspect_ratio": "9:16",
                    "mode": "std",
                    "sound": False,
                    "multi_shots": False,
                },
            },
        ),
        (
            a_call("video", "bytedance/seedance-2:480p", image_url=FOX, seconds=4, width=1280, height=720),
            "/api/v1/jobs/createTask",
            {
                "model": "bytedance/seedance-2",
                "input": {
                    "prompt": "a red fox",
                    "first_frame_url": FOX,
                    "duration": 4,
                    "aspect_ratio": "16:9",
                    "resolution": "480p",
                    "web_search": False,
                },
            },
        ),
        (
            a_call("image", "seedream/4.5-text-to-image", image_urls=[FOX], resolution="4K", aspect_ratio="3:2"),
            "/api/v1/jobs/createTask",
            {
                "model": "seedream/4.5-edit",
                "input": {"prompt": "a red fox", "aspect_ratio": "3:2", "quality": "high", "image_urls": [FOX]},
            },
        ),
        (
            a_call("image", "gpt-image/1.5-text-to-image", quality="hd"),
            "/api/v1/jobs/createTask",
            {
                "model": "gpt-image/1.5-text-to-image",
                "input": {"prompt": "a red fox", "aspect_ratio": "1:1", "quality": "high"},
            },
        ),
        (
            a_call("video", "kling-3.0/video", seconds=7, resolution="4K", sound=True, aspect_ratio="1:1"),
            "/api/v1/jobs/createTask",
            {
                "model": "kling-3.0/video",
                "input": {
                    "prompt": "a red fox",
                    "duration": "7",
                    "aspect_ratio": "1:1",
                    "mode": "4K",
                    "sound": True,
                    "multi_shots": False,
                },
            },
        ),
        (
            a_call("video", "kling-3.0-omni/text-to-video", seconds=7, resolution="4K", sound=True, image_url=FOX),
            "/api/v1/jobs/createTask",
            {
                "model": "kling-3.0-omni/image-to-video",
                "input": {
                    "prompt": "a red fox",
                    "image_urls": [FOX],
                    "duration": 7,
                    "aspect_ratio": "auto",
                    "resolution": "4k",
                    "audio": True,
                    "customize_multi_shots": False,
                    "elements": [],
                },
            },
        ),
        (
            a_call("video", "wan/3-0-video", seconds=30, resolution="1080p", sound=False, seed=7),
            "/api/v1/jobs/createTask",
            {
                "model": "wan/3-0-video",
                "input": {"prompt": "a red fox", "duration": 30, "resolution": "1080P", "audio": False, "seed": 7},
            },
        ),
        (
            a_call("video", "minimax-h3/text-to-video", seconds=6, resolution="2K", image_url=FOX),
            "/api/v1/jobs/createTask",
            {
                "model": "minimax-h3/image-to-video",
                "input": {"prompt": "a red fox", "first_frame_url": FOX, "duration": 6, "resolution": "2K"},
            },
        ),
        (
            a_call("upscale", "recraft/remove-background", "", image_url=FOX),
            "/api/v1/jobs/createTask",
            {"model": "recraft/remove-background", "input": {"image": FOX}},
        ),
        (
            a_call("video", "veo3_lite", resolution="4K"),
            "/api/v1/veo/generate",
            {"model": "veo3_lite", "prompt": "a red fox", "resolution": "4k"},
        ),
        (
            a_call("video", "veo3_fast:1080p", image_url=FOX, width=1280, height=720),
            "/api/v1/veo/generate",
            {
                "model": "veo3_fast",
                "prompt": "a red fox",
                "imageUrls": [FOX],
                "aspect_ratio": "16:9",
                "resolution": "1080p",
            },
        ),
        (
            a_call("voice", "elevenlabs/text-to-speech-multilingual-v2", "Hi.", voice_id="default", speed=1.1),
            "/api/v1/jobs/createTask",
            {
                "model": "elevenlabs/text-to-speech-multilingual-v2",
                "input": {"text": "Hi.", "voice": "Rachel", "speed": 1.1},
            },
        ),
        (
            a_call("music", "elevenlabs/sound-effect-v2", seconds=8.5),
            "/api/v1/jobs/createTask",
            {"model": "elevenlabs/sound-effect-v2", "input": {"text": "a red fox", "duration_seconds": 8.5}},
        ),
        (
            a_call("music", "V4_5", seconds=30),
            "/api/v1/generate",
            {
                "model": "V4_5",
                "instrumental": True,
                "customMode": False,
                "prompt": "a red fox",
                "callBackUrl": NO_CALLBACK_URL,
            },
        ),
        (
            a_call("music", "V5", LONG_PROMPT),
            "/api/v1/generate",
            {
                "model": "V5",
                "instrumental": True,
                "customMode": True,
                "prompt": "",
                "style": LONG_PROMPT,
                "title": LONG_PROMPT[:80],
                "callBackUrl": NO_CALLBACK_URL,
            },
        ),
        (
            a_call("upscale", "topaz/image-upscale", "", image_url=FOX, scale=4),
            "/api/v1/jobs/createTask",
            {"model": "topaz/image-upscale", "input": {"image_url": FOX, "upscale_factor": "4"}},
        ),
        (
            a_call("upscale", "recraft/crisp-upscale", "", image_url=FOX, scale=4),
            "/api/v1/jobs/createTask",
            {"model": "recraft/crisp-upscale", "input": {"image": FOX}},
        ),
        (
            a_call("text", "gemini-2.5-flash", seed=7),
            "/gemini-2.5-flash/v1/chat/completions",
            {"model": "gemini-2.5-flash", "messages": USER, "max_tokens": 4096, "stream": False},
        ),
        (
            a_call("text", "claude-haiku-4-5", length="short"),
            "/claude/v1/messages",
            {
                "model": "claude-haiku-4-5",
                "messages": [{"role": "user", "content": f"{SHORT}\n\na red fox"}],
                "max_tokens": 4096,
                "stream": False,
            },
        ),
    ],
    ids=lambda value: f"{value.kind}-{value.model}" if isinstance(value, Call) else "",
)
async def test_call_becomes_the_documented_request(
    double: Double, adapter: Adapter, call: Call, path: str, sent: dict[str, object]
) -> None:
    """Each model's API receives our fields with its names and types, and no unknown fields."""
    assert isinstance(await adapter.submit(call), Pending | Done)
    [request] = double.requests
    assert ("POST", path, sent) == (request.method, request.path, request.json)
    assert ("Bearer a-key", "application/json") == (request.headers["authorization"], request.headers["content-type"])


@pytest.mark.parametrize("model", PORTABLE)
async def test_every_known_model_gets_its_required_fields(double: Double, adapter: Adapter, model: str) -> None:
    """A call with only a prompt, and an image if required, meets the input of each model that needs no other media."""
    required = " ".join(INPUTS[model])
    images = {"image_urls": [FOX]} if any(name in required for name in IMAGE_FIELDS) else {}
    kind = "voice" if "text*" in required else "upscale" if "upscale" in model else "image"
    assert isinstance(await adapter.submit(a_call(kind, model, **({} if "text-to" in model else images))), Pending)


@pytest.mark.parametrize(
    ("model", "field"),
    [
        ("kling-3.0/video", "sound"),
        ("kling-3.0/video", "multi_shots"),
        ("bytedance/seedance-2", "web_search"),
        ("wan/2-7-image", "resolution"),
    ],
)
def test_double_refuses_a_task_without_a_required_field(model: str, field: str) -> None:
    """The double is as strict as kie about the fields that kie refuses to miss."""
    fields = build_task(a_call("video", model), [])["input"]
    assert isinstance(fields, dict)
    assert None is refuse_invalid(INPUTS[model], fields)
    del fields[field]
    assert envelope(422, f"{field} cannot be empty") == refuse_invalid(INPUTS[model], fields)


def test_every_row_matches_a_documented_model() -> None:
    """Every prefix in the table matches a documented model."""
    assert [] == [start for start in MODELS if not any(model.startswith(start) for model in INPUTS)]


@pytest.mark.parametrize("model", ["nano-banana-2", "veo3", "flux-kontext-pro", "gpt4o-image", "V5"])
async def test_task_has_the_callback_url(double: Double, adapter: Adapter, model: str) -> None:
    """Each of the APIs receives the callback URL if the call has one."""
    await adapter.submit(structs.replace(a_call("image", model), callback_url=CALLBACK_URL))
    assert CALLBACK_URL == double.requests[0].json["callBackUrl"]


@pytest.mark.parametrize("url", ["asset:2026/a.png", "data:image/png;base64,iVBORw0KGgo="])
async def test_image_is_uploaded_when_it_has_no_public_url(double: Double, adapter: Adapter, url: str) -> None:
    """An asset or a data: URL is uploaded to kie first, and the task receives its link."""
    await adapter.submit(a_call("image", "nano-banana-2", image_urls=[url, FOX]))
    upload, submit = double.requests
    assert [("file", "image.png", a_png())] == [(p.name, p.filename, p.data) for p in upload.form if p.filename]
    *_, name = double.files
    assert [double.link(name), FOX] == submit.json["input"]["image_input"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (envelope(401, "You do not have access permissions"), Down),
        (envelope(400, "Unsupported file type"), Rejected),
        (envelope(500, "Internal server error"), Retry),
        (envelope(200), Retry),
        (Response(503, ""), Retry),
    ],
)
async def test_failed_upload_submits_no_task(
    double: Double, adapter: Adapter, answer: Response, error: type[Exception]
) -> None:
    """An upload bills nothing, so a failed upload never leaves the submit uncertain."""
    double.overrides["upload"].append(answer)
    with pytest.raises(error):
        await adapter.submit(a_call("image", "nano-banana-2", image_urls=["asset:a.png"]))
    assert 0 == double.counts["submit"]


@pytest.mark.parametrize(
    "call",
    [
        a_call("image", "google/nano-banana", image_urls=[FOX]),
        a_call("interrogate", "claude-haiku-4-5", "", image_url=FOX),
    ],
    ids=["market", "claude"],
)
async def test_image_is_rejected_when_the_model_takes_none(double: Double, adapter: Adapter, call: Call) -> None:
    """An image for a model that accepts none is rejected without a request."""
    with pytest.raises(Rejected):
        await adapter.submit(call)
    assert [] == double.requests


async def test_outputs_are_all_links_of_the_record(double: Double, adapter: Adapter) -> None:
    """Each link of the record is an output, in the order of the record."""
    double.links = [f"https://x.example/{number}.png" for number in range(6)]
    done = await generate(adapter, a_call("image", "grok-imagine/text-to-image"))
    assert tuple(Link(url) for url in double.links) == done.outputs


async def test_completion_is_read_when_enveloped(double: Double, adapter: Adapter) -> None:
    """Text, tokens and price are found inside kie's envelope."""
    double.enveloped = True
    facts: dict[str, object] = {"prompt_tokens": 9, "completion_tokens": 7}
    done = Done(text=double.content, facts=facts, cost_micros=650)
    assert done == await adapter.submit(a_call("text", "gemini-2.5-flash"))


async def test_flux_returns_the_lasting_link(double: Double, adapter: Adapter) -> None:
    """Of the two links of a Flux image, the permanent one is used."""
    done = await generate(adapter, a_call("image", "flux-kontext-pro"))
    assert (Link(double.link()),) == done.outputs


async def test_music_has_both_tracks_and_a_length(double: Double, adapter: Adapter) -> None:
    """Both tracks are delivered with the length of the first, even if kie failed to call back."""
    double.states.append("CALLBACK_EXCEPTION")
    done = await generate(adapter, a_call("music", "V5"))
    assert Done((Link(double.link("song.mp3")),) * 2, facts={"duration_ms": 198_440}) == done


@pytest.mark.parametrize("credit", [None, 4_000], ids=["usual", "configured"])
async def test_spent_credits_are_reported_in_micros(double: Double, credit: int | None) -> None:
    """Credits in a record or a chat answer become micro-USD, at half a cent each or at the price in the catalogue."""
    adapter = Adapter(Setup(name="kie", base_url=double.base_url, key="a-key", credit_micros=credit))
    double.credits = 4.5
    image = await generate(adapter, a_call("image", "google/nano-banana"))
    text = await adapter.submit(a_call("text", "claude-haiku-4-5"))
    await adapter.close()
    assert isinstance(text, Done)
    assert ((22_500, 100) if credit is None else (18_000, 80)) == (image.cost_micros, text.cost_micros)


@pytest.mark.parametrize("spent", ["NaN", "true", '"4"', "1e999"])
async def test_cost_is_left_out_when_credits_are_not_a_number(double: Double, adapter: Adapter, spent: str) -> None:
    """A result with an unreadable price is delivered without a cost."""
    pending = await adapter.submit(a_call("image", "nano-banana-2"))
    assert isinstance(pending, Pending)
    result = json.dumps({"resultUrls": [FOX]})
    record = (
        f'"taskId": "{pending.ref}", "state": "success", "resultJson": {json.dumps(result)}, "creditsConsumed": {spent}'
    )
    double.overrides["poll"].append(Response(200, f'{{"code": 200, "data": {{{record}}}}}'))
    assert Done((Link(FOX),)) == await adapter.poll(a_call("image", "nano-banana-2"), pending.ref)


@pytest.mark.parametrize(("age_s", "after_s"), [(0, 3), (29, 3), (40, 7), (119, 7), (200, 20), (-3600, 3)])
async def test_old_tasks_are_polled_less_often(double: Double, adapter: Adapter, age_s: int, after_s: int) -> None:
    """The poll interval follows kie's advice for a task of that age, and a wrong clock does no harm."""
    double.age_s = age_s
    double.states.append("generating")
    pending = await adapter.submit(a_call("image", "nano-banana-2"))
    assert isinstance(pending, Pending)
    assert Pending(pending.ref, after_s) == await adapter.poll(a_call("image", "nano-banana-2"), pending.ref)


@pytest.mark.parametrize(
    "answer",
    [
        envelope(200),
        envelope(422, "Record does not exist"),
        envelope(429, "Too frequent"),
        envelope(200, data={"taskId": "another", "state": "fail"}),
        envelope(200, data=[]),
        envelope(200, data={"taskId": "t1", "state": "success", "resultJson": ""}),
        envelope(200, data={"taskId": "t1", "state": "success", "resultJson": "{"}),
    ],
)
async def test_poll_fails_when_the_answer_has_no_record(double: Double, adapter: Adapter, answer: Response) -> None:
    """A success without a record, a foreign record or an error with status 200 fails the poll."""
    double.overrides["poll"].append(answer)
    with pytest.raises(PollFailed):
        await adapter.poll(a_call("image", "nano-banana-2"), "t1")


def test_documented_signature_verifies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The signature of the test vector verifies at its time, whatever else the body says."""
    ref, at_s = "ee9c2715375b7837f8bb51d641ff5863", 1_769_670_760
    adapter = Adapter(Setup(name="kie", key="k", callback_secret="test-key"))
    headers = {
        "x-webhook-timestamp": str(at_s),
        "x-webhook-signature": "kaRdMyPIATX8gQVYxP8Mn46UnMuqft8BZvnk1FLpda4=",
    }
    monkeypatch.setattr("workers.adapters.signatures.clock.now_s", lambda: at_s + 5)
    assert ref == adapter.callback(Callback(headers, json.dumps(task_done(ref)).encode()))


def test_callback_returns_only_the_signed_id() -> None:
    """Only the signed id counts if the ids contradict each other, and an unsigned body proves nothing."""
    adapter = Adapter(Setup(name="kie", key="k", callback_secret="test-key"))
    body = {"taskId": "t0", "data": {"task_id": "t2", "taskId": "t1", "resultUrls": ["https://evil.example/"]}}
    signed = webhook("t1", "test-key", int(time()), body)
    assert "t1" == adapter.callback(signed)
    assert adapter.callback(webhook("t3", "test-key", int(time()), body)) is None
    malformed = {**signed.headers, "x-webhook-signature": "\udcff"}
    assert adapter.callback(Callback(malformed, b'{"taskId": "\\ud800"}')) is None
