"""What exactly kie is sent for each kind, and how its records and callbacks are read."""

import json
from collections.abc import AsyncIterator
from time import time

import pytest
from msgspec import structs

from tests.harness.doubles.double import Response
from tests.harness.doubles.kie import INPUTS, Double, envelope, task_done, webhook
from tests.harness.doubles.provider import a_png
from tests.suites.conformance.case import a_call, fetch_image
from workers.adapters.contract import Call, Callback, Done, Down, Link, Pending, Rejected, Retry, Setup
from workers.adapters.responses import PollFailed
from workers.providers.kie import Adapter, tasks
from workers.providers.kie.inputs import MODELS

FOX = "https://example.com/fox.png"
BACK = "https://us.example/callbacks/kie/t"
NOWHERE = tasks.NO_CALLBACK_URL
FOXES = "a red fox in the snow, at dawn " * 20
SHORT = "Write exactly the requested text, and nothing else. About 80 words at most."
USER = [{"role": "user", "content": "a red fox"}]


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """A double of its own."""
    async with Double() as one:
        yield one


@pytest.fixture
async def adapter(double: Double) -> AsyncIterator[Adapter]:
    """The adapter, talking to it."""
    setup = Setup(name="kie", base_url=double.base_url, key="a-key", callback_secret="test-key", fetch=fetch_image)
    adapter = Adapter(setup)
    yield adapter
    await adapter.close()


async def brought(adapter: Adapter, call: Call) -> Done:
    """The result of a call."""
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
            a_call("image", "google/imagen4-fast", seed=7, count=2, negative_prompt="blur"),
            "/api/v1/jobs/createTask",
            {
                "model": "google/imagen4-fast",
                "input": {"prompt": "a red fox", "seed": 7, "num_images": "2", "negative_prompt": "blur"},
            },
        ),
        (
            a_call("image", "google/imagen4", seed=7),
            "/api/v1/jobs/createTask",
            {"model": "google/imagen4", "input": {"prompt": "a red fox", "seed": "7"}},
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
                },
            },
        ),
        (
            a_call("video", "sora-2-text-to-video", width=720, height=1280, seconds=10),
            "/api/v1/jobs/createTask",
            {
                "model": "sora-2-text-to-video",
                "input": {"prompt": "a red fox", "aspect_ratio": "portrait", "n_frames": "10", "upload_method": "s3"},
            },
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
                "callBackUrl": NOWHERE,
            },
        ),
        (
            a_call("music", "V5", FOXES),
            "/api/v1/generate",
            {
                "model": "V5",
                "instrumental": True,
                "customMode": True,
                "prompt": "",
                "style": FOXES,
                "title": FOXES[:80],
                "callBackUrl": NOWHERE,
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
async def test_a_call_becomes_the_request_that_is_documented(
    double: Double, adapter: Adapter, call: Call, path: str, sent: dict[str, object]
) -> None:
    """Each model's API gets the names and types that it has for our fields, and nothing that it does not know."""
    assert isinstance(await adapter.submit(call), Pending | Done)
    [request] = double.requests
    assert ("POST", path, sent) == (request.method, request.path, request.json)
    assert ("Bearer a-key", "application/json") == (request.headers["authorization"], request.headers["content-type"])


@pytest.mark.parametrize("model", INPUTS)
async def test_every_model_that_we_know_gets_what_it_requires(double: Double, adapter: Adapter, model: str) -> None:
    """The documented input of each model is met, by a call with nothing but a prompt and a picture if it needs one."""
    wanted = " ".join(INPUTS[model])
    shown = {"image_urls": [FOX]} if any(name in wanted for name in ("image_url", "input_urls*", "image*")) else {}
    kind = "voice" if "text*" in wanted else "upscale" if "upscale" in model else "image"
    assert isinstance(await adapter.submit(a_call(kind, model, **({} if "text-to" in model else shown))), Pending)


def test_every_row_is_about_a_model_that_is_documented() -> None:
    """No beginning of a name stands for nothing."""
    assert [] == [start for start in MODELS if not any(model.startswith(start) for model in INPUTS)]


@pytest.mark.parametrize("model", ["nano-banana-2", "veo3", "flux-kontext-pro", "gpt4o-image", "V5"])
async def test_a_task_is_told_where_to_call(double: Double, adapter: Adapter, model: str) -> None:
    """The address to call goes along with the task, in each of the APIs, where we have one."""
    await adapter.submit(structs.replace(a_call("image", model), callback_url=BACK))
    assert BACK == double.requests[0].json["callBackUrl"]


@pytest.mark.parametrize("url", ["asset:2026/a.png", "data:image/png;base64,iVBORw0KGgo="])
async def test_a_picture_without_an_address_is_given_one(double: Double, adapter: Adapter, url: str) -> None:
    """A picture of ours or in the request is uploaded to kie first, and the task is told where it is."""
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
async def test_a_picture_that_was_not_taken_begins_nothing(
    double: Double, adapter: Adapter, answer: Response, error: type[Exception]
) -> None:
    """An upload bills nothing, so whatever goes wrong with it leaves nothing uncertain."""
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
async def test_a_picture_is_never_left_out_without_a_word(double: Double, adapter: Adapter, call: Call) -> None:
    """A model that takes no pictures is not paid for a result that ignores one."""
    with pytest.raises(Rejected):
        await adapter.submit(call)
    assert [] == double.requests


async def test_results_are_all_links_of_the_record(double: Double, adapter: Adapter) -> None:
    """One, several or no links: each is an output, in their order."""
    double.links = [f"https://x.example/{number}.png" for number in range(6)]
    done = await brought(adapter, a_call("image", "grok-imagine/text-to-image"))
    assert tuple(Link(url) for url in double.links) == done.outputs


async def test_a_completion_in_the_envelope_is_read_like_any(double: Double, adapter: Adapter) -> None:
    """Words that come within kie's envelope are found in it, and so are their tokens and their price."""
    double.enveloped = True
    facts: dict[str, object] = {"prompt_tokens": 9, "completion_tokens": 7}
    done = Done(text=double.content, facts=facts, cost_micros=650)
    assert done == await adapter.submit(a_call("text", "gemini-2.5-flash"))


async def test_flux_gives_the_lasting_link(double: Double, adapter: Adapter) -> None:
    """Of the two links of a Flux picture the one that lasts is used."""
    done = await brought(adapter, a_call("image", "flux-kontext-pro"))
    assert (Link(double.link()),) == done.outputs


async def test_music_has_its_tracks_and_its_length(double: Double, adapter: Adapter) -> None:
    """Both tracks are delivered with the length of the first, also where kie failed to call us."""
    double.states.append("CALLBACK_EXCEPTION")
    done = await brought(adapter, a_call("music", "V5"))
    assert Done((Link(double.link("song.mp3")),) * 2, facts={"duration_ms": 198_440}) == done


@pytest.mark.parametrize("credit", [None, 4_000], ids=["usual", "configured"])
async def test_what_was_spent_is_told_in_micros(double: Double, credit: int | None) -> None:
    """Credits in a record or a chat answer become micro-USD, at half a cent each or at what the catalogue says."""
    adapter = Adapter(Setup(name="kie", base_url=double.base_url, key="a-key", credit_micros=credit))
    double.credits = 4.5
    drawn = await brought(adapter, a_call("image", "google/nano-banana"))
    said = await adapter.submit(a_call("text", "claude-haiku-4-5"))
    await adapter.close()
    assert isinstance(said, Done)
    assert ((22_500, 100) if credit is None else (18_000, 80)) == (drawn.cost_micros, said.cost_micros)


@pytest.mark.parametrize("spent", ["NaN", "true", '"4"', "1e999"])
async def test_credits_that_are_no_number_are_no_cost(double: Double, adapter: Adapter, spent: str) -> None:
    """A result is worth more than the note of its price: one that cannot be read is left out."""
    pending = await adapter.submit(a_call("image", "nano-banana-2"))
    assert isinstance(pending, Pending)
    shown = json.dumps({"resultUrls": [FOX]})
    told = (
        f'"taskId": "{pending.ref}", "state": "success", "resultJson": {json.dumps(shown)}, "creditsConsumed": {spent}'
    )
    double.overrides["poll"].append(Response(200, f'{{"code": 200, "data": {{{told}}}}}'))
    assert Done((Link(FOX),)) == await adapter.poll(a_call("image", "nano-banana-2"), pending.ref)


@pytest.mark.parametrize(("age_s", "after_s"), [(0, 3), (29, 3), (40, 7), (119, 7), (200, 20), (-3600, 3)])
async def test_old_tasks_are_looked_at_less_often(double: Double, adapter: Adapter, age_s: int, after_s: int) -> None:
    """The pace follows kie's advice for a task of that age, and a clock that is wrong does no harm."""
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
async def test_an_answer_without_the_record_is_no_end(double: Double, adapter: Adapter, answer: Response) -> None:
    """Success without a record, somebody else's record, an error with status 200: look again."""
    double.overrides["poll"].append(answer)
    with pytest.raises(PollFailed):
        await adapter.poll(a_call("image", "nano-banana-2"), "t1")


def test_the_documented_signature_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The signature of the test vector verifies at its time, whatever else the body says."""
    ref, at_s = "ee9c2715375b7837f8bb51d641ff5863", 1_769_670_760
    adapter = Adapter(Setup(name="kie", key="k", callback_secret="test-key"))
    headers = {
        "x-webhook-timestamp": str(at_s),
        "x-webhook-signature": "kaRdMyPIATX8gQVYxP8Mn46UnMuqft8BZvnk1FLpda4=",
    }
    monkeypatch.setattr("workers.adapters.signatures.time.time", lambda: at_s + 5)
    assert ref == adapter.callback(Callback(headers, json.dumps(task_done(ref)).encode()))


def test_a_callback_names_only_what_is_signed() -> None:
    """With names that contradict each other, the one that was signed counts; the body itself proves nothing."""
    adapter = Adapter(Setup(name="kie", key="k", callback_secret="test-key"))
    body = {"taskId": "t0", "data": {"task_id": "t2", "taskId": "t1", "resultUrls": ["https://evil.example/"]}}
    signed = webhook("t1", "test-key", int(time()), body)
    assert "t1" == adapter.callback(signed)
    assert adapter.callback(webhook("t3", "test-key", int(time()), body)) is None
    odd = {**signed.headers, "x-webhook-signature": "\udcff"}
    assert adapter.callback(Callback(odd, b'{"taskId": "\\ud800"}')) is None
