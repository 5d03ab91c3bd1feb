"""What the models of kie's market take: each has its own names for the same things.

A model may end in one of its grades, as `nano-banana-pro:2K` or `kling-3.0/video:std`, where kie sells several. The
route decides on it, not the caller: each grade has its price.
"""

from typing import Any

from msgspec import Struct

from workers.adapters.contract import Call, Rejected
from workers.adapters.inputs import given, ratio, words

FILM = ("16:9", "9:16", "1:1")
SCREEN = (*FILM, "4:3", "3:4")
CINEMA = (*SCREEN, "21:9")
GROK = (*FILM, "3:2", "2:3")
PHOTO = (*SCREEN, "3:2", "2:3")
POSTER = (*PHOTO, "21:9")
PRINT = (*POSTER, "5:4", "4:5")
SIDES = {"16:9": "landscape", "9:16": "portrait"}
SHAPES = {
    "1:1": "square_hd",
    "4:3": "landscape_4_3",
    "3:4": "portrait_4_3",
    "16:9": "landscape_16_9",
    "9:16": "portrait_16_9",
}
TEXTS = ("duration", "n_frames", "num_images", "upscale_factor")  # numbers that are sent as text

SEED = {"seed": "seed"}
FREE = {**SEED, "negative_prompt": "negative_prompt"}
SECONDS = {"seconds": "duration"}
SPOKEN = {"voice_id": "voice", "speed": "speed", "language": "language_code"}


class Model(Struct, frozen=True, kw_only=True):
    """What a model calls our fields. What has no name here is not sent: nobody knows what kie does with it."""

    prompt: str | None = "prompt"
    ratio: str | None = None
    ratios: tuple[str, ...] | dict[str, str] = PRINT  # those that it draws, with its words where they are others
    pictures: str | None = None  # a list of them
    picture: str | None = None  # one
    grade: str = "resolution"
    names: dict[str, str] = {}  # of the other fields
    texts: tuple[str, ...] = TEXTS
    always: dict[str, Any] = {}  # what it requires and a caller may leave out


SHAPED = Model(ratio="image_size", ratios=SHAPES, names=FREE)
SEEDANCE = Model(ratio="aspect_ratio", ratios=CINEMA, picture="first_frame_url", names=SECONDS, texts=())
HORSE = Model(ratio="aspect_ratio", ratios=SCREEN, names={**SECONDS, **SEED}, texts=())
WAN = Model(ratio="ratio", ratios=SCREEN, names={**SECONDS, **FREE}, texts=())
CLIP = Model(pictures="image_urls", names=SECONDS)
STARTED = Model(picture="image_url", names=SECONDS)
SILENT = {"sound": False, "duration": "5"}
EVEN = {"aspect_ratio": "1:1"}

# By the beginning of a model's name; the longest counts.
MODELS: dict[str, Model] = {
    "google/nano-banana": Model(ratio="image_size"),
    "google/nano-banana-edit": Model(ratio="image_size", pictures="image_urls"),
    "nano-banana-": Model(ratio="aspect_ratio", pictures="image_input"),
    "google/imagen4": Model(ratio="aspect_ratio", ratios=SCREEN, names=FREE, texts=("seed",)),
    "google/imagen4-fast": Model(ratio="aspect_ratio", ratios=SCREEN, names={**FREE, "count": "num_images"}),
    "gpt-image-2-": Model(ratio="aspect_ratio", ratios=SCREEN, pictures="input_urls"),
    "gpt-image/1.5-": Model(
        ratio="aspect_ratio",
        ratios=("1:1", "2:3", "3:2"),
        pictures="input_urls",
        grade="quality",
        always={**EVEN, "quality": "medium"},
    ),
    "flux-2/": Model(ratio="aspect_ratio", ratios=PHOTO, pictures="input_urls", always={**EVEN, "resolution": "1K"}),
    "seedream/": Model(
        ratio="aspect_ratio",
        ratios=POSTER,
        pictures="image_urls",
        grade="quality",
        always={**EVEN, "quality": "basic"},
    ),
    "bytedance/seedream-v4": Model(
        ratio="image_size",
        ratios=SHAPES,
        pictures="image_urls",
        grade="image_resolution",
        names={**SEED, "count": "max_images"},
    ),
    "ideogram/v3-text-to-image": SHAPED,
    "qwen/text-to-image": SHAPED,
    "qwen/image-to-image": Model(picture="image_url", names=FREE),
    "qwen2/": Model(ratio="image_size", ratios=SCREEN, picture="image_url", names=SEED),
    "z-image": Model(ratio="aspect_ratio", ratios=SCREEN, always=EVEN),
    "grok-imagine/text-to-image": Model(ratio="aspect_ratio", ratios=GROK),
    "grok-imagine/image-to-image": Model(pictures="image_urls"),
    "wan/2-7-image": Model(ratio="aspect_ratio", ratios=CINEMA, pictures="input_urls", names={**SEED, "count": "n"}),
    "kling-3.0/video": Model(ratio="aspect_ratio", ratios=FILM, pictures="image_urls", grade="mode", names=SECONDS),
    "kling-2.6/text-to-video": Model(ratio="aspect_ratio", ratios=FILM, names=SECONDS, always={**SILENT, **EVEN}),
    "kling-2.6/image-to-video": Model(pictures="image_urls", names=SECONDS, always=SILENT),
    "kling/v2-5-turbo-text": Model(
        ratio="aspect_ratio", ratios=FILM, names={**SECONDS, "negative_prompt": "negative_prompt"}
    ),
    "kling/v2-": Model(picture="image_url", names={**SECONDS, "negative_prompt": "negative_prompt"}),
    "bytedance/seedance-2": SEEDANCE,
    "bytedance/seedance-1.5-pro": Model(
        ratio="aspect_ratio", ratios=CINEMA, pictures="input_urls", names=SECONDS, always=EVEN
    ),
    "wan/2-7-text-to-video": WAN,
    "wan/2-7-image-to-video": Model(picture="first_frame_url", names=WAN.names, texts=()),
    "wan/2-6-text-to-video": Model(names=SECONDS),
    "wan/2-6-image-to-video": CLIP,
    "hailuo/02-text": Model(names=SECONDS),
    "hailuo/": STARTED,
    "sora-2": Model(
        ratio="aspect_ratio",
        ratios=SIDES,
        pictures="image_urls",
        grade="size",
        names={"seconds": "n_frames"},
        always={"upload_method": "s3"},
    ),
    "grok-imagine/text-to-video": Model(ratio="aspect_ratio", ratios=GROK, names=SECONDS, texts=()),
    "grok-imagine/image-to-video": CLIP,
    "happyhorse/text-to-video": HORSE,
    "happyhorse/image-to-video": Model(pictures="image_urls", names=HORSE.names, texts=()),
    "elevenlabs/text-to-speech-": Model(prompt="text", names=SPOKEN, always={"voice": "Rachel"}),
    "elevenlabs/sound-effect-": Model(prompt="text", names={"seconds": "duration_seconds"}),
    "topaz/image-upscale": Model(
        prompt=None, picture="image_url", names={"scale": "upscale_factor"}, always={"upscale_factor": "2"}
    ),
    "recraft/crisp-upscale": Model(prompt=None, picture="image"),
}
# What most of the others take.
OTHERS = {
    "image": Model(ratio="aspect_ratio", pictures="image_urls"),
    "video": Model(ratio="aspect_ratio", ratios=SCREEN, pictures="image_urls", names=SECONDS),
    "voice": Model(prompt="text", names=SPOKEN),
    "music": Model(names=SECONDS),
    "upscale": Model(prompt=None, picture="image_url", names={"scale": "upscale_factor"}),
}


def order(call: Call, found: list[str]) -> dict[str, object]:
    """The body of a task for a model of the market, with the pictures' addresses. Raises Rejected if it takes none."""
    name, _, grade = call.model.partition(":")
    start = max((start for start in MODELS if name.startswith(start)), key=len, default="")
    model = MODELS.get(start) or OTHERS[call.kind]
    if found and not (model.pictures or model.picture):
        raise Rejected("invalid_input", "This model takes no pictures.")
    fields: dict[str, object] = {theirs: call.input.get(ours) for ours, theirs in model.names.items()}
    if fields.get("voice") == "default":
        fields["voice"] = None
    if model.prompt:
        fields[model.prompt] = words(call) or None
    if model.ratio:
        drawn = ratio(call, tuple(model.ratios))
        fields[model.ratio] = model.ratios.get(drawn or "") if isinstance(model.ratios, dict) else drawn
    if model.pictures:
        fields[model.pictures] = found or None
    if model.picture and found:
        fields[model.picture] = found[0]
    if grade:
        fields[model.grade] = grade
    sent = given(**fields)
    return {"model": name, "input": model.always | sent | {n: str(sent[n]) for n in model.texts if n in sent}}
