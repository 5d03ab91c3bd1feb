"""A better prompt from a prompt."""

from typing import Annotated

from msgspec import Meta, Struct

from shared.domain import fields

PROMPT_CHARS_MAX = 5_000
TIMEOUT_S = 300
VARIATIONS_MAX = 5


class EnhanceInput(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Everything an enhancing model may take; a catalogue entry names what its model does take."""

    mode: fields.Word | None = None  # pixel, business, ...: what the prompt is for
    count: Annotated[int, Meta(ge=1, le=VARIATIONS_MAX)] | None = None
    seed: fields.Seed | None = None
