"""A film from words and, where the model takes one, from a first picture."""

from typing import Annotated

from msgspec import Meta, Struct

from shared.domain import fields

PROMPT_CHARS_MAX = fields.PROMPT_CHARS_MAX
TIMEOUT_S = 3_600
SIDE_PX_MIN, SIDE_PX_MAX = 64, 1_920
SECONDS_MAX = 30
FPS_MAX = 60

Side = Annotated[int, Meta(ge=SIDE_PX_MIN, le=SIDE_PX_MAX)]


class VideoInput(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Everything a video model may take; a catalogue entry names what its model does take."""

    width: Side | None = None  # pixels
    height: Side | None = None
    seconds: Annotated[int, Meta(ge=1, le=SECONDS_MAX)] | None = None
    fps: Annotated[int, Meta(ge=1, le=FPS_MAX)] | None = None
    seed: fields.Seed | None = None
    negative_prompt: fields.LongText | None = None
    image_url: fields.ImageUrl | None = None
    aspect_ratio: fields.AspectRatio | None = None
