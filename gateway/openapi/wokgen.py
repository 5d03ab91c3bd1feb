"""The WokGen API's operations: seven calls that wait for their result, and their jobs."""

from typing import Any

from msgspec import structs

from gateway.dialects.wokgen_answers import (
    JOBS,
    EnhanceJob,
    ImageJob,
    InterrogateJob,
    Job,
    Jobs,
    MusicJob,
    TextJob,
    UpscaleJob,
    VoiceJob,
)
from gateway.dialects.wokgen_asks import Ask, Enhance, Generate, Interrogate, Music, Text, Upscale, Voice
from gateway.openapi.operation import Answer, Operation, Parameter
from gateway.openapi.refusals import BODIED, KEYED
from gateway.openapi.wowflow import COMPLETED_AT, CREATED_AT, GENERATION_ID, IDEMPOTENCY_KEY, LIMIT, PICTURE_URL
from shared.domain.ids import job_id

TAG = "WokGen"
JOB_ID = job_id(GENERATION_ID)
RATE_HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
WAIT_S = 90  # a client waits longer than we do
SWORD = "pixel art sword glowing red"
PAID = ("insufficient_balance", "idempotency_key_reuse", "rate_limited", "quota_exceeded", "upstream_error")
REPLAYED = ("Idempotent-Replayed",)
_ALIKE: dict[str, Any] = {"tag": TAG, "access": "optional", "headers": RATE_HEADERS}
ID = Parameter(
    name="jobId",
    place="path",
    required=True,
    text="The job's id, or the id of its generation.",
    schema={"type": "string"},
    example=JOB_ID,
)


def operations(base_url: str) -> tuple[Operation, ...]:
    """The calls, and the jobs."""
    image = _image(base_url)
    return (*_pictures_and_words(image), *_sounds(base_url), *_tools(base_url), *_jobs(image))


def _done(shape: type[Job], prompt: str, **told: Any) -> Job:
    """A completed job of the local provider."""
    kind = next(kind for kind, known in JOBS.items() if known is shape)
    return shape(
        job_id=JOB_ID,
        status="completed",
        kind=kind,
        prompt=prompt,
        provider="local",
        created_at=CREATED_AT,
        completed_at=COMPLETED_AT,
        **told,
    )


def _image(base_url: str) -> Job:
    url = _asset(base_url, "png")
    return _done(
        ImageJob, SWORD, image_url=url, image_urls=(url,), model="local/artist", width=512, height=512, seed=42
    )


def _asset(base_url: str, extension: str) -> str:
    return f"{base_url}/assets/2026/05/08/5b0c94e6f3d24f0c8a7e61d2b3c4f5a6-0.{extension}"


def _call(path: str, name: str, summary: str, *, text: str, asked: Ask, done: Job) -> Operation:
    needed = "missing_prompt" if asked.words() else "invalid_input"
    open_job = type(done)(
        job_id=JOB_ID,
        status="processing",
        kind=done.kind,
        prompt=asked.words(),
        provider=done.provider,
        model=done.model,
        created_at=CREATED_AT,
        queue_position=0,
    )
    return Operation(
        method="post",
        path=path,
        id=name,
        summary=summary,
        text=text,
        parameters=(IDEMPOTENCY_KEY,),
        body=type(asked),
        bodies={"as documented": asked},
        answers=(
            Answer(
                text="The result.",
                shapes=(type(done),),
                examples={"completed": done},
                headers=REPLAYED,
                links=("readJob",),
                named="jobId",
            ),
            Answer(
                status=202,
                text="Still running after the wait, or `async`: read the job until it ends.",
                shapes=(type(done),),
                examples={"processing": open_job},
                headers=REPLAYED,
                links=("readJob", "cancelJob"),
                named="jobId",
            ),
        ),
        refusals=(*dict.fromkeys((needed, "invalid_input", "unknown_provider", *BODIED, *KEYED)), *PAID),
        timeout_s=WAIT_S,
        **_ALIKE,
    )


def _pictures_and_words(image: Job) -> tuple[Operation, ...]:
    asked = Generate(
        prompt=SWORD,
        mode="pixel",
        tool="generate",
        width=512,
        height=512,
        seed=42,
        quality="standard",
        provider="auto",
    )
    product = "Write a product description for..."
    written = "Meet the bottle that keeps up with you."
    text = _done(TextJob, product, model="local/writer", content=written, word_count=8, char_count=len(written))
    return (
        _call("/api/generate", "generateImage", "Generate an image", text="Draws a picture.", asked=asked, done=image),
        _call(
            "/api/text/generate",
            "generateText",
            "Generate a text",
            text="Writes a text.",
            asked=Text(prompt=product, type="product-desc", tone="professional", length="medium"),
            done=text,
        ),
    )


def _sounds(base_url: str) -> tuple[Operation, ...]:
    said, theme = "Hello, welcome to WokGen!", "upbeat 8-bit chiptune adventure theme"
    sound = {"audio_url": _asset(base_url, "wav"), "format": "wav"}
    voice = _done(VoiceJob, said, model="local/voice", duration_ms=1850, voice_id="default", **sound)
    music = _done(MusicJob, theme, model="local/band", duration=30.0, **sound)
    return (
        _call(
            "/api/voice/generate",
            "generateVoice",
            "Generate a voice",
            text="Says a text.",
            asked=Voice(text=said, voice_id="default", speed=1.0),
            done=voice,
        ),
        _call(
            "/api/music/generate",
            "generateMusic",
            "Generate music",
            text="Plays what the words ask for.",
            asked=Music(prompt=theme, duration=30, guidance=3.5),
            done=music,
        ),
    )


def _tools(base_url: str) -> tuple[Operation, ...]:
    sizes = {"width": 2048, "height": 2048, "original_width": 512, "original_height": 512, "scale": 4}
    larger = _done(UpscaleJob, "", model="local/enlarger", image_url=_asset(base_url, "png"), **sizes)
    seen = ("pixel art sword", "glowing red", "dark background", "32x32")
    words = _done(InterrogateJob, ", ".join(seen), model="local/eye", caption="A sword that glows red.", tags=seen)
    ways = ("dragon, pixel art, 16 colours, hard edges", "a dragon at dusk, pixel art, limited palette")
    better = _done(EnhanceJob, "dragon", model="local/enhancer", enhanced=ways[0], variations=ways)
    return (
        _call(
            "/api/tools/upscale",
            "upscaleImage",
            "Upscale an image",
            text="Makes a picture larger.",
            asked=Upscale(image_url=PICTURE_URL, scale=4, model="real-esrgan"),
            done=larger,
        ),
        _call(
            "/api/tools/interrogate",
            "interrogateImage",
            "Interrogate an image",
            text="Finds words for a picture.",
            asked=Interrogate(image_url=PICTURE_URL),
            done=words,
        ),
        _call(
            "/api/prompt/enhance",
            "enhancePrompt",
            "Enhance a prompt",
            text="Makes a prompt better.",
            asked=Enhance(prompt="dragon", mode="pixel", provider="auto"),
            done=better,
        ),
    )


def _jobs(image: Job) -> tuple[Operation, ...]:
    failed = ImageJob(
        job_id=JOB_ID,
        status="failed",
        prompt=SWORD,
        provider="local",
        model="local/artist",
        created_at=CREATED_AT,
        completed_at=COMPLETED_AT,
        error="The provider refused the prompt.",
        code="CONTENT_POLICY",
    )
    canceled = structs.replace(failed, error="Canceled by its owner.", code="CANCELED")
    kinds, listed = tuple(JOBS.values()), Jobs((image, failed))
    read = Operation(
        method="get",
        path="/api/jobs/{jobId}",
        id="readJob",
        summary="Read a job",
        text="Ask every few seconds until `status` is `completed` or `failed`. What was ordered through the other API "
        "is a job too.",
        parameters=(ID,),
        answers=(Answer(text="The job.", shapes=kinds, examples={"completed": image, "failed": failed}),),
        refusals=("not_found", *KEYED),
        **_ALIKE,
    )
    return (read, _list(listed), _cancel(Answer(text="As it is now.", shapes=kinds, examples={"canceled": canceled})))


def _list(listed: Jobs) -> Operation:
    return Operation(
        method="get",
        path="/api/jobs",
        id="listJobs",
        summary="List the newest jobs",
        text="The account's newest jobs. Without a key there is no list: keep the ids.",
        parameters=(LIMIT,),
        answers=(Answer(text="The jobs.", shapes=(Jobs,), examples={"jobs": listed}),),
        refusals=("invalid_request", *KEYED),
        **_ALIKE,
    )


def _cancel(answer: Answer) -> Operation:
    return Operation(
        method="post",
        path="/api/jobs/{jobId}/cancel",
        id="cancelJob",
        summary="Cancel a job",
        text="Its place of the day is given back while no provider has it. Afterwards the provider is asked to stop, "
        "and what it answers counts.",
        parameters=(ID,),
        answers=(answer,),
        refusals=("not_found", "conflict", *KEYED),
        **_ALIKE,
    )
