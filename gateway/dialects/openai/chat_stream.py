"""Chat completions as a stream: chunks of the text while the model writes it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence

import msgspec
from aiohttp import web
from msgspec import UNSET, structs

from gateway.cancel import cancel
from gateway.context import CONTEXT, GatewayContext
from gateway.dialects import placing
from gateway.dialects.error_bodies import error_body, status_in
from gateway.dialects.openai import order
from gateway.dialects.openai.chat_bodies import ChunkChoice, ChunkDelta, CompletionChunk, CompletionUsage
from gateway.errors import status_of
from gateway.event_stream import HEARTBEAT, HEARTBEAT_S, encode_event, stream_response
from gateway.exchange import EXCHANGE
from gateway.feed import read_feed
from gateway.history.generations import find_generation
from gateway.offers import GenerationRequest
from gateway.responses import mark_replay, refusal_response
from shared.domain.errors import Refused, StoreDown
from shared.domain.generation import TERMINAL, Generation
from shared.store import feeds

ID = "chatcmpl-"  # before the generation's id
DONE = encode_event(b"[DONE]")
Part = str | Generation | None  # a text, the generation at its end, or nothing for a while


async def respond_streamed(
    request: web.Request,
    placed: GenerationRequest,
    notices: Sequence[str],
    names: Mapping[str, str],
    *,
    with_usage: bool,
) -> web.Response:
    """Accept an order, and stream its text. One that fails before its first word is answered as an error."""
    context = request.app[CONTEXT]
    accepted = await placing.place(request, structs.replace(placed, wait_s=0, streamed=True), names)
    generation = accepted.generation
    if context.settings.cancel_abandoned_streams:
        cancel_when_left(context, generation)
    parts = read_parts(context, generation)
    first = await anext(parts, None)
    failure = order.failure_of(first) if isinstance(first, Generation) else None
    if failure is not None:
        response = refusal_response(order.DIALECT, failure)
    else:
        response = stream_response(request, encode_parts(generation, first, parts, with_usage=with_usage))
    placing.add_headers(response, generation, [*notices, *generation.notices])
    return mark_replay(response, replayed=accepted.replayed)


def cancel_when_left(context: GatewayContext, generation: Generation) -> None:
    """Cancel a generation once the client has left: it is charged for the part that was written."""

    async def stop() -> None:
        with contextlib.suppress(Refused, StoreDown):
            await cancel(context, generation.account, generation.id)

    if (left := EXCHANGE.get().left) is not None and generation.open:
        loop = asyncio.get_running_loop()
        left.add_done_callback(lambda _: running.add(loop.create_task(stop())))


running: set["asyncio.Task[None]"] = set()


async def read_parts(context: GatewayContext, generation: Generation) -> AsyncIterator[Part]:
    """Yield the text of a generation as it is written, None after each pause, and the generation once it has ended."""
    account, sent = generation.account, ""
    if generation.open:
        await feeds.follow(context.store, account, generation.id)
    async for entries in read_feed(context, account, f"{generation.created_ms - 1}-0", HEARTBEAT_S):
        own = [entry for entry in entries if entry.generation == generation.id]
        for entry in own:
            if entry.type == "text" and entry.offset == len(sent):
                sent += entry.text or ""
                yield entry.text or ""
        if entries and not (own and own[-1].type in TERMINAL):
            continue
        current = await find_generation(context, account, generation.id)
        if current is not None and not current.open:
            text = (current.outcome.text if current.outcome else None) or ""
            if text.startswith(sent) and text != sent:
                yield text[len(sent) :]
            yield current
            return
        yield None


async def encode_parts(
    generation: Generation, first: Part, parts: AsyncIterator[Part], *, with_usage: bool
) -> AsyncIterator[bytes]:
    """Yield the events of a text, the usage if it is wanted, and the end."""
    chunk = CompletionChunk(
        id=ID + generation.id,
        created=generation.created_ms // 1000,
        model=generation.spec.model,
        choices=(ChunkChoice(delta=ChunkDelta(role="assistant", content="")),),
        usage=None if with_usage else UNSET,
    )
    yield encode_chunk(chunk)
    part = first
    while True:
        if isinstance(part, Generation):
            yield encode_end(chunk, part, with_usage=with_usage)
            return
        yield encode_chunk(chunk, ChunkChoice(delta=ChunkDelta(content=part))) if part is not None else HEARTBEAT
        try:
            part = await anext(parts)
        except StopAsyncIteration:
            return


def encode_end(chunk: CompletionChunk, generation: Generation, *, with_usage: bool) -> bytes:
    """Return the last events of a text: an error, or the reason for its end and its usage."""
    failure = order.failure_of(generation)
    if failure is not None:
        status = status_in(order.DIALECT, failure.code, status_of(failure))
        return encode_event(msgspec.json.encode(error_body(order.DIALECT, failure, status))) + DONE
    cut = generation.outcome is not None and bool(generation.outcome.facts.get("truncated"))
    end = encode_chunk(chunk, ChunkChoice(delta=ChunkDelta(), finish_reason="length" if cut else "stop"))
    usage = usage_of(generation) if with_usage else None
    counted = encode_event(msgspec.json.encode(structs.replace(chunk, choices=(), usage=usage))) if usage else b""
    return end + counted + DONE


def encode_chunk(chunk: CompletionChunk, choice: ChunkChoice | None = None) -> bytes:
    """Return a chunk as an event, with a choice of its own if it is given."""
    return encode_event(msgspec.json.encode(structs.replace(chunk, choices=(choice,)) if choice else chunk))


def usage_of(generation: Generation) -> CompletionUsage | None:
    """Return the tokens that the provider reported, or None."""
    facts = generation.outcome.facts if generation.outcome else {}
    read, written = facts.get("prompt_tokens"), facts.get("completion_tokens")
    if not isinstance(read, int) or not isinstance(written, int):
        return None
    return CompletionUsage(prompt_tokens=read, completion_tokens=written, total_tokens=read + written)
