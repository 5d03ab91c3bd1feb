"""Words from words: a description, a post, an answer."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from shared.domain import fields

PROMPT_CHARS_MAX = fields.PROMPT_CHARS_MAX
TIMEOUT_S = 300
WORDS_MAX = 4_000


class TextInput(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Everything a text model may take; a catalogue entry names what its model does take."""

    type: fields.Word | None = None  # product-desc, blog, tweet, ...
    tone: fields.Word | None = None  # professional, friendly, ...
    length: Literal["short", "medium", "long"] | None = None
    words_max: Annotated[int, Meta(ge=1, le=WORDS_MAX)] | None = None
    seed: fields.Seed | None = None
