"""The request bodies of WokGen's seven calls, and how each becomes the input of a generation."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct, field

from gateway import routing
from gateway.admission.images import RequestImages
from gateway.admission.webhook_url import WebhookUrl
from gateway.context import GatewayContext
from shared.domain.described import NOT_BLANK, doc, replaced
from shared.domain.errors import Refused
from shared.domain.fields import WORD_CHARS_MAX, LongText, Word
from shared.domain.kind import kind_of
from shared.domain.kinds.enhance import VARIATIONS_MAX
from shared.domain.kinds.image import Side
from shared.domain.kinds.music import SECONDS_MAX
from shared.domain.metadata import SENT, Metadata

SEEDS = range(-(2**63), 2**63)  # every provider's number type can carry these
SEEDS_FOLDED = 2**53  # larger seeds are folded below this, so that every client can carry them
Name = Annotated[str, Meta(max_length=WORD_CHARS_MAX, pattern=r"\A[^\u0000]*\Z")]  # for values no input field checks
PROVIDER = doc("The preferred provider, or `auto`. A provider that cannot serve the request is replaced.")


def required_text(text: str, kind: str) -> Meta:
    """Return the description of a prompt; it is decoded loosely and refused under a code of its own."""
    chars_max = kind_of(kind).prompt_chars_max
    return replaced(text, required=True, type="string", minLength=1, maxLength=chars_max, pattern=NOT_BLANK)


IMAGE_URL = replaced(
    "The image: an https URL, a `data:` URL with a PNG, JPEG, WebP or GIF in base64, or one of your own asset URLs.",
    required=True,
    type="string",
    minLength=1,
)
ModeName = Annotated[Word | None, doc("The mode, such as `pixel`. A mode that the catalogue knows styles the prompt.")]
NegativePrompt = Annotated[LongText | None, doc("Content that the image should not show.")]
AnySeed = Annotated[
    int | None, doc("Any integer. The same seed, prompt and size give the same output where the provider can.")
]
AudioFormat = Annotated[Literal["wav", "mp3"] | None, doc("The format of the file.")]


class JobRequest(Struct, kw_only=True, omit_defaults=True):
    """The fields that the seven calls share."""

    kind: ClassVar[str] = ""
    names: ClassVar[Mapping[str, str]] = {}  # our names of input fields -> this API's
    provider: Annotated[Name | None, PROVIDER] = None
    detached: Annotated[bool | None, doc("Respond at once, without waiting for the result.")] = field(
        default=None, name="async"
    )
    metadata: Annotated[Metadata | None, SENT] = None
    webhook_url: WebhookUrl = field(default=None, name="webhookUrl")

    @property
    def preferred_provider(self) -> str:
        """Return the preferred provider, or auto."""
        return self.provider or routing.AUTO

    @property
    def preferred_model(self) -> str:
        """Return the model that the caller prefers, or an empty text."""
        return ""

    def require_prompt(self) -> str:
        """Return the prompt. Raises Refused("missing_prompt") if the call needs one and has none."""
        return ""

    async def build_input(self, context: GatewayContext, images: RequestImages) -> dict[str, object]:
        """Return the input fields under our names, None for each that the caller left out."""
        return {}


class ImageRequest(JobRequest, kw_only=True, rename="camel"):
    """POST /api/generate: an image."""

    kind: ClassVar[str] = "image"
    names: ClassVar[Mapping[str, str]] = {"negative_prompt": "negativePrompt"}
    prompt: Annotated[str | None, required_text("A description of the image to draw.", "image")] = None
    mode: ModeName = None
    tool: Annotated[Word | None, doc("The name of a tool.")] = None
    width: Annotated[Side | None, doc("Width in pixels.")] = None
    height: Annotated[Side | None, doc("Height in pixels.")] = None
    seed: AnySeed = None
    quality: Annotated[Literal["standard", "hd"] | None, doc("The quality to aim for.")] = None
    negative_prompt: NegativePrompt = None

    def require_prompt(self) -> str:
        """Return the prompt."""
        return required(self.prompt, "prompt")

    async def build_input(self, context: GatewayContext, images: RequestImages) -> dict[str, object]:
        """Return size, seed and quality, and the style of a mode that the catalogue knows."""
        return {
            "width": self.width,
            "height": self.height,
            "seed": folded_seed(self.seed),
            "quality": self.quality,
            "mode": self.mode,
            "tool": self.tool,
            "style": style_of(context, self.mode),
            "negative_prompt": self.negative_prompt,
        }


class TextRequest(JobRequest, kw_only=True, rename="camel"):
    """POST /api/text/generate."""

    kind: ClassVar[str] = "text"
    prompt: Annotated[str | None, required_text("A description of the text to write.", "text")] = None
    type: Annotated[Word | None, doc("The type of text, such as `product-desc`.")] = None
    tone: Annotated[Word | None, doc("The tone, such as `professional`.")] = None
    length: Annotated[Literal["short", "medium", "long"] | None, doc("The length of the text.")] = None
    seed: AnySeed = None
    model: Annotated[Name | None, doc("The preferred model.")] = None

    @property
    def preferred_model(self) -> str:
        """Return the preferred model."""
        return self.model or ""

    def require_prompt(self) -> str:
        """Return the prompt."""
        return required(self.prompt, "prompt")

    async def build_input(self, context: GatewayContext, images: RequestImages) -> dict[str, object]:
        """Return type, tone, length and seed."""
        return {"type": self.type, "tone": self.tone, "length": self.length, "seed": folded_seed(self.seed)}


class VoiceRequest(JobRequest, kw_only=True, rename="camel"):
    """POST /api/voice/generate."""

    kind: ClassVar[str] = "voice"
    names: ClassVar[Mapping[str, str]] = {"prompt": "text", "voice_id": "voiceId"}
    text: Annotated[str | None, required_text("The text to say.", "voice")] = None
    voice_id: Annotated[Word | None, doc("The name of a voice.")] = None
    speed: Annotated[
        Annotated[float, Meta(ge=0.25, le=4)] | None, doc("The speed of speech. 1 is the voice's own.")
    ] = None
    format: AudioFormat = None
    language: Annotated[Word | None, doc("The language, such as `en` or `de`.")] = None

    def require_prompt(self) -> str:
        """Return the text to say."""
        return required(self.text, "text")

    async def build_input(self, context: GatewayContext, images: RequestImages) -> dict[str, object]:
        """Return voice, speed, format and language."""
        return {"voice_id": self.voice_id, "speed": self.speed, "format": self.format, "language": self.language}


class MusicRequest(JobRequest, kw_only=True, rename="camel"):
    """POST /api/music/generate."""

    kind: ClassVar[str] = "music"
    names: ClassVar[Mapping[str, str]] = {"seconds": "duration"}
    prompt: Annotated[str | None, required_text("A description of the music to play.", "music")] = None
    duration: Annotated[Annotated[float, Meta(ge=1, le=SECONDS_MAX)] | None, doc("Length in seconds.")] = None
    guidance: Annotated[Annotated[float, Meta(ge=0, le=20)] | None, doc("How closely to follow the prompt.")] = None
    format: AudioFormat = None
    seed: AnySeed = None

    def require_prompt(self) -> str:
        """Return the prompt."""
        return required(self.prompt, "prompt")

    async def build_input(self, context: GatewayContext, images: RequestImages) -> dict[str, object]:
        """Return seconds, guidance, format and seed."""
        return {
            "seconds": self.duration,
            "guidance": self.guidance,
            "format": self.format,
            "seed": folded_seed(self.seed),
        }


class UpscaleRequest(JobRequest, kw_only=True, rename="camel"):
    """POST /api/tools/upscale."""

    kind: ClassVar[str] = "upscale"
    names: ClassVar[Mapping[str, str]] = {"image_url": "imageUrl", "engine": "model"}
    image_url: Annotated[str | None, IMAGE_URL] = None
    scale: Annotated[Literal[2, 4] | None, doc("The factor to enlarge by.")] = None
    model: Annotated[Word | None, doc("The preferred engine, such as `real-esrgan`.")] = None

    @property
    def preferred_model(self) -> str:
        """Return the preferred engine."""
        return self.model or ""

    async def build_input(self, context: GatewayContext, images: RequestImages) -> dict[str, object]:
        """Return the image's URL, scale and engine."""
        self.image_url = await images.take(required_image(self.image_url), "imageUrl")  # drops the text of a file
        return {"image_url": self.image_url, "scale": self.scale, "engine": self.model}


class InterrogateRequest(JobRequest, kw_only=True, rename="camel"):
    """POST /api/tools/interrogate."""

    kind: ClassVar[str] = "interrogate"
    names: ClassVar[Mapping[str, str]] = {"image_url": "imageUrl"}
    image_url: Annotated[str | None, IMAGE_URL] = None

    async def build_input(self, context: GatewayContext, images: RequestImages) -> dict[str, object]:
        """Return the image's URL."""
        self.image_url = await images.take(required_image(self.image_url), "imageUrl")  # drops the text of a file
        return {"image_url": self.image_url}


class EnhanceRequest(JobRequest, kw_only=True, rename="camel"):
    """POST /api/prompt/enhance."""

    kind: ClassVar[str] = "enhance"
    prompt: Annotated[str | None, required_text("The prompt to improve.", "enhance")] = None
    mode: ModeName = None
    count: Annotated[Annotated[int, Meta(ge=1, le=VARIATIONS_MAX)] | None, doc("How many variations to return.")] = None
    seed: AnySeed = None

    def require_prompt(self) -> str:
        """Return the prompt."""
        return required(self.prompt, "prompt")

    async def build_input(self, context: GatewayContext, images: RequestImages) -> dict[str, object]:
        """Return mode, count and seed."""
        return {"mode": self.mode, "count": self.count, "seed": folded_seed(self.seed)}


def required(text: str | None, name: str) -> str:
    """Return a text that is not blank. Raises Refused("missing_prompt") naming the field."""
    if text is None or not text.strip():
        raise Refused("missing_prompt", "is required: describe what to generate.", field=name)
    return text


def required_image(image_url: str | None) -> str:
    """Return a URL that is not empty. Raises Refused("invalid_input")."""
    if not image_url:
        raise Refused("invalid_input", "is required: the URL of an image.", field="imageUrl")
    return image_url


def style_of(context: GatewayContext, mode: str | None) -> str | None:
    """Return the style of a mode, or None if the catalogue does not know the mode."""
    known = context.catalogue.modes.get(mode or "")
    return known.style if known else None


def folded_seed(seed: int | None) -> int | None:
    """Return a seed that everybody can carry: itself if it fits 64 bits. Equal seeds stay equal."""
    return seed if seed is None or seed in SEEDS else seed % SEEDS_FOLDED
