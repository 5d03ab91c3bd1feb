"""Kind `music`: music from a prompt."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from shared.domain import fields
from shared.domain.described import doc

PROMPT_CHARS_MAX = 5_000
TIMEOUT_S = 600
SECONDS_MAX = 300


class MusicInput(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Every input field of kind `music`; a catalogue entry names the fields of its model."""

    seconds: Annotated[Annotated[float, Meta(ge=1, le=SECONDS_MAX)] | None, doc("Length in seconds.")] = None
    guidance: Annotated[Annotated[float, Meta(ge=0, le=20)] | None, doc("How closely to follow the prompt.")] = None
    format: Annotated[Literal["wav", "mp3"] | None, doc("The format of the file.")] = None
    seed: Annotated[
        fields.Seed | None,
        doc("The same seed, prompt and size give the same output where the provider can.", format="int64"),
    ] = None
