"""A picture from words and, where the model takes them, from other pictures."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from shared.domain import fields

PROMPT_CHARS_MAX = fields.PROMPT_CHARS_MAX
TIMEOUT_S = 600
SIDE_PX_MIN, SIDE_PX_MAX = 64, 2_048
IMAGE_URLS_MAX = 14
COUNT_MAX = 4
STYLE_CHARS_MAX = 1_000

Side = Annotated[int, Meta(ge=SIDE_PX_MIN, le=SIDE_PX_MAX)]


class ImageInput(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Everything an image model may take; a catalogue entry names what its model does take."""

    width: Side | None = None  # pixels
    height: Side | None = None
    seed: fields.Seed | None = None
    negative_prompt: fields.LongText | None = None
    aspect_ratio: fields.AspectRatio | None = None
    style: Annotated[str, Meta(max_length=STYLE_CHARS_MAX)] | None = None  # words put behind the prompt
    image_urls: Annotated[list[fields.ImageUrl], Meta(max_length=IMAGE_URLS_MAX)] | None = None
    count: Annotated[int, Meta(ge=1, le=COUNT_MAX)] | None = None  # pictures
    quality: Literal["standard", "hd"] | None = None
    mode: fields.Word | None = None
    tool: fields.Word | None = None
