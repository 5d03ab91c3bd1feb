"""The bodies of OpenAI's responses: one text for an input, which stores no conversation."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from gateway.admission.webhook_url import WebhookUrl
from gateway.dialects.openai.chat_bodies import REFUSED, Tokens
from gateway.dialects.openai.image_bodies import MODEL, NO_EFFECT
from gateway.dialects.wokgen.bodies import Name
from shared.domain.described import count, doc, replaced
from shared.domain.kinds.text import MESSAGES_CHARS_MAX
from shared.domain.metadata import SENT, SHOWN, Metadata

ITEMS = {"type": "array", "minItems": 1, "items": {"type": "object"}}


class CreateResponse(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /v1/responses. Any other field is refused, because it would have no effect."""

    model: Annotated[str | None, MODEL] = None
    input: Annotated[
        object,
        replaced(
            "A text of the user, or messages with parts of type `input_text`, `output_text` and `input_image`.",
            required=True,
            anyOf=[{"type": "string", "minLength": 1}, ITEMS],
        ),
    ] = None
    instructions: Annotated[
        Annotated[str, Meta(max_length=MESSAGES_CHARS_MAX)] | None,
        replaced("The system's message.", anyOf=[{"type": "string"}, {"type": "null"}]),
    ] = None
    max_output_tokens: Annotated[Tokens | None, doc("The most tokens to write. They bound the reservation.")] = None
    temperature: Annotated[
        Annotated[float, Meta(ge=0, le=2)] | None, doc("How much chance there is in the choice of words.")
    ] = None
    top_p: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None, doc("The share of the most likely words to choose from.")
    ] = None
    stream: Annotated[bool | None, doc(REFUSED)] = None
    background: Annotated[bool | None, doc(f"{REFUSED} `Prefer: respond-async` does the same.")] = None
    tools: Annotated[list[object] | None, doc(REFUSED)] = None
    text: Annotated[dict[str, object] | None, doc(REFUSED)] = None
    previous_response_id: Annotated[Name | None, doc("Refused: conversations are not stored here.")] = None
    store: Annotated[bool | None, doc(NO_EFFECT)] = None
    tool_choice: Annotated[object, replaced(NO_EFFECT)] = None
    parallel_tool_calls: Annotated[bool | None, doc(NO_EFFECT)] = None
    reasoning: Annotated[dict[str, object] | None, doc(NO_EFFECT)] = None
    include: Annotated[list[object] | None, doc(NO_EFFECT)] = None
    metadata: Annotated[Metadata | None, SENT] = None
    webhook_url: WebhookUrl = None
    truncation: Annotated[Name | None, doc(NO_EFFECT)] = None
    service_tier: Annotated[Name | None, doc(NO_EFFECT)] = None
    user: Annotated[Name | None, doc(NO_EFFECT)] = None
    safety_identifier: Annotated[Name | None, doc(NO_EFFECT)] = None


class OutputText(Struct, kw_only=True):
    """A text of the model."""

    type: Annotated[Literal["output_text"], doc("Always `output_text`.")] = "output_text"
    text: Annotated[str, doc("The text.")]
    annotations: Annotated[tuple[()], doc("Always empty.", maxItems=0)] = ()


class OutputMessage(Struct, kw_only=True):
    """The model's message."""

    id: Annotated[str, doc("`msg_` and the generation's id.")]
    type: Annotated[Literal["message"], doc("Always `message`.")] = "message"
    status: Annotated[Literal["completed", "incomplete"], doc("`incomplete` if the limit of tokens ended it.")]
    role: Annotated[Literal["assistant"], doc("Always `assistant`.")] = "assistant"
    content: Annotated[tuple[OutputText, ...], doc("One text.")]


class IncompleteDetails(Struct, kw_only=True):
    """Why a response is incomplete."""

    reason: Annotated[Literal["max_output_tokens"], doc("Always `max_output_tokens`.")] = "max_output_tokens"


class InputTokensDetails(Struct, kw_only=True):
    """The parts of the tokens that were read."""

    cached_tokens: Annotated[int, doc("Always 0: not known.", minimum=0)] = 0
    cache_write_tokens: Annotated[int, doc("Always 0: not known.", minimum=0)] = 0


class OutputTokensDetails(Struct, kw_only=True):
    """The parts of the tokens that were written."""

    reasoning_tokens: Annotated[int, doc("Always 0: not known.", minimum=0)] = 0


class ResponseUsage(Struct, kw_only=True):
    """The tokens that the provider reported."""

    input_tokens: Annotated[int, count("Tokens of the input.")]
    input_tokens_details: Annotated[InputTokensDetails, doc("Their parts.")]
    output_tokens: Annotated[int, count("Tokens that were written, reasoning included.")]
    output_tokens_details: Annotated[OutputTokensDetails, doc("Their parts.")]
    total_tokens: Annotated[int, count("The sum of both.")]


class OpenaiResponse(Struct, kw_only=True):
    """A completed response."""

    id: Annotated[str, doc("`resp_` and the generation's id.")]
    object: Annotated[Literal["response"], doc("Always `response`.")] = "response"
    created_at: Annotated[int, count("When the call was accepted, in Unix seconds.")]
    status: Annotated[Literal["completed", "incomplete"], doc("`incomplete` if the limit of tokens ended the text.")]
    model: Annotated[str, doc("The id of the model that wrote it.")]
    output: Annotated[tuple[OutputMessage, ...], doc("One message.")]
    error: Annotated[None, doc("Always null: a failure is an error.")] = None
    incomplete_details: Annotated[IncompleteDetails | None, doc("Why it is incomplete.")] = None
    parallel_tool_calls: Annotated[bool, doc("Always false.")] = False
    tool_choice: Annotated[Literal["none"], doc("Always `none`.")] = "none"
    tools: Annotated[tuple[()], doc("Always empty.", maxItems=0)] = ()
    usage: Annotated[ResponseUsage | UnsetType, doc("The tokens. Absent if the provider reported none.")] = UNSET
    metadata: Annotated[Metadata, SHOWN] = {}
