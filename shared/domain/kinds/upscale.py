"""A larger version of a picture; the prompt may be empty."""

from typing import Literal

from msgspec import Struct

from shared.domain import fields

PROMPT_CHARS_MAX = fields.PROMPT_CHARS_MAX
TIMEOUT_S = 300


class UpscaleInput(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Everything an upscaling model may take; a catalogue entry names what its model does take."""

    image_url: fields.ImageUrl | None = None
    scale: Literal[2, 4] | None = None
    engine: fields.Word | None = None  # a preference, such as real-esrgan
