"""The responses of WokGen's calls: one flat job for each kind, with the kind's fields once it is completed.

A field that is not known, or not yet, is absent.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar

from msgspec import UNSET, Struct, UnsetType

from gateway.context import GatewayContext
from shared.domain.catalogue import KINDS
from shared.domain.described import NOTICES, SIMULATED, Link, count, doc, link, replaced, timestamp
from shared.domain.generation import COMPLETED, FAILED, Generation, Outcome
from shared.domain.ids import job_id
from shared.domain.metadata import SHOWN, Metadata
from shared.domain.times import rfc3339
from shared.ops.storage import EXTENSIONS

Fact = TypeVar("Fact")
JOB_ID_PATTERN = "^job_[0-9a-f]{32}$"
Pixels = Annotated[int | UnsetType | None, doc("In pixels. Null if unknown.")]
AudioUrl = Annotated[str | UnsetType, link("The audio file.")]
AudioFormat = Annotated[str | UnsetType, doc("The format of the file.", examples=["wav", "mp3"])]
DurationMs = Annotated[int | UnsetType | None, count("Length in milliseconds. Null if unknown.")]


class Completion(Struct, frozen=True):
    """A completed generation, as the kinds read it."""

    input: Mapping[str, object]
    outcome: Outcome
    urls: tuple[str, ...]

    @property
    def url(self) -> str | UnsetType:
        """Return the URL of the first output."""
        return self.urls[0] if self.urls else UNSET

    @property
    def format(self) -> str | UnsetType:
        """Return the file extension of the first output."""
        first = self.outcome.outputs[0] if self.outcome.outputs else None
        return EXTENSIONS.get(first.media_type, UNSET) if first else UNSET

    @property
    def size(self) -> tuple[int | None, int | None]:
        """Return width and height of the first output, in pixels."""
        first = self.outcome.outputs[0] if self.outcome.outputs else None
        return (first.width, first.height) if first else (None, None)

    def fact(self, name: str, of: type[Fact]) -> Fact | None:
        """Return a fact that the provider reported, or None if it is not of this type."""
        value = self.outcome.facts.get(name)
        return value if isinstance(value, of) else None

    @property
    def duration_ms(self) -> int | None:
        """Return the length of the output."""
        reported = self.outcome.facts.get("duration_ms")
        return round(reported) if isinstance(reported, int | float) else None

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts in a list that the provider reported."""
        return tuple(text for text in self.fact(name, list) or () if isinstance(text, str))


class Job(Struct, kw_only=True, rename="camel"):
    """The fields of a job of every kind."""

    job_id: Annotated[str, doc("The job's id: `job_` and the generation's id without dashes.", pattern=JOB_ID_PATTERN)]
    status: Annotated[str, doc("One of three values, always.", enum=["processing", "completed", "failed"])]
    kind: Annotated[str, doc("The kind of job.")]
    prompt: Annotated[str, doc("The prompt as sent.")]
    provider: Annotated[str, doc("The provider that serves it, which may differ from the preferred one.")]
    model: Annotated[str, doc("The id of the model that serves it.")]
    simulated: Annotated[bool, SIMULATED] = False
    created_at: Annotated[str, timestamp("When it was accepted.")]
    metadata: Annotated[Metadata | UnsetType, SHOWN] = UNSET
    queue_position: Annotated[int | UnsetType, count("How many jobs are ahead of it, while it waits.")] = UNSET
    completed_at: Annotated[str | UnsetType, timestamp("When it completed or failed.")] = UNSET
    error: Annotated[str | UnsetType, doc("The reason for the failure, for people.")] = UNSET
    code: Annotated[str | UnsetType, doc("The reason for the failure, for programs.", examples=["CONTENT_POLICY"])] = (
        UNSET
    )
    late_urls: Annotated[
        tuple[Link, ...] | UnsetType, doc("Outputs that the provider finished after the job had failed here.")
    ] = UNSET
    result_expires_at: Annotated[
        str | UnsetType, timestamp("When the provider deletes an output that could not be copied here. Else absent.")
    ] = UNSET
    notices: Annotated[tuple[str, ...] | UnsetType, NOTICES] = UNSET

    def complete(self, completion: Completion) -> None:
        """Set the kind's own fields from a completed generation."""


class ImageJob(Job, kw_only=True):
    """An image."""

    kind: Annotated[Literal["image"], doc("The kind of job.")] = "image"
    image_url: Annotated[str | UnsetType, link("The first image.")] = UNSET
    image_urls: Annotated[tuple[Link, ...] | UnsetType, doc("All images.")] = UNSET
    width: Pixels = UNSET
    height: Pixels = UNSET
    seed: Annotated[
        int | UnsetType, doc("The seed of the image. The same seed, prompt and size give the same image.")
    ] = UNSET

    def complete(self, completion: Completion) -> None:
        """Set the images, and the seed that the provider reported or else the one sent."""
        self.image_url, self.image_urls = completion.url, completion.urls
        self.width, self.height = completion.size
        reported = completion.fact("seed", int)
        seed = completion.input.get("seed") if reported is None else reported
        self.seed = seed if isinstance(seed, int) else UNSET


class VideoJob(Job, kw_only=True):
    """A video."""

    kind: Annotated[Literal["video"], doc("The kind of job.")] = "video"
    video_url: Annotated[str | UnsetType, link("The video.")] = UNSET
    duration_ms: DurationMs = UNSET

    def complete(self, completion: Completion) -> None:
        """Set the video."""
        self.video_url, self.duration_ms = completion.url, completion.duration_ms


class TextJob(Job, kw_only=True):
    """A text."""

    kind: Annotated[Literal["text"], doc("The kind of job.")] = "text"
    content: Annotated[str | UnsetType, doc("The text.")] = UNSET
    word_count: Annotated[int | UnsetType, count("The number of words.")] = UNSET
    char_count: Annotated[int | UnsetType, count("The number of characters.")] = UNSET

    def complete(self, completion: Completion) -> None:
        """Set the text and its length."""
        self.content = completion.outcome.text or ""
        self.word_count, self.char_count = len(self.content.split()), len(self.content)


class VoiceJob(Job, kw_only=True):
    """Speech."""

    kind: Annotated[Literal["voice"], doc("The kind of job.")] = "voice"
    audio_url: AudioUrl = UNSET
    format: AudioFormat = UNSET
    duration_ms: DurationMs = UNSET
    voice_id: Annotated[str | UnsetType, doc("The requested voice.")] = UNSET

    def complete(self, completion: Completion) -> None:
        """Set the audio and its voice."""
        self.audio_url, self.format, self.duration_ms = completion.url, completion.format, completion.duration_ms
        self.voice_id = str(completion.input.get("voice_id", "default"))


class MusicJob(Job, kw_only=True):
    """Music."""

    kind: Annotated[Literal["music"], doc("The kind of job.")] = "music"
    audio_url: AudioUrl = UNSET
    format: AudioFormat = UNSET
    duration: Annotated[float | UnsetType | None, count("Length in seconds. Null if unknown.")] = UNSET

    def complete(self, completion: Completion) -> None:
        """Set the audio, and the seconds that the provider reported or else those requested."""
        self.audio_url, self.format = completion.url, completion.format
        reported_ms = completion.duration_ms
        seconds = completion.input.get("seconds") if reported_ms is None else reported_ms / 1000
        self.duration = seconds if isinstance(seconds, int | float) else None


class UpscaleJob(Job, kw_only=True):
    """A larger image."""

    kind: Annotated[Literal["upscale"], doc("The kind of job.")] = "upscale"
    image_url: Annotated[str | UnsetType, link("The larger image.")] = UNSET
    width: Pixels = UNSET
    height: Pixels = UNSET
    original_width: Annotated[
        int | UnsetType | None, doc("Width of the image that was sent, in pixels. Null if unknown.")
    ] = UNSET
    original_height: Annotated[
        int | UnsetType | None, doc("Height of the image that was sent, in pixels. Null if unknown.")
    ] = UNSET
    scale: Annotated[int | UnsetType | None, doc("The factor it was enlarged by. Null if unknown.")] = UNSET

    def complete(self, completion: Completion) -> None:
        """Set the image, its size, and the size of the original."""
        self.image_url, (self.width, self.height) = completion.url, completion.size
        self.original_width = completion.fact("original_width", int)
        self.original_height = completion.fact("original_height", int)
        scale = completion.input.get("scale")
        self.scale = scale if isinstance(scale, int) else None


class InterrogateJob(Job, kw_only=True):
    """A description of an image; `prompt` is made of it."""

    kind: Annotated[Literal["interrogate"], doc("The kind of job.")] = "interrogate"
    prompt: Annotated[str, doc("A prompt that could have made the image. Empty until the job is completed.")]
    caption: Annotated[str | UnsetType, doc("The image in one sentence.")] = UNSET
    tags: Annotated[tuple[str, ...] | UnsetType, doc("The image in single words.")] = UNSET

    def complete(self, completion: Completion) -> None:
        """Set prompt, caption and tags."""
        self.prompt = completion.outcome.text or ""
        self.caption, self.tags = completion.fact("caption", str) or self.prompt, completion.texts("tags")


class EnhanceJob(Job, kw_only=True):
    """Better prompts; `enhanced` is the first of `variations`."""

    kind: Annotated[Literal["enhance"], doc("The kind of job.")] = "enhance"
    enhanced: Annotated[str | UnsetType, doc("The improved prompt: the first of `variations`.")] = UNSET
    variations: Annotated[tuple[str, ...] | UnsetType, doc("All improved prompts.")] = UNSET

    def complete(self, completion: Completion) -> None:
        """Set the prompts, each once."""
        found = dict.fromkeys((completion.outcome.text or "", *completion.texts("variations")))
        self.variations = tuple(text for text in found if text)
        self.enhanced = self.variations[0] if self.variations else ""


class Jobs(Struct):
    """GET /api/jobs: jobs of any kind, newest first."""

    jobs: Annotated[
        tuple[Job, ...],
        replaced(
            "The jobs, newest first.",
            required=True,
            type="array",
            items={"oneOf": [{"$ref": f"#/components/schemas/{kind.capitalize()}Job"} for kind in KINDS]},
        ),
    ]


JOBS: dict[str, type[Job]] = {
    "image": ImageJob,
    "video": VideoJob,
    "text": TextJob,
    "voice": VoiceJob,
    "music": MusicJob,
    "upscale": UpscaleJob,
    "interrogate": InterrogateJob,
    "enhance": EnhanceJob,
}


def job_of(context: GatewayContext, generation: Generation) -> Job:
    """Return a generation in this dialect's shape."""
    job = JOBS[generation.spec.kind](
        job_id=job_id(generation.id),
        status=generation.status,
        kind=generation.spec.kind,
        prompt=generation.spec.prompt,
        provider=generation.provider,
        model=generation.spec.model,
        simulated=generation.spec.simulated,
        created_at=rfc3339(generation.created_ms),
        metadata=generation.spec.metadata or UNSET,
    )
    if generation.position is not None:
        job.queue_position = generation.position
    if generation.notices:
        job.notices = generation.notices
    if generation.closed_ms is not None:
        job.completed_at = rfc3339(generation.closed_ms)
    outcome = generation.outcome
    if generation.state == COMPLETED and outcome is not None:
        job.complete(Completion(generation.spec.input, outcome, output_urls(context, outcome)))
        if outcome.expires_ms is not None:
            job.result_expires_at = rfc3339(outcome.expires_ms)
    if generation.state == FAILED:
        job.error, job.code = failure_of(generation)
    if generation.late is not None:
        job.late_urls = output_urls(context, generation.late)
    return job


def output_urls(context: GatewayContext, outcome: Outcome) -> tuple[str, ...]:
    """Return the URLs of the outputs."""
    return tuple(output.url(context.base_url) for output in outcome.outputs)


def failure_of(generation: Generation) -> tuple[str, str]:
    """Return the reason for a failure: for people, and for programs."""
    outcome = generation.outcome or Outcome()
    return outcome.error or "The provider rejected the request.", (outcome.error_code or "upstream_error").upper()
