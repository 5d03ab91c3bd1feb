"""Kind `enhance`: a better prompt from a prompt."""

from typing import Annotated

from msgspec import Meta, Struct

from shared.domain import fields
from shared.domain.described import doc

PROMPT_CHARS_MAX = 5_000
TIMEOUT_S = 300
VARIATIONS_MAX = 5


class EnhanceInput(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Every input field of kind `enhance`; a catalogue entry names the fields of its model."""

    mode: Annotated[
        fields.Word | None, doc("The mode, such as `pixel`. A mode that the catalogue knows styles the prompt.")
    ] = None
    count: Annotated[Annotated[int, Meta(ge=1, le=VARIATIONS_MAX)] | None, doc("How many outputs to make.")] = None
    seed: Annotated[
        fields.Seed | None,
        doc("The same seed, prompt and size give the same output where the provider can.", format="int64"),
    ] = None
