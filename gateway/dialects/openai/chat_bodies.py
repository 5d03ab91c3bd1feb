"""The bodies of OpenAI's chat completions."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from gateway.admission.webhook_url import WebhookUrl
from gateway.dialects.openai.image_bodies import MODEL, NO_EFFECT
from gateway.dialects.wokgen.bodies import Name
from shared.domain.described import count, doc, replaced
from shared.domain.fields import Seed
from shared.domain.kinds.text import MESSAGES_MAX, STOPS_MAX
from shared.domain.metadata import SENT, Metadata

REFUSED = "Refused unless it is the default: it is not supported here."
Tokens = Annotated[int, Meta(ge=1, le=2**31)]
Penalty = Annotated[float, Meta(ge=-2, le=2)]


class OpenaiMessage(Struct, kw_only=True):
    """A message of a conversation. Other fields have no effect."""

    role: Annotated[
        Literal["system", "developer", "user", "assistant", "tool", "function"],
        doc("The author. Messages of tools are refused."),
    ]
    content: Annotated[
        object,
        replaced(
            "Its text, or parts of type `text` and `image_url`. Images need a model that reads them.",
            anyOf=[{"type": "string"}, {"type": "array", "items": {"type": "object"}}, {"type": "null"}],
        ),
    ] = None
    tool_calls: Annotated[list[object] | None, doc(REFUSED)] = None


class CreateCompletion(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /v1/chat/completions. Any other field is refused, because it would have no effect."""

    model: Annotated[str | None, MODEL] = None
    messages: Annotated[
        Annotated[list[OpenaiMessage], Meta(min_length=1, max_length=MESSAGES_MAX)], doc("The conversation so far.")
    ]
    max_tokens: Annotated[Tokens | None, doc("The most tokens to write. They bound the reservation.")] = None
    max_completion_tokens: Annotated[Tokens | None, doc("The newer name of `max_tokens`.")] = None
    temperature: Annotated[
        Annotated[float, Meta(ge=0, le=2)] | None, doc("How much chance there is in the choice of words.")
    ] = None
    top_p: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None, doc("The share of the most likely words to choose from.")
    ] = None
    stop: Annotated[
        Name | Annotated[list[Name], Meta(max_length=STOPS_MAX)] | None, doc("Texts at which the model stops.")
    ] = None
    seed: Annotated[Seed | None, doc("The same seed gives the same text where the provider can.", format="int64")] = (
        None
    )
    n: Annotated[Annotated[int, Meta(ge=1, le=128)] | None, doc(REFUSED)] = None
    stream: Annotated[bool | None, doc("Send the text as server-sent events while the model writes it.")] = None
    stream_options: Annotated[
        dict[str, object] | None, doc("`include_usage` adds a last chunk with the tokens. Others have no effect.")
    ] = None
    response_format: Annotated[dict[str, object] | None, doc(REFUSED)] = None
    tools: Annotated[list[object] | None, doc(REFUSED)] = None
    tool_choice: Annotated[object, replaced(NO_EFFECT)] = None
    parallel_tool_calls: Annotated[bool | None, doc(NO_EFFECT)] = None
    logprobs: Annotated[bool | None, doc(REFUSED)] = None
    frequency_penalty: Annotated[Penalty | None, doc(NO_EFFECT)] = None
    presence_penalty: Annotated[Penalty | None, doc(NO_EFFECT)] = None
    reasoning_effort: Annotated[Name | None, doc(NO_EFFECT)] = None
    verbosity: Annotated[Name | None, doc(NO_EFFECT)] = None
    service_tier: Annotated[Name | None, doc(NO_EFFECT)] = None
    store: Annotated[bool | None, doc(NO_EFFECT)] = None
    metadata: Annotated[Metadata | None, SENT] = None
    webhook_url: WebhookUrl = None
    user: Annotated[Name | None, doc(NO_EFFECT)] = None
    safety_identifier: Annotated[Name | None, doc(NO_EFFECT)] = None


class CompletionMessage(Struct, kw_only=True):
    """The model's message."""

    role: Annotated[Literal["assistant"], doc("Always `assistant`.")] = "assistant"
    content: Annotated[str, doc("Its text.")]
    refusal: Annotated[None, doc("Always null: a refusal is an error.")] = None


class CompletionChoice(Struct, kw_only=True):
    """The only choice."""

    index: Annotated[int, doc("Always 0.", minimum=0)] = 0
    message: Annotated[CompletionMessage, doc("The message.")]
    logprobs: Annotated[None, doc("Always null.")] = None
    finish_reason: Annotated[Literal["stop", "length"], doc("`length` if the limit of tokens ended the text.")]


class CompletionUsage(Struct, kw_only=True):
    """The tokens that the provider reported."""

    prompt_tokens: Annotated[int, count("Tokens of the conversation.")]
    completion_tokens: Annotated[int, count("Tokens that were written, reasoning included.")]
    total_tokens: Annotated[int, count("The sum of both.")]


class ChunkDelta(Struct, kw_only=True, omit_defaults=True):
    """The part of the message that a chunk adds."""

    role: Annotated[Literal["assistant"] | UnsetType, doc("In the first chunk.")] = UNSET
    content: Annotated[str | UnsetType, doc("The next part of its text.")] = UNSET


class ChunkChoice(Struct, kw_only=True):
    """The only choice."""

    index: Annotated[int, doc("Always 0.", minimum=0)] = 0
    delta: Annotated[ChunkDelta, doc("The part that this chunk adds.")]
    logprobs: Annotated[None, doc("Always null.")] = None
    finish_reason: Annotated[Literal["stop", "length"] | None, doc("In the last chunk with a choice.")] = None


class CompletionChunk(Struct, kw_only=True):
    """A part of a text that is streamed."""

    id: Annotated[str, doc("`chatcmpl-` and the generation's id.")]
    object: Annotated[Literal["chat.completion.chunk"], doc("Always `chat.completion.chunk`.")] = (
        "chat.completion.chunk"
    )
    created: Annotated[int, count("When the call was accepted, in Unix seconds.")]
    model: Annotated[str, doc("The id of the model that writes it.")]
    choices: Annotated[tuple[ChunkChoice, ...], doc("One choice, or none with the usage.")]
    usage: Annotated[CompletionUsage | UnsetType | None, doc("The tokens, in the last chunk.")] = UNSET


class OpenaiCompletion(Struct, kw_only=True):
    """A completed text."""

    id: Annotated[str, doc("`chatcmpl-` and the generation's id.")]
    object: Annotated[Literal["chat.completion"], doc("Always `chat.completion`.")] = "chat.completion"
    created: Annotated[int, count("When the call was accepted, in Unix seconds.")]
    model: Annotated[str, doc("The id of the model that wrote it.")]
    choices: Annotated[tuple[CompletionChoice, ...], doc("One choice.")]
    usage: Annotated[CompletionUsage | UnsetType, doc("The tokens. Absent if the provider reported none.")] = UNSET
