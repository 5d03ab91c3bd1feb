"""Server-sent events: a response that lasts as long as its reader, and is cut if the reader does not keep up."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from gateway.edge.connection import Connection

MEDIA_TYPE = "text/event-stream"
HEARTBEAT_S = 15.0
HEARTBEAT = b":\n\n"
SLOW_S = 10.0  # a reader that takes nothing for so long is dropped
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # a proxy must not collect it


def encode_event(data: bytes, *, name: str = "", id: str = "") -> bytes:
    """Return an event. `data` has no line breaks."""
    named = b"event: %b\n" % name.encode() if name else b""
    numbered = b"id: %b\n" % id.encode() if id else b""
    return b"%b%bdata: %b\n\n" % (numbered, named, data)


def stream_response(request: web.Request, chunks: AsyncIterator[bytes]) -> web.Response:
    """Return a response that sends each chunk at once."""
    return web.Response(body=_send(request, chunks), content_type=MEDIA_TYPE, charset="utf-8", headers=HEADERS)


async def _send(request: web.Request, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield chunks, and close the connection if one of them is not taken in time."""
    protocol, loop = request.protocol, asyncio.get_running_loop()
    async for chunk in chunks:
        timer = loop.call_later(SLOW_S, protocol.drop_slow) if isinstance(protocol, Connection) else None
        try:
            yield chunk
        finally:
            if timer is not None:
                timer.cancel()
