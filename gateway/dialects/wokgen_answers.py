"""What WokGen's calls answer, and its jobs: one flat object for each kind, with the kind's fields once it is completed.

A field that is not known, or not yet, is absent.
"""

from collections.abc import Mapping
from typing import Literal, TypeVar

from msgspec import UNSET, Struct, UnsetType

from gateway.context import Desk
from shared.domain.generation import COMPLETED, FAILED, Generation, Outcome
from shared.domain.ids import job_id
from shared.domain.times import rfc3339
from shared.ops.storage import EXTENSIONS

Fact = TypeVar("Fact")
PROCESSING = "processing"


class Done(Struct, frozen=True):
    """A completed generation, as the kinds look at it."""

    input: Mapping[str, object]
    outcome: Outcome
    urls: tuple[str, ...]

    @property
    def url(self) -> str | UnsetType:
        """Where the first output is."""
        return self.urls[0] if self.urls else UNSET

    @property
    def format(self) -> str | UnsetType:
        """The first output's file extension."""
        first = self.outcome.outputs[0] if self.outcome.outputs else None
        return EXTENSIONS.get(first.media_type, UNSET) if first else UNSET

    @property
    def size(self) -> tuple[int | None, int | None]:
        """Width and height of the first output, in pixels."""
        first = self.outcome.outputs[0] if self.outcome.outputs else None
        return (first.width, first.height) if first else (None, None)

    def fact(self, name: str, of: type[Fact]) -> Fact | None:
        """What the provider told, if it is of this type."""
        value = self.outcome.facts.get(name)
        return value if isinstance(value, of) else None

    @property
    def duration_ms(self) -> int | None:
        """How long the output is."""
        told = self.outcome.facts.get("duration_ms")
        return round(told) if isinstance(told, int | float) else None

    def words(self, name: str) -> tuple[str, ...]:
        """The texts in a list that the provider told."""
        return tuple(word for word in self.fact(name, list) or () if isinstance(word, str))


class Job(Struct, kw_only=True, rename="camel"):
    """What a job of every kind tells."""

    job_id: str
    status: str
    kind: str
    prompt: str
    provider: str
    model: str
    created_at: str
    queue_position: int | UnsetType = UNSET
    completed_at: str | UnsetType = UNSET
    error: str | UnsetType = UNSET
    code: str | UnsetType = UNSET
    late_urls: tuple[str, ...] | UnsetType = UNSET
    result_expires_at: str | UnsetType = UNSET  # only where a result could not be copied from its provider

    def complete(self, done: Done) -> None:
        """Add what the kind tells of a completed generation."""


class ImageJob(Job, kw_only=True):
    """A picture."""

    kind: Literal["image"] = "image"
    image_url: str | UnsetType = UNSET
    image_urls: tuple[str, ...] | UnsetType = UNSET
    width: int | UnsetType | None = UNSET
    height: int | UnsetType | None = UNSET
    seed: int | UnsetType = UNSET

    def complete(self, done: Done) -> None:
        """The pictures; the seed as the provider told it, or else as it was sent."""
        self.image_url, self.image_urls = done.url, done.urls
        self.width, self.height = done.size
        seed = done.fact("seed", int)
        sent = done.input.get("seed") if seed is None else seed
        self.seed = sent if isinstance(sent, int) else UNSET


class VideoJob(Job, kw_only=True):
    """A film."""

    kind: Literal["video"] = "video"
    video_url: str | UnsetType = UNSET
    duration_ms: int | UnsetType | None = UNSET

    def complete(self, done: Done) -> None:
        """The film."""
        self.video_url, self.duration_ms = done.url, done.duration_ms


class TextJob(Job, kw_only=True):
    """A text."""

    kind: Literal["text"] = "text"
    content: str | UnsetType = UNSET
    word_count: int | UnsetType = UNSET
    char_count: int | UnsetType = UNSET

    def complete(self, done: Done) -> None:
        """The text and how long it is."""
        self.content = done.outcome.text or ""
        self.word_count, self.char_count = len(self.content.split()), len(self.content)


class VoiceJob(Job, kw_only=True):
    """Speech."""

    kind: Literal["voice"] = "voice"
    audio_url: str | UnsetType = UNSET
    format: str | UnsetType = UNSET
    duration_ms: int | UnsetType | None = UNSET
    voice_id: str | UnsetType = UNSET

    def complete(self, done: Done) -> None:
        """The sound and whose voice it is."""
        self.audio_url, self.format, self.duration_ms = done.url, done.format, done.duration_ms
        self.voice_id = str(done.input.get("voice_id", "default"))


class MusicJob(Job, kw_only=True):
    """Music."""

    kind: Literal["music"] = "music"
    audio_url: str | UnsetType = UNSET
    format: str | UnsetType = UNSET
    duration: float | UnsetType | None = UNSET

    def complete(self, done: Done) -> None:
        """The sound; the seconds as the provider told them, or else as they were asked for."""
        self.audio_url, self.format = done.url, done.format
        asked = done.input.get("seconds") if done.duration_ms is None else done.duration_ms / 1000
        self.duration = asked if isinstance(asked, int | float) else None


class UpscaleJob(Job, kw_only=True):
    """A larger picture."""

    kind: Literal["upscale"] = "upscale"
    image_url: str | UnsetType = UNSET
    width: int | UnsetType | None = UNSET
    height: int | UnsetType | None = UNSET
    original_width: int | UnsetType | None = UNSET
    original_height: int | UnsetType | None = UNSET
    scale: int | UnsetType | None = UNSET

    def complete(self, done: Done) -> None:
        """The picture, and how large it is and was."""
        self.image_url, (self.width, self.height) = done.url, done.size
        self.original_width, self.original_height = (done.fact(f"original_{side}", int) for side in ("width", "height"))
        scale = done.input.get("scale")
        self.scale = scale if isinstance(scale, int) else None


class InterrogateJob(Job, kw_only=True):
    """Words for a picture; `prompt` is made of them."""

    kind: Literal["interrogate"] = "interrogate"
    caption: str | UnsetType = UNSET
    tags: tuple[str, ...] | UnsetType = UNSET

    def complete(self, done: Done) -> None:
        """The words."""
        self.prompt = done.outcome.text or ""
        self.caption, self.tags = done.fact("caption", str) or self.prompt, done.words("tags")


class EnhanceJob(Job, kw_only=True):
    """Better prompts; `enhanced` is the first of `variations`."""

    kind: Literal["enhance"] = "enhance"
    enhanced: str | UnsetType = UNSET
    variations: tuple[str, ...] | UnsetType = UNSET

    def complete(self, done: Done) -> None:
        """The prompts, each once."""
        found = dict.fromkeys((done.outcome.text or "", *done.words("variations")))
        self.variations = tuple(text for text in found if text)
        self.enhanced = self.variations[0] if self.variations else ""


class Jobs(Struct):
    """GET /api/jobs: of any kind, newest first."""

    jobs: tuple[Job, ...]


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


def answer(desk: Desk, generation: Generation) -> Job:
    """A generation as this dialect shows it."""
    shown = JOBS[generation.spec.kind](
        job_id=job_id(generation.id),
        status=PROCESSING if generation.open else generation.state,
        kind=generation.spec.kind,
        prompt=generation.spec.prompt,
        provider=generation.provider,
        model=generation.spec.model,
        created_at=rfc3339(generation.created_ms),
    )
    if generation.position is not None:
        shown.queue_position = generation.position
    if generation.closed_ms is not None:
        shown.completed_at = rfc3339(generation.closed_ms)
    outcome = generation.outcome
    if generation.state == COMPLETED and outcome is not None:
        shown.complete(Done(generation.spec.input, outcome, urls_of(desk, outcome)))
        if outcome.expires_ms is not None:
            shown.result_expires_at = rfc3339(outcome.expires_ms)
    if generation.state == FAILED:
        shown.error, shown.code = failure(generation)
    if generation.late is not None:
        shown.late_urls = urls_of(desk, generation.late)
    return shown


def urls_of(desk: Desk, outcome: Outcome) -> tuple[str, ...]:
    """Where the outputs are."""
    return tuple(output.url(desk.settings.base_url) for output in outcome.outputs)


def failure(generation: Generation) -> tuple[str, str]:
    """Why it failed: for people, and for programs."""
    outcome = generation.outcome or Outcome()
    return outcome.error or "The provider refused this.", (outcome.error_code or "upstream_error").upper()
