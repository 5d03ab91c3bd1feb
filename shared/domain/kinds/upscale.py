"""Kind `upscale`: a larger version of an image. The prompt may be empty."""

from typing import Annotated, Literal

from msgspec import Struct

from shared.domain import fields
from shared.domain.described import doc

PROMPT_CHARS_MAX = fields.PROMPT_CHARS_MAX
TIMEOUT_S = 300


class UpscaleInput(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Every input field of kind `upscale`; a catalogue entry names the fields of its model."""

    image_url: Annotated[
        fields.ImageUrl | None,
        doc("An image to start from: an https URL, or a `data:` URL within the limit of the body."),
    ] = None
    scale: Annotated[Literal[2, 4] | None, doc("The factor to enlarge by.")] = None
    engine: Annotated[fields.Word | None, doc("A preferred upscaling engine, such as `real-esrgan`.")] = None
