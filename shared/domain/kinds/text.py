"""Kind `text`: a text such as a product description or a post, from a prompt."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from shared.domain import fields
from shared.domain.described import EXPECTED, doc

PROMPT_CHARS_MAX = fields.PROMPT_CHARS_MAX
TIMEOUT_S = 300
WORDS_MAX = 4_000
MESSAGES_MAX, MESSAGES_CHARS_MAX = 200, 200_000  # of a conversation, and of all its texts
TOKENS_MAX = 32_768
STOPS_MAX = 4
IMAGE_URLS_MAX = 14


class ChatMessage(Struct, forbid_unknown_fields=True, kw_only=True):
    """A message of a conversation."""

    role: Annotated[Literal["system", "user", "assistant"], doc("The author.")]
    content: Annotated[Annotated[str, Meta(max_length=MESSAGES_CHARS_MAX)], doc("Its text.")]


Message = Annotated[ChatMessage, Meta(extra_json_schema={EXPECTED: "an object with a role and a content"})]


class TextInput(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Every input field of kind `text`; a catalogue entry names the fields of its model."""

    type: Annotated[fields.Word | None, doc("The type of text, such as `product-desc`.")] = None
    tone: Annotated[fields.Word | None, doc("The tone, such as `professional`.")] = None
    length: Annotated[Literal["short", "medium", "long"] | None, doc("The length of the text.")] = None
    words_max: Annotated[Annotated[int, Meta(ge=1, le=WORDS_MAX)] | None, doc("The most words to write.")] = None
    messages: Annotated[
        Annotated[list[Message], Meta(max_length=MESSAGES_MAX)] | None,
        doc(
            f"A conversation, with at most {MESSAGES_CHARS_MAX:,} characters in all. The model continues it, and does "
            "not read the prompt."
        ),
    ] = None
    max_tokens: Annotated[
        Annotated[int, Meta(ge=1, le=TOKENS_MAX)] | None, doc("The most tokens to write. They bound the price.")
    ] = None
    temperature: Annotated[
        Annotated[float, Meta(ge=0, le=2)] | None, doc("How much chance there is in the choice of words.")
    ] = None
    top_p: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None, doc("The share of the most likely words to choose from.")
    ] = None
    stop: Annotated[
        Annotated[list[fields.Word], Meta(max_length=STOPS_MAX)] | None, doc("Texts at which the model stops.")
    ] = None
    image_urls: Annotated[
        Annotated[list[fields.ImageUrl], Meta(max_length=IMAGE_URLS_MAX)] | None,
        doc("Images that the model reads: https URLs, or `data:` URLs within the limit of the body."),
    ] = None
    seed: Annotated[
        fields.Seed | None,
        doc("The same seed, prompt and size give the same output where the provider can.", format="int64"),
    ] = None
