"""Kind `voice`: speech. The prompt is the spoken text."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from shared.domain import fields
from shared.domain.described import doc

PROMPT_CHARS_MAX = 5_000
TIMEOUT_S = 300


class VoiceInput(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Every input field of kind `voice`; a catalogue entry names the fields of its model."""

    voice_id: Annotated[fields.Word | None, doc("The name of a voice.")] = None
    speed: Annotated[
        Annotated[float, Meta(ge=0.25, le=4)] | None, doc("The speed of speech. 1 is the voice's own.")
    ] = None
    format: Annotated[Literal["wav", "mp3"] | None, doc("The format of the file.")] = None
    language: Annotated[fields.Word | None, doc("The language, such as `en` or `de`.")] = None
