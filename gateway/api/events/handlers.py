"""Streams of events: of an account, and of one generation."""

import asyncio
import re
from collections.abc import AsyncIterator

import msgspec
from aiohttp import web

from gateway import auth
from gateway.api.events.bodies import StreamedEvent
from gateway.cancel import NOT_FOUND
from gateway.context import CONTEXT, GatewayContext
from gateway.dialects.wowflow.handlers import generation_entry
from gateway.event_stream import HEARTBEAT, HEARTBEAT_S, encode_event, stream_response
from gateway.feed import read_feed, read_own
from gateway.history.generations import find_generation
from shared.domain.errors import Refused
from shared.domain.generation import TERMINAL, Generation
from shared.domain.ids import canonical_uuid
from shared.domain.times import rfc3339
from shared.store import feeds
from shared.store.feeds import READY, FeedEntry

PLACE = re.compile(r"[0-9]{1,15}-[0-9]{1,15}")
POSITION_S = 2.0  # between two polls of the position of a generation that waits
RENEW_S = 600.0  # between two requests to go on writing an account's changes
READY_DATA = msgspec.json.encode(StreamedEvent(type=READY))
GAP = encode_event(msgspec.json.encode(StreamedEvent(type="gap")), name="gap")


async def stream_account(request: web.Request) -> web.Response:
    """Answer with the events of the account's generations from now on, or from the last one that the caller got."""
    context, account = request.app[CONTEXT], await auth.authenticate(request)
    last = last_event(request)
    now = await feeds.follow_account(context.store, account)
    if now is None:
        raise auth.account_gone()
    gap = bool(last) and await feeds.find_gap(context.store, account, last)
    first = GAP if gap else HEARTBEAT if last else encode_event(READY_DATA, name=READY, id=now)
    return reading(request, read_account(context, account, last or now, first))


async def stream_generation(request: web.Request) -> web.Response:
    """Answer with the events of one generation until its end: all that are known, or those after the caller's last."""
    context, account = request.app[CONTEXT], await auth.authenticate(request)
    last, name = last_event(request), canonical_uuid(request.match_info["id"])
    generation = await find_generation(context, account, name) if name else None
    if generation is None:
        raise Refused("not_found", NOT_FOUND)
    if not generation.open and last and not await read_own(context, account, generation.id, last):
        return web.Response(status=204)  # a reader who has the end must not come again
    gap = bool(last) and generation.open and await feeds.find_gap(context.store, account, last)
    if generation.open and await feeds.follow(context.store, account, generation.id) != "followed":
        generation = await find_generation(context, account, generation.id) or generation
    after = last or f"{generation.created_ms - 1}-0"
    return reading(request, read_generation(context, generation, after, gap=gap))


def last_event(request: web.Request) -> str:
    """Return the id of the last event that the caller got, or an empty text if no stream sent what the caller has."""
    given = request.headers.get("Last-Event-ID", "")
    return given if PLACE.fullmatch(given) else ""


def reading(request: web.Request, events: AsyncIterator[bytes]) -> web.Response:
    """Return a response that streams events, and holds a slot of the caller's key until its end. Raises Refused."""
    slots, key = request.app[CONTEXT].event_slots, auth.key_hash(request)
    slots.check(key)

    async def hold() -> AsyncIterator[bytes]:
        with slots.hold(key):
            async for event in events:
                yield event

    return stream_response(request, hold())


async def read_account(context: GatewayContext, account: str, after: str, first: bytes) -> AsyncIterator[bytes]:
    """Yield a first event, then the events of an account after a place, and heartbeats."""
    loop = asyncio.get_running_loop()
    renew_s = loop.time() + RENEW_S
    yield first
    async for entries in read_feed(context, account, after, HEARTBEAT_S):
        if loop.time() > renew_s:
            renew_s = loop.time() + RENEW_S
            await feeds.follow_account(context.store, account)
        shown = [await show(context, account, entry) for entry in entries if entry.type != READY]
        yield b"".join(shown) or HEARTBEAT


async def read_generation(
    context: GatewayContext, generation: Generation, after: str, *, gap: bool
) -> AsyncIterator[bytes]:
    """Yield the events of a generation after a place, its position while it waits, and heartbeats, until its end."""
    position: int | None = None
    yield GAP if gap else HEARTBEAT
    waits_s = POSITION_S if generation.position is not None else HEARTBEAT_S
    async for entries in read_feed(context, generation.account, after, waits_s if generation.open else 0):
        own = [entry for entry in entries if entry.generation == generation.id]
        if own:
            yield b"".join([await show(context, generation.account, entry) for entry in own])
        if own and own[-1].type in TERMINAL:
            return
        if entries:
            continue
        current = await find_generation(context, generation.account, generation.id)
        if current is None or not current.open:
            yield show_end(context, current or generation)
            return
        moved, position = current.position not in (None, position), current.position
        yield show_position(current) if moved else HEARTBEAT


async def show(context: GatewayContext, account: str, entry: FeedEntry) -> bytes:
    """Return an entry of a feed as an event. The end of a generation has the generation with it."""
    event = StreamedEvent(type=f"generation.{entry.type}", generation_id=entry.generation, at=rfc3339(entry.at_ms))
    if entry.type == "text":
        event.type, event.offset, event.text = "text.delta", entry.offset or 0, entry.text or ""
    elif entry.type == "progress":
        event.progress = (entry.percent or 0) / 100
    else:
        event.stage = entry.type
    if entry.type in TERMINAL:
        generation = await find_generation(context, account, entry.generation)
        if generation is not None:
            event.generation = generation_entry(context, generation)
    return encode_event(msgspec.json.encode(event), name=event.type, id=entry.id)


def show_end(context: GatewayContext, generation: Generation) -> bytes:
    """Return the end of a generation whose feed has no entry of it."""
    ended_ms = generation.closed_ms or generation.created_ms
    event = StreamedEvent(
        type=f"generation.{generation.state}",
        generation_id=generation.id,
        at=rfc3339(ended_ms),
        stage=generation.state,
        generation=generation_entry(context, generation),
    )
    return encode_event(msgspec.json.encode(event), name=event.type, id=f"{ended_ms}-0")


def show_position(generation: Generation) -> bytes:
    """Return the position of a generation that waits. The event has no id, because nobody needs it again."""
    event = StreamedEvent(
        type="generation.position", generation_id=generation.id, queue_position=generation.position or 0
    )
    return encode_event(msgspec.json.encode(event), name=event.type)
