"""Music from words."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from shared.domain import fields

PROMPT_CHARS_MAX = 5_000
TIMEOUT_S = 600
SECONDS_MAX = 300


class MusicInput(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Everything a music model may take; a catalogue entry names what its model does take."""

    seconds: Annotated[float, Meta(ge=1, le=SECONDS_MAX)] | None = None
    guidance: Annotated[float, Meta(ge=0, le=20)] | None = None  # how closely the words are followed
    format: Literal["wav", "mp3"] | None = None
    seed: fields.Seed | None = None
