"""Speech from text; the prompt is what is said."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from shared.domain import fields

PROMPT_CHARS_MAX = 5_000
TIMEOUT_S = 300


class VoiceInput(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Everything a voice model may take; a catalogue entry names what its model does take."""

    voice_id: fields.Word | None = None
    speed: Annotated[float, Meta(ge=0.25, le=4)] | None = None  # 1 is the voice's own
    format: Literal["wav", "mp3"] | None = None
    language: fields.Word | None = None  # such as en or de
