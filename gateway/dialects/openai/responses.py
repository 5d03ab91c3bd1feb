"""OpenAI's responses, as one message of a conversation that the caller stores."""

from aiohttp import web

from gateway import auth
from gateway.body import read_json
from gateway.context import CONTEXT
from gateway.dialects import placing
from gateway.dialects.openai import chat, order
from gateway.dialects.openai.chat_bodies import CreateCompletion, OpenaiMessage
from gateway.dialects.openai.chat_stream import usage_of
from gateway.dialects.openai.response_bodies import (
    CreateResponse,
    IncompleteDetails,
    InputTokensDetails,
    OpenaiResponse,
    OutputMessage,
    OutputText,
    OutputTokensDetails,
    ResponseUsage,
)
from gateway.responses import json_response
from shared.domain.errors import Refused
from shared.domain.generation import Generation
from shared.domain.kinds.text import MESSAGES_MAX

ID, MESSAGE_ID = "resp_", "msg_"  # before the generation's id
PARTS = {"input_text": "text", "output_text": "text", "input_image": "image_url"}  # types, as a completion has them
FIELDS = {"messages": "input", "max_tokens": "max_output_tokens"}  # of a completion, as named here
MESSAGE_ROLES = ("system", "developer", "user", "assistant")


async def create_response(request: web.Request) -> web.Response:
    """Answer the model's text once it is there."""
    auth.key_hash(request)  # a wrong key is refused before the body is read
    body, identity = await read_json(request, CreateResponse, with_media=True)
    check_defaults(body)
    try:
        return await chat.order_text(request, as_completion(body), identity, encode_response)
    except Refused as refused:
        field = rename_field(refused.field, shift=1 if body.instructions else 0)
        raise Refused(refused.code, refused.reason, field=field) from None


async def read_response(request: web.Request) -> web.Response:
    """Answer the text of an earlier call, or 202 while it runs."""
    account = await auth.authenticate(request)
    name = request.match_info["id"].removeprefix(ID)
    generation = await placing.find_own(request.app[CONTEXT], account, name, "text")
    return await order.answer(request, generation, [], encode_response)


def check_defaults(body: CreateResponse) -> None:
    """Raise Refused for an option that no model here takes."""
    form = (body.text or {}).get("format") or {}
    others = {
        "stream": (body.stream, "must be false: only chat completions are streamed here."),
        "background": (body.background, "must be false: send `Prefer: respond-async` instead."),
        "previous_response_id": (body.previous_response_id, "must be left out: send the messages before."),
        "text": (
            isinstance(form, dict) and form.get("type", "text") != "text",
            "must have the format text: other formats are not supported here.",
        ),
    }
    for name, (given, reason) in others.items():
        if given:
            raise Refused("invalid_input", reason, field=name)


def as_completion(body: CreateResponse) -> CreateCompletion:
    """Return the completion that continues the input. Raises Refused naming the place."""
    items = [{"role": "user", "content": body.input}] if isinstance(body.input, str) else body.input
    if not isinstance(items, list) or not 0 < len(items) <= MESSAGES_MAX:
        raise Refused("invalid_input", f"must be a text, or a list of 1 to {MESSAGES_MAX} messages.", field="input")
    messages = [read_item(item, f"input[{number}]") for number, item in enumerate(items)]
    if body.instructions:
        messages.insert(0, OpenaiMessage(role="system", content=body.instructions))
    return CreateCompletion(
        model=body.model,
        messages=messages,
        max_tokens=body.max_output_tokens,
        temperature=body.temperature,
        top_p=body.top_p,
        tools=body.tools,
        metadata=body.metadata,
        webhook_url=body.webhook_url,
        store=body.store,
    )


def read_item(item: object, place: str) -> OpenaiMessage:
    """Return an item of an input as a message. Raises Refused naming the place."""
    role = item.get("role") if isinstance(item, dict) else None
    if not isinstance(item, dict) or item.get("type", "message") != "message" or role not in MESSAGE_ROLES:
        raise Refused("invalid_input", "must be a message: other items are not supported here.", field=place)
    content = item.get("content")
    if isinstance(content, list):
        content = [_as_part(part) for part in content]
    return OpenaiMessage(role=role, content=content)


def _as_part(part: object) -> object:
    kind = PARTS.get(str(part.get("type"))) if isinstance(part, dict) else None
    return {"type": kind, kind: part.get(kind)} if kind and isinstance(part, dict) else None


def rename_field(field: str, shift: int) -> str:
    """Return a field of the completion as the call names it. The completion has `shift` more messages before."""
    name, _, place = field.partition("[")
    number, closed, rest = place.partition("]")
    if name != "messages" or not closed:
        return FIELDS.get(name, field)
    return f"input[{int(number) - shift}]{rest}"


async def encode_response(request: web.Request, generation: Generation, notices: list[str]) -> web.Response:
    """Return the response with a completed generation's text."""
    outcome = generation.outcome
    facts, text = (outcome.facts, outcome.text or "") if outcome else ({}, "")
    truncated = bool(facts.get("truncated"))
    response = OpenaiResponse(
        id=ID + generation.id,
        created_at=generation.created_ms // 1000,
        status="incomplete" if truncated else "completed",
        model=generation.spec.model,
        output=(
            OutputMessage(
                id=MESSAGE_ID + generation.id,
                status="incomplete" if truncated else "completed",
                content=(OutputText(text=text),),
            ),
        ),
        incomplete_details=IncompleteDetails() if truncated else None,
        metadata=generation.spec.metadata or {},
    )
    usage = usage_of(generation)
    if usage is not None:
        response.usage = ResponseUsage(
            input_tokens=usage.prompt_tokens,
            input_tokens_details=InputTokensDetails(),
            output_tokens=usage.completion_tokens,
            output_tokens_details=OutputTokensDetails(),
            total_tokens=usage.total_tokens,
        )
    return json_response(response)
