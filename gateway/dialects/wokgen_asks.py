"""The bodies of WokGen's seven calls: what each asks for, in our words."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct, field

from gateway import routing
from gateway.caller import Caller
from gateway.context import Desk
from gateway.images import brought
from shared.domain.errors import Refused
from shared.domain.fields import WORD_CHARS_MAX, LongText, Word
from shared.domain.kinds.enhance import VARIATIONS_MAX
from shared.domain.kinds.image import Side
from shared.domain.kinds.music import SECONDS_MAX

SEEDS = range(-(2**63), 2**63)  # what every provider's number type can carry
SEEDS_FOLDED = 2**53  # and every client's, for those beyond
Name = Annotated[str, Meta(max_length=WORD_CHARS_MAX, pattern=r"\A[^\u0000]*\Z")]  # of what no input field checks


class Ask(Struct, kw_only=True, omit_defaults=True):
    """What the seven have in common. `provider` is a preference; `async` asks for the job at once."""

    kind: ClassVar[str] = ""
    names: ClassVar[Mapping[str, str]] = {}  # of our input's fields, where this API calls them otherwise
    provider: Name | None = None
    detached: bool | None = field(default=None, name="async")

    @property
    def wanted_provider(self) -> str:
        """The preferred provider, or auto."""
        return self.provider or routing.AUTO

    def hint(self) -> str:
        """A model that the caller would like."""
        return ""

    def words(self) -> str:
        """The prompt. Raises Refused if there has to be one and there is none."""
        return ""

    async def input(self, desk: Desk, caller: Caller) -> dict[str, object]:
        """The rest, by the names of the kind's input; None for what was not said."""
        return {}


class Generate(Ask, kw_only=True, rename="camel"):
    """POST /api/generate: a picture."""

    kind: ClassVar[str] = "image"
    names: ClassVar[Mapping[str, str]] = {"negative_prompt": "negativePrompt"}
    prompt: str | None = None
    mode: Word | None = None
    tool: Word | None = None
    width: Side | None = None
    height: Side | None = None
    seed: int | None = None
    quality: Literal["standard", "hd"] | None = None
    negative_prompt: LongText | None = None

    def words(self) -> str:
        """What to draw."""
        return said(self.prompt, "prompt")

    async def input(self, desk: Desk, caller: Caller) -> dict[str, object]:
        """Size, seed, and the style of a mode that the catalogue knows."""
        mode = desk.catalogue.modes.get(self.mode or "")
        return {
            "width": self.width,
            "height": self.height,
            "seed": small(self.seed),
            "quality": self.quality,
            "mode": self.mode,
            "tool": self.tool,
            "style": mode.style if mode else None,
            "negative_prompt": self.negative_prompt,
        }


class Text(Ask, kw_only=True, rename="camel"):
    """POST /api/text/generate."""

    kind: ClassVar[str] = "text"
    prompt: str | None = None
    type: Word | None = None
    tone: Word | None = None
    length: Literal["short", "medium", "long"] | None = None
    seed: int | None = None
    model: Name | None = None

    def hint(self) -> str:
        """The model that was named."""
        return self.model or ""

    def words(self) -> str:
        """What to write."""
        return said(self.prompt, "prompt")

    async def input(self, desk: Desk, caller: Caller) -> dict[str, object]:
        """Type, tone, length."""
        return {"type": self.type, "tone": self.tone, "length": self.length, "seed": small(self.seed)}


class Voice(Ask, kw_only=True, rename="camel"):
    """POST /api/voice/generate."""

    kind: ClassVar[str] = "voice"
    names: ClassVar[Mapping[str, str]] = {"prompt": "text", "voice_id": "voiceId"}
    text: str | None = None
    voice_id: Word | None = None
    speed: Annotated[float, Meta(ge=0.25, le=4)] | None = None
    format: Literal["wav", "mp3"] | None = None
    language: Word | None = None

    def words(self) -> str:
        """What is said."""
        return said(self.text, "text")

    async def input(self, desk: Desk, caller: Caller) -> dict[str, object]:
        """Voice, speed, format."""
        return {"voice_id": self.voice_id, "speed": self.speed, "format": self.format, "language": self.language}


class Music(Ask, kw_only=True, rename="camel"):
    """POST /api/music/generate."""

    kind: ClassVar[str] = "music"
    names: ClassVar[Mapping[str, str]] = {"seconds": "duration"}
    prompt: str | None = None
    duration: Annotated[float, Meta(ge=1, le=SECONDS_MAX)] | None = None
    guidance: Annotated[float, Meta(ge=0, le=20)] | None = None
    format: Literal["wav", "mp3"] | None = None
    seed: int | None = None

    def words(self) -> str:
        """What to play."""
        return said(self.prompt, "prompt")

    async def input(self, desk: Desk, caller: Caller) -> dict[str, object]:
        """Seconds, guidance, format."""
        return {
            "seconds": self.duration,
            "guidance": self.guidance,
            "format": self.format,
            "seed": small(self.seed),
        }


class Upscale(Ask, kw_only=True, rename="camel"):
    """POST /api/tools/upscale."""

    kind: ClassVar[str] = "upscale"
    names: ClassVar[Mapping[str, str]] = {"image_url": "imageUrl", "engine": "model"}
    image_url: str | None = None
    scale: Literal[2, 4] | None = None
    model: Word | None = None

    def hint(self) -> str:
        """The model that was named."""
        return self.model or ""

    async def input(self, desk: Desk, caller: Caller) -> dict[str, object]:
        """The picture and the factor."""
        picture = await brought(desk, caller, shown(self.image_url))
        return {"image_url": picture, "scale": self.scale, "engine": self.model}


class Interrogate(Ask, kw_only=True, rename="camel"):
    """POST /api/tools/interrogate."""

    kind: ClassVar[str] = "interrogate"
    names: ClassVar[Mapping[str, str]] = {"image_url": "imageUrl"}
    image_url: str | None = None

    async def input(self, desk: Desk, caller: Caller) -> dict[str, object]:
        """The picture."""
        return {"image_url": await brought(desk, caller, shown(self.image_url))}


class Enhance(Ask, kw_only=True, rename="camel"):
    """POST /api/prompt/enhance."""

    kind: ClassVar[str] = "enhance"
    prompt: str | None = None
    mode: Word | None = None
    count: Annotated[int, Meta(ge=1, le=VARIATIONS_MAX)] | None = None
    seed: int | None = None

    def words(self) -> str:
        """What to make better."""
        return said(self.prompt, "prompt")

    async def input(self, desk: Desk, caller: Caller) -> dict[str, object]:
        """What the prompt is for, and how many to give."""
        return {"mode": self.mode, "count": self.count, "seed": small(self.seed)}


def said(text: str | None, name: str) -> str:
    """`text`, which has to be there. Raises Refused("missing_prompt") naming the field."""
    if text is None or not text.strip():
        raise Refused("missing_prompt", "is required: describe what to generate.", field=name)
    return text


def shown(image_url: str | None) -> str:
    """`image_url`, which has to be there. Raises Refused("invalid_input")."""
    if not image_url:
        raise Refused("invalid_input", "is required: the URL of an image.", field="imageUrl")
    return image_url


def small(seed: int | None) -> int | None:
    """Any integer as a seed that everybody can carry: itself if it fits 64 bits; equal seeds stay equal."""
    return seed if seed is None or seed in SEEDS else seed % SEEDS_FOLDED
