"""OpenAI's speech: decode the request, accept it, answer with the audio itself."""

from aiohttp import web

from gateway import auth
from gateway.body import read_json
from gateway.context import CONTEXT
from gateway.dialects import placing
from gateway.dialects.names import NamedModel, find_of_kind
from gateway.dialects.openai import order
from gateway.dialects.openai.files import file_response, find_sizes
from gateway.dialects.openai.speech_bodies import CreateSpeech
from shared.domain.errors import Refused
from shared.domain.generation import Generation

OURS = ("mp3", "wav")
NAMES = {"prompt": "input", "voice_id": "voice", "format": "response_format"}  # our input fields, as named here
Input = dict[str, object]


async def create_speech(request: web.Request) -> web.Response:
    """Answer the spoken text once it is there."""
    auth.key_hash(request)  # a wrong key is refused before the body is read
    body, identity = await read_json(request, CreateSpeech)
    preferred = order.read_preference(request)
    named = find_of_kind(request.app[CONTEXT], body.model, "voice")
    if not body.input or not body.input.strip():
        raise Refused("missing_prompt", "is required: the text to speak.", field="input")
    given, notices = build_input(body, named)
    placed = order.build_order(
        request, named, identity, preferred, prompt=body.input, given=given, webhook_url=body.webhook_url
    )
    reply = order.OrderReply(preferred=preferred, notices=notices, encode=encode_speech, names=NAMES)
    return await order.respond(request, placed, reply)


async def read_speech(request: web.Request) -> web.Response:
    """Answer the audio of an earlier call, or 202 while it runs."""
    account = await auth.authenticate(request)
    generation = await placing.find_own(request.app[CONTEXT], account, request.match_info["id"], "voice")
    return await order.answer(request, generation, [], encode_speech)


def build_input(body: CreateSpeech, named: NamedModel) -> tuple[Input, list[str]]:
    """Return the input fields of a call, and a notice for each parameter without effect."""
    known, given, lost = named.model.input, Input(), list[str]()
    voices = known["voice_id"].choices if "voice_id" in known else ()
    if body.voice is not None and "voice_id" in known and (not named.aliased or body.voice in voices):
        given["voice_id"] = body.voice
    elif body.voice is not None:
        lost.append("voice")
    if body.speed is not None and "speed" in known:
        given["speed"] = body.speed
    elif body.speed not in (None, 1):
        lost.append("speed")
    formats = (known["format"].choices or OURS) if "format" in known else ()
    if body.response_format in formats:
        given["format"] = body.response_format
    if body.instructions:
        lost.append("instructions")
    return given, [f"{name} has no effect at {named.model.id}." for name in lost]


async def encode_speech(request: web.Request, generation: Generation, notices: list[str]) -> web.Response:
    """Return the audio of a completed generation, or where it is if it is not in our storage."""
    context, outputs = request.app[CONTEXT], generation.outcome.outputs if generation.outcome else ()
    if not outputs:
        raise Refused("upstream_error", "The model made no audio.")
    sizes = await find_sizes(context.storage, outputs[:1])
    if sizes is None:
        return web.Response(status=303, headers={"Location": outputs[0].url(context.base_url)})
    return file_response(request, outputs[0], sizes[0])
