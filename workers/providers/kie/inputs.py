"""The inputs of the models in kie's market: each has its own names for the same fields.

A model may end in a grade, as in `nano-banana-pro:2K` or `kling-3.0/video:std`, if kie sells several. The route decides
on the grade, not the caller, since each grade has its own price.
"""

from typing import Any

from msgspec import Struct

from workers.adapters.contract import Call, Rejected
from workers.adapters.inputs import aspect_ratio, drop_none, styled_prompt

VIDEO = ("16:9", "9:16", "1:1")
SCREEN = (*VIDEO, "4:3", "3:4")
CINEMA = (*SCREEN, "21:9")
GROK = (*VIDEO, "3:2", "2:3")
PHOTO = (*SCREEN, "3:2", "2:3")
POSTER = (*PHOTO, "21:9")
PRINT = (*POSTER, "5:4", "4:5")
SHAPES = {
    "1:1": "square_hd",
    "4:3": "landscape_4_3",
    "3:4": "portrait_4_3",
    "16:9": "landscape_16_9",
    "9:16": "portrait_16_9",
}
AS_TEXT = ("duration", "upscale_factor")  # numbers that are sent as text

SEED = {"seed": "seed"}
SEED_AND_NEGATIVE = {**SEED, "negative_prompt": "negative_prompt"}
SECONDS = {"seconds": "duration"}
VOICE = {"voice_id": "voice", "speed": "speed", "language": "language_code"}


class MarketModel(Struct, frozen=True, kw_only=True):
    """A model's names of our fields. A field without a name is not sent, since kie does not document its effect."""

    prompt: str | None = "prompt"
    ratio: str | None = None
    ratios: tuple[str, ...] | dict[str, str] = PRINT  # the ratios that it draws, with its own words if they differ
    images: str | None = None  # the field for a list of input images
    image: str | None = None  # the field for one input image
    grade: str = "resolution"
    names: dict[str, str] = {}  # of the other fields
    as_text: tuple[str, ...] = AS_TEXT
    always: dict[str, Any] = {}  # fields that it requires and a caller may omit


SHAPED = MarketModel(ratio="image_size", ratios=SHAPES, names=SEED_AND_NEGATIVE)
SEEDANCE = MarketModel(
    ratio="aspect_ratio",
    ratios=CINEMA,
    image="first_frame_url",
    names=SECONDS,
    as_text=(),
    always={"web_search": False},
)
HORSE = MarketModel(ratio="aspect_ratio", ratios=SCREEN, names={**SECONDS, **SEED}, as_text=())
WAN = MarketModel(ratio="ratio", ratios=SCREEN, names={**SECONDS, **SEED_AND_NEGATIVE}, as_text=())
CLIP = MarketModel(images="image_urls", names=SECONDS)
STARTED = MarketModel(image="image_url", names=SECONDS)
SILENT = {"sound": False, "duration": "5"}
EVEN = {"aspect_ratio": "1:1"}

# By the prefix of a model's name. The longest counts.
MODELS: dict[str, MarketModel] = {
    "google/nano-banana": MarketModel(ratio="image_size"),
    "google/nano-banana-edit": MarketModel(ratio="image_size", images="image_urls"),
    "nano-banana-": MarketModel(ratio="aspect_ratio", images="image_input"),
    "nano-banana-2-lite": MarketModel(ratio="aspect_ratio", images="image_urls"),
    "gpt-image-2-": MarketModel(ratio="aspect_ratio", ratios=SCREEN, images="input_urls"),
    "gpt-image/1.5-": MarketModel(
        ratio="aspect_ratio",
        ratios=("1:1", "2:3", "3:2"),
        images="input_urls",
        grade="quality",
        always={**EVEN, "quality": "medium"},
    ),
    "flux-2/": MarketModel(
        ratio="aspect_ratio", ratios=PHOTO, images="input_urls", always={**EVEN, "resolution": "1K"}
    ),
    "seedream/": MarketModel(
        ratio="aspect_ratio",
        ratios=POSTER,
        images="image_urls",
        grade="quality",
        always={**EVEN, "quality": "basic"},
    ),
    "bytedance/seedream-v4": MarketModel(
        ratio="image_size",
        ratios=SHAPES,
        images="image_urls",
        grade="image_resolution",
        names={**SEED, "count": "max_images"},
    ),
    "ideogram/v3-text-to-image": SHAPED,
    "qwen/text-to-image": SHAPED,
    "qwen/image-to-image": MarketModel(image="image_url", names=SEED_AND_NEGATIVE),
    "qwen2/": MarketModel(ratio="image_size", ratios=SCREEN, image="image_url", names=SEED),
    "z-image": MarketModel(ratio="aspect_ratio", ratios=SCREEN, always=EVEN),
    "grok-imagine/text-to-image": MarketModel(ratio="aspect_ratio", ratios=GROK),
    "grok-imagine/image-to-image": MarketModel(images="image_urls"),
    "wan/2-7-image": MarketModel(
        ratio="aspect_ratio",
        ratios=CINEMA,
        images="input_urls",
        names={**SEED, "count": "n"},
        always={"resolution": "1K"},
    ),
    "kling-3.0/video": MarketModel(
        ratio="aspect_ratio",
        ratios=VIDEO,
        images="image_urls",
        grade="mode",
        names=SECONDS,
        always={**SILENT, "multi_shots": False, "mode": "pro"},
    ),
    "kling-2.6/text-to-video": MarketModel(
        ratio="aspect_ratio", ratios=VIDEO, names=SECONDS, always={**SILENT, **EVEN}
    ),
    "kling-2.6/image-to-video": MarketModel(images="image_urls", names=SECONDS, always=SILENT),
    "kling/v2-5-turbo-text": MarketModel(
        ratio="aspect_ratio", ratios=VIDEO, names={**SECONDS, "negative_prompt": "negative_prompt"}
    ),
    "kling/v2-": MarketModel(image="image_url", names={**SECONDS, "negative_prompt": "negative_prompt"}),
    "bytedance/seedance-2": SEEDANCE,
    "bytedance/seedance-1.5-pro": MarketModel(
        ratio="aspect_ratio", ratios=CINEMA, images="input_urls", names=SECONDS, always=EVEN
    ),
    "wan/2-7-text-to-video": WAN,
    "wan/2-7-image-to-video": MarketModel(image="first_frame_url", names=WAN.names, as_text=()),
    "wan/2-6-text-to-video": MarketModel(names=SECONDS),
    "wan/2-6-image-to-video": CLIP,
    "hailuo/02-text": MarketModel(names=SECONDS),
    "hailuo/": STARTED,
    "grok-imagine/text-to-video": MarketModel(ratio="aspect_ratio", ratios=GROK, names=SECONDS, as_text=()),
    "grok-imagine/image-to-video": CLIP,
    "happyhorse/text-to-video": HORSE,
    "happyhorse/image-to-video": MarketModel(images="image_urls", names=HORSE.names, as_text=()),
    "elevenlabs/text-to-speech-": MarketModel(prompt="text", names=VOICE, always={"voice": "Rachel"}),
    "elevenlabs/sound-effect-": MarketModel(prompt="text", names={"seconds": "duration_seconds"}),
    "topaz/image-upscale": MarketModel(
        prompt=None, image="image_url", names={"scale": "upscale_factor"}, always={"upscale_factor": "2"}
    ),
    "recraft/crisp-upscale": MarketModel(prompt=None, image="image"),
}
# The inputs of other models, as most of them have them.
OTHERS = {
    "image": MarketModel(ratio="aspect_ratio", images="image_urls"),
    "video": MarketModel(ratio="aspect_ratio", ratios=SCREEN, images="image_urls", names=SECONDS),
    "voice": MarketModel(prompt="text", names=VOICE),
    "music": MarketModel(names=SECONDS),
    "upscale": MarketModel(prompt=None, image="image_url", names={"scale": "upscale_factor"}),
}


def build_task(call: Call, urls: list[str]) -> dict[str, object]:
    """Return the body of a task for a market model, with the URLs of its input images. Raises Rejected."""
    name, _, grade = call.model.partition(":")
    model = _market_model(name) or OTHERS[call.kind]
    if urls and not (model.images or model.image):
        raise Rejected("invalid_input", "This model takes no input images.")
    fields: dict[str, object] = {theirs: call.input.get(ours) for ours, theirs in model.names.items()}
    if fields.get("voice") == "default":
        fields["voice"] = None
    if model.prompt:
        fields[model.prompt] = styled_prompt(call, takes_negative="negative_prompt" in model.names) or None
    if model.ratio:
        ratio = aspect_ratio(call, tuple(model.ratios))
        fields[model.ratio] = model.ratios.get(ratio or "") if isinstance(model.ratios, dict) else ratio
    if model.images:
        fields[model.images] = urls or None
    if model.image and urls:
        fields[model.image] = urls[0]
    if grade:
        fields[model.grade] = grade
    sent = drop_none(**fields)
    return {"model": name, "input": model.always | sent | {n: str(sent[n]) for n in model.as_text if n in sent}}


def build_native_task(model: str, native: dict[str, object]) -> dict[str, object]:
    """Return the body of a task for a market model from its own fields. The route's grade replaces the caller's."""
    name, _, grade = model.partition(":")
    field = (_market_model(name) or MarketModel()).grade
    return {"model": name, "input": {**native, field: grade} if grade else native}


def _market_model(name: str) -> MarketModel | None:
    return MODELS.get(max((prefix for prefix in MODELS if name.startswith(prefix)), key=len, default=""))
