"""OpenAI's chat completions: decode the conversation, accept it as a text, encode the model's message."""

from collections.abc import Sequence
from typing import NoReturn

from aiohttp import web
from msgspec import Struct

from gateway import auth
from gateway.admission.images import RequestImages
from gateway.body import read_json
from gateway.context import CONTEXT
from gateway.dialects import placing
from gateway.dialects.names import find_of_kind
from gateway.dialects.openai import order
from gateway.dialects.openai.chat_bodies import (
    CompletionChoice,
    CompletionMessage,
    CreateCompletion,
    OpenaiCompletion,
    OpenaiMessage,
)
from gateway.dialects.openai.chat_stream import ID, respond_streamed, usage_of
from gateway.responses import json_response
from gateway.stored_files import request_images
from shared.domain.catalogue import Model
from shared.domain.errors import Refused
from shared.domain.generation import Generation
from shared.domain.inputs import prompt_chars_max

ROLES = {"developer": "system", "system": "system", "user": "user", "assistant": "assistant"}
SPEAKERS = {"system": "System", "user": "User", "assistant": "Assistant"}
WORDS_OF_TOKENS = 0.75  # for a model that counts words
NAMES = {"prompt": "messages", "image_urls": "messages", "words_max": "max_tokens"}  # our names, as named here
IGNORED = ("reasoning_effort", "verbosity", "store", "frequency_penalty", "presence_penalty")
Input = dict[str, object]


class Turn(Struct, frozen=True):
    """A message: its role, its text, and the URLs of its images."""

    role: str
    text: str
    images: tuple[str, ...] = ()


async def create_completion(request: web.Request) -> web.Response:
    """Answer the model's next message once it is there."""
    auth.key_hash(request)  # a wrong key is refused before the body is read
    body, identity = await read_json(request, CreateCompletion, with_media=True)
    return await order_text(request, body, identity, encode_completion)


async def order_text(
    request: web.Request, body: CreateCompletion, identity: bytes, encode: order.Encode
) -> web.Response:
    """Accept a conversation, and answer its next message once it is there."""
    context, key_hash = request.app[CONTEXT], auth.key_hash(request)
    preferred = order.read_preference(request)
    check_defaults(body)
    named = find_of_kind(context, body.model, "text")
    turns, images = read_turns(body.messages), request_images(context, key_hash)
    given, notices = build_input(body, turns, named.model)
    if urls := [url for turn in turns for url in turn.images]:
        given["image_urls"] = await take_images(urls, named.model, images)
    prompt = transcript(turns, named.model, cut="messages" in given)
    placed = order.build_order(
        request,
        named,
        identity,
        preferred,
        prompt=prompt,
        given=given,
        uploads=images.uploads,
        metadata=body.metadata,
        webhook_url=body.webhook_url,
    )
    if body.stream:
        with_usage = bool((body.stream_options or {}).get("include_usage"))
        return await respond_streamed(request, placed, notices, NAMES, with_usage=with_usage)
    reply = order.OrderReply(preferred=preferred, notices=notices, encode=encode, names=NAMES)
    return await order.respond(request, placed, reply)


async def read_completion(request: web.Request) -> web.Response:
    """Answer the message of an earlier call, or 202 while it runs."""
    account = await auth.authenticate(request)
    name = request.match_info["id"].removeprefix(ID)
    generation = await placing.find_own(request.app[CONTEXT], account, name, "text")
    return await order.answer(request, generation, [], encode_completion)


def check_defaults(body: CreateCompletion) -> None:
    """Raise Refused for an option that would change the answer, and that no model here takes."""
    others = {
        "n": (body.n not in (None, 1), "must be 1."),
        "tools": (body.tools, "must be left out: tools are not supported here."),
        "logprobs": (body.logprobs, "must be false: they are not supported here."),
        "response_format": (
            (body.response_format or {}).get("type", "text") != "text",
            'must be {"type": "text"}: other formats are not supported here.',
        ),
    }
    for name, (given, reason) in others.items():
        if given:
            raise Refused("invalid_input", reason, field=name)


def read_turns(messages: Sequence[OpenaiMessage]) -> list[Turn]:
    """Return the messages of a conversation with a request in it. Raises Refused naming the place."""
    turns = [read_turn(message, f"messages[{number}]") for number, message in enumerate(messages)]
    if not any(turn.role == "user" and (turn.text.strip() or turn.images) for turn in turns):
        raise Refused("missing_prompt", "must have a message of the user with a text.", field="messages")
    return turns


def read_turn(message: OpenaiMessage, place: str) -> Turn:
    """Return a message. Raises Refused naming the place."""
    if message.role not in ROLES or message.tool_calls:
        raise Refused("invalid_input", "is of a tool, and tools are not supported here.", field=place)
    content = message.content
    if content is None or isinstance(content, str):
        return Turn(ROLES[message.role], content or "")
    if not isinstance(content, list):
        _refuse_part(f"{place}.content")
    texts, images = list[str](), list[str]()
    for number, part in enumerate(content):
        kind = part.get("type") if isinstance(part, dict) else None
        source = part.get("image_url") if kind == "image_url" else None
        url = source.get("url") if isinstance(source, dict) else source
        text = part.get("text") if kind == "text" else None
        if isinstance(text, str):
            texts.append(text)
        elif isinstance(url, str):
            images.append(url)
        else:
            _refuse_part(f"{place}.content[{number}]")
    return Turn(ROLES[message.role], "\n\n".join(texts), tuple(images))


def _refuse_part(place: str) -> NoReturn:
    raise Refused("invalid_input", "must be a text, or parts of type `text` and `image_url`.", field=place)


def build_input(body: CreateCompletion, turns: Sequence[Turn], model: Model) -> tuple[Input, list[str]]:
    """Return the input fields of a call, and a notice for each parameter without effect."""
    stop = [body.stop] if isinstance(body.stop, str) else body.stop
    limit = body.max_completion_tokens if body.max_completion_tokens is not None else body.max_tokens
    wanted = {
        "messages": [{"role": turn.role, "content": turn.text} for turn in turns],
        "max_tokens": limit,
        "temperature": body.temperature,
        "top_p": body.top_p,
        "stop": stop or None,
        "seed": body.seed,
    }
    given: Input = {name: value for name, value in wanted.items() if value is not None and name in model.input}
    if limit is not None and "max_tokens" not in model.input and "words_max" in model.input:
        most = model.input["words_max"].max
        words = max(int(limit * WORDS_OF_TOKENS), 1)
        given["words_max"] = words if most is None else min(words, int(most))
        wanted["max_tokens"] = None
    lost = [name for name, value in wanted.items() if value is not None and name not in (*given, "messages")]
    lost += [name for name in IGNORED if getattr(body, name)]
    return given, [f"{name} has no effect at {model.id}." for name in lost]


async def take_images(urls: Sequence[str], model: Model, images: RequestImages) -> list[str]:
    """Return the images of a conversation for the worker. Raises Refused if the model reads none."""
    if "image_urls" not in model.input:
        raise Refused("invalid_input", f"must have no images: {model.id} reads none.", field="messages")
    return [await images.take(url, "messages") for url in urls]


def transcript(turns: Sequence[Turn], model: Model, *, cut: bool) -> str:
    """Return a conversation as one prompt, for models that take only that; `cut` one is for its owner to recognise."""
    only = len(turns) == 1
    text = turns[0].text if only else "\n\n".join(f"{SPEAKERS[turn.role]}: {turn.text}" for turn in turns)
    return text[-prompt_chars_max(model) :] if cut else text


async def encode_completion(request: web.Request, generation: Generation, notices: list[str]) -> web.Response:
    """Return the response with a completed generation's text."""
    outcome = generation.outcome
    completion = OpenaiCompletion(
        id=ID + generation.id,
        created=generation.created_ms // 1000,
        model=generation.spec.model,
        choices=(
            CompletionChoice(
                message=CompletionMessage(content=(outcome.text if outcome else None) or ""),
                finish_reason="length" if outcome and outcome.facts.get("truncated") else "stop",
            ),
        ),
    )
    usage = usage_of(generation)
    if usage is not None:
        completion.usage = usage
    return json_response(completion)
