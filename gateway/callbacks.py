"""Receive callbacks of providers. A callback is stored for its generation and wakes a worker; it is never a result."""

import msgspec
from aiohttp import web

from gateway.body import read_body
from gateway.context import CONTEXT
from shared.domain.errors import Refused
from shared.store import generations

HEADERS_KEPT_MAX, VALUE_CHARS_MAX = 40, 2_000
BODY_BYTES_MAX = 256_000


async def receive_callback(request: web.Request) -> web.Response:
    """Store a callback. Answer 200 for a URL of ours, whatever the body, and 404 for any other."""
    context = request.app[CONTEXT]
    generation_id = await context.callback_secrets.find_generation(request.match_info["token"])
    if generation_id is None:
        raise Refused("not_found", "Unknown callback URL.")
    body = await read_body(request)
    names = list(request.headers)[:HEADERS_KEPT_MAX]
    headers = {name.lower(): request.headers[name][:VALUE_CHARS_MAX] for name in names}
    payload = msgspec.msgpack.encode({"headers": headers, "body": body[:BODY_BYTES_MAX]})
    await generations.store_callback(context.store, generation_id, request.match_info["provider"], payload)
    return web.json_response({"status": "ok"})
