"""The models in kie's market: the names of our fields there, and the fields that each requires.

The names are those of kie's OpenAPI documents (copies of 2026-04 to 2026-06), and for later models those that several
third parties send (2026-09). A field without a name is not sent, since kie does not document its effect.
"""

from typing import Any

from msgspec import Struct, structs

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
RESOLUTION = {"resolution": "resolution"}
SECONDS = {"seconds": "duration"}
CLIPS = {**SECONDS, **RESOLUTION}
HEARD = {**CLIPS, "sound": "generate_audio"}
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
    words: dict[str, dict[str, str]] = {}  # by its field, its own words for our values
    as_text: tuple[str, ...] = AS_TEXT
    always: dict[str, Any] = {}  # fields that it requires and a caller may omit
    with_image: tuple[str, str] | None = None  # the part of its name that another replaces if there are input images


SHAPED = MarketModel(ratio="image_size", ratios=SHAPES, names=SEED_AND_NEGATIVE)
SEEDANCE = MarketModel(
    ratio="aspect_ratio",
    ratios=CINEMA,
    image="first_frame_url",
    names=HEARD,
    as_text=(),
    always={"web_search": False},
)
HORSE = MarketModel(
    ratio="aspect_ratio", ratios=SCREEN, names={**CLIPS, **SEED}, as_text=(), with_image=("text-", "image-")
)
WAN = MarketModel(
    ratio="ratio", ratios=SCREEN, names={**CLIPS, **SEED_AND_NEGATIVE}, as_text=(), with_image=("text-", "image-")
)
CLIP = MarketModel(images="image_urls", names=CLIPS)
STARTED = MarketModel(image="image_url", names=CLIPS)
SILENT = {"sound": False, "duration": "5"}
EVEN = {"aspect_ratio": "1:1"}
UPPER = {"resolution": {"512p": "512P", "768p": "768P", "1080p": "1080P"}}
GPT = MarketModel(
    ratio="aspect_ratio",
    ratios=SCREEN,
    images="input_urls",
    names=RESOLUTION,
    with_image=("text-to-image", "image-to-image"),
)
OMNI = MarketModel(
    ratio="aspect_ratio",
    ratios=VIDEO,
    names={**CLIPS, "sound": "audio"},
    words={"resolution": {"720p": "720p", "1080p": "1080p", "4K": "4k"}},
    as_text=(),
    always={"customize_multi_shots": False, "elements": [], "duration": 5},
    with_image=("text-", "image-"),
)
PIXVERSE = {"seconds": "duration", "resolution": "quality", "sound": "generate_audio_switch", **SEED}

# By the prefix of a model's name. The longest counts.
MODELS: dict[str, MarketModel] = {
    "google/nano-banana": MarketModel(ratio="image_size"),
    "google/nano-banana-edit": MarketModel(ratio="image_size", images="image_urls"),
    "nano-banana-": MarketModel(ratio="aspect_ratio", images="image_input", names=RESOLUTION),
    "nano-banana-2-lite": MarketModel(ratio="aspect_ratio", images="image_urls"),
    "gpt-image-2-": GPT,
    "gpt-image-2-5-": structs.replace(GPT, ratios=(*PRINT, "9:21", "2:1", "1:2", "3:1", "1:3")),
    "gpt-image/1.5-": MarketModel(
        ratio="aspect_ratio",
        ratios=("1:1", "2:3", "3:2"),
        images="input_urls",
        grade="quality",
        names={"quality": "quality"},
        words={"quality": {"standard": "medium", "hd": "high"}},
        always={**EVEN, "quality": "medium"},
        with_image=("text-to-image", "image-to-image"),
    ),
    "flux-2/": MarketModel(
        ratio="aspect_ratio",
        ratios=PHOTO,
        images="input_urls",
        names=RESOLUTION,
        always={**EVEN, "resolution": "1K"},
        with_image=("text-to-image", "image-to-image"),
    ),
    "seedream/": MarketModel(
        ratio="aspect_ratio",
        ratios=POSTER,
        images="image_urls",
        grade="quality",
        names={"resolution": "quality"},
        words={"quality": {"1K": "basic", "2K": "high"}},
        always={**EVEN, "quality": "basic"},
        with_image=("text-to-image", "image-to-image"),
    ),
    "seedream/4.5-": MarketModel(
        ratio="aspect_ratio",
        ratios=POSTER,
        images="image_urls",
        grade="quality",
        names={"resolution": "quality"},
        words={"quality": {"2K": "basic", "4K": "high"}},
        always={**EVEN, "quality": "basic"},
        with_image=("text-to-image", "edit"),
    ),
    "seedream/5-lite-": MarketModel(
        ratio="aspect_ratio",
        ratios=POSTER,
        images="image_urls",
        grade="quality",
        names={"resolution": "quality"},
        words={"quality": {"2K": "basic", "3K": "high"}},
        always={**EVEN, "quality": "basic"},
        with_image=("text-to-image", "image-to-image"),
    ),
    "bytedance/seedream-v4": MarketModel(
        ratio="image_size",
        ratios=SHAPES,
        images="image_urls",
        grade="image_resolution",
        names={**SEED, "count": "max_images", "resolution": "image_resolution"},
        with_image=("text-to-image", "edit"),
    ),
    "ideogram/v3-text-to-image": SHAPED,
    "qwen/text-to-image": SHAPED,
    "qwen/image-to-image": MarketModel(image="image_url", names=SEED_AND_NEGATIVE),
    "qwen2/": MarketModel(
        ratio="image_size", ratios=SCREEN, image="image_url", names=SEED, with_image=("text-to-image", "image-edit")
    ),
    "qwen3/pro-text-to-image": MarketModel(
        ratio="image_size", ratios=POSTER, names={**SEED_AND_NEGATIVE, **RESOLUTION}
    ),
    "z-image": MarketModel(ratio="aspect_ratio", ratios=SCREEN, always=EVEN),
    "grok-imagine/text-to-image": MarketModel(ratio="aspect_ratio", ratios=GROK),
    "grok-imagine/image-to-image": MarketModel(images="image_urls"),
    "grok-imagine-image-2-0/": MarketModel(
        ratio="aspect_ratio", ratios=GROK, images="image_urls", with_image=("text-to-image", "image-edit")
    ),
    "wan/2-7-image": MarketModel(
        ratio="aspect_ratio",
        ratios=CINEMA,
        images="input_urls",
        names={**SEED, **RESOLUTION, "count": "n"},
        always={"resolution": "1K"},
    ),
    "kling-3.0/video": MarketModel(
        ratio="aspect_ratio",
        ratios=VIDEO,
        images="image_urls",
        grade="mode",
        names={**SECONDS, "resolution": "mode", "sound": "sound"},
        words={"mode": {"720p": "std", "1080p": "pro", "4K": "4K"}},
        always={**SILENT, "multi_shots": False, "mode": "pro"},
    ),
    "kling-3.0-omni/text-to-video": OMNI,
    "kling-3.0-omni/image-to-video": structs.replace(
        OMNI, ratio=None, images="image_urls", always={**OMNI.always, "aspect_ratio": "auto"}
    ),
    "kling-2.6/text-to-video": MarketModel(
        ratio="aspect_ratio",
        ratios=VIDEO,
        names={**SECONDS, "sound": "sound"},
        always={**SILENT, **EVEN},
        with_image=("text-", "image-"),
    ),
    "kling-2.6/image-to-video": MarketModel(images="image_urls", names={**SECONDS, "sound": "sound"}, always=SILENT),
    "kling/v3-turbo-text-to-video": MarketModel(
        ratio="aspect_ratio", ratios=VIDEO, names=CLIPS, always={"duration": "5"}, with_image=("text-", "image-")
    ),
    "kling/v3-turbo-image-to-video": structs.replace(CLIP, always={"duration": "5"}),
    "kling/v2-5-turbo-text": MarketModel(
        ratio="aspect_ratio",
        ratios=VIDEO,
        names={**SECONDS, "negative_prompt": "negative_prompt"},
        with_image=("text-", "image-"),
    ),
    "kling/v2-": MarketModel(image="image_url", names={**SECONDS, "negative_prompt": "negative_prompt"}),
    "bytedance/seedance-2": SEEDANCE,
    "bytedance/seedance-2-5": structs.replace(SEEDANCE, always={"output_format": "mp4"}),
    "bytedance/seedance-1.5-pro": MarketModel(
        ratio="aspect_ratio", ratios=CINEMA, images="input_urls", names=HEARD, always=EVEN
    ),
    "wan/2-7-text-to-video": WAN,
    "wan/2-7-image-to-video": MarketModel(image="first_frame_url", names=WAN.names, as_text=()),
    "wan/3-0-video": MarketModel(
        ratio="aspect_ratio",
        ratios=SCREEN,
        image="first_frame_url",
        names={**CLIPS, **SEED, "sound": "audio"},
        words={"resolution": {"480p": "480P", "720p": "720P", "1080p": "1080P"}},
        as_text=(),
    ),
    "wan/2-6-text-to-video": MarketModel(names=CLIPS, with_image=("text-", "image-")),
    "wan/2-6-image-to-video": CLIP,
    "hailuo/02-text": MarketModel(names=SECONDS),
    "hailuo/": structs.replace(STARTED, words=UPPER),
    "minimax-h3/text-to-video": MarketModel(
        ratio="aspect_ratio",
        ratios=CINEMA,
        names=CLIPS,
        words={"resolution": {"768p": "768P", "2K": "2K"}},
        as_text=(),
        with_image=("text-", "image-"),
    ),
    "minimax-h3/image-to-video": MarketModel(
        image="first_frame_url", names=CLIPS, words={"resolution": {"768p": "768P", "2K": "2K"}}, as_text=()
    ),
    "pixverse-v6/text-to-video": MarketModel(
        ratio="aspect_ratio", ratios=POSTER, names=PIXVERSE, as_text=(), with_image=("text-", "image-")
    ),
    "pixverse-v6/image-to-video": MarketModel(images="image_urls", names=PIXVERSE, as_text=()),
    "google/gemini-omni-flash": MarketModel(
        ratio="aspect_ratio",
        ratios=VIDEO[:2],
        images="image_urls",
        names={**CLIPS, **SEED},
        words={"resolution": {"360p": "360p", "720p": "720p", "1080p": "1080p", "4K": "4k"}},
        always={"duration": "4"},
    ),
    "grok-imagine/text-to-video": MarketModel(ratio="aspect_ratio", ratios=GROK, names=CLIPS, as_text=()),
    "grok-imagine/image-to-video": CLIP,
    "grok-imagine-video-1-5": MarketModel(
        ratio="aspect_ratio", ratios=GROK, images="image_urls", names=CLIPS, as_text=()
    ),
    "happyhorse/text-to-video": HORSE,
    "happyhorse/image-to-video": MarketModel(images="image_urls", names=HORSE.names, as_text=()),
    "happyhorse-1-1/text-to-video": structs.replace(
        HORSE, ratios=(*PRINT[:5], "5:4", "4:5", "21:9", "9:21"), names=CLIPS
    ),
    "happyhorse-1-1/image-to-video": MarketModel(images="image_urls", names=CLIPS, as_text=()),
    "elevenlabs/text-to-speech-": MarketModel(prompt="text", names=VOICE, always={"voice": "Rachel"}),
    "elevenlabs/sound-effect-": MarketModel(prompt="text", names={"seconds": "duration_seconds"}),
    "topaz/image-upscale": MarketModel(
        prompt=None, image="image_url", names={"scale": "upscale_factor"}, always={"upscale_factor": "2"}
    ),
    "recraft/crisp-upscale": MarketModel(prompt=None, image="image"),
    "recraft/remove-background": MarketModel(prompt=None, image="image"),
}
# The inputs of other models, as most of them have them.
OTHERS = {
    "image": MarketModel(ratio="aspect_ratio", images="image_urls"),
    "video": MarketModel(ratio="aspect_ratio", ratios=SCREEN, images="image_urls", names=SECONDS),
    "voice": MarketModel(prompt="text", names=VOICE),
    "music": MarketModel(names=SECONDS),
    "upscale": MarketModel(prompt=None, image="image_url", names={"scale": "upscale_factor"}),
}
