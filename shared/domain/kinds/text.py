"""Kind `text`: a text such as a product description or a post, from a prompt."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from shared.domain import fields
from shared.domain.described import doc

PROMPT_CHARS_MAX = fields.PROMPT_CHARS_MAX
TIMEOUT_S = 300
WORDS_MAX = 4_000


class TextInput(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Every input field of kind `text`; a catalogue entry names the fields of its model."""

    type: Annotated[fields.Word | None, doc("The type of text, such as `product-desc`.")] = None
    tone: Annotated[fields.Word | None, doc("The tone, such as `professional`.")] = None
    length: Annotated[Literal["short", "medium", "long"] | None, doc("The length of the text.")] = None
    words_max: Annotated[Annotated[int, Meta(ge=1, le=WORDS_MAX)] | None, doc("The most words to write.")] = None
    seed: Annotated[
        fields.Seed | None,
        doc("The same seed, prompt and size give the same output where the provider can.", format="int64"),
    ] = None
