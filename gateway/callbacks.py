"""What providers send: kept for the generation that its address names, and a reason to look. Never a result."""

import msgspec
from aiohttp import web

from gateway.context import DESK
from shared.domain.callback_token import generation_of
from shared.domain.errors import Refused
from shared.store import generations

HEADERS_KEPT_MAX, VALUE_CHARS_MAX = 40, 2_000
BODY_BYTES_MAX = 256_000


async def receive(request: web.Request) -> web.Response:
    """POST /callbacks/{provider}/{token}: 200 for an address of ours, whatever it brings; 404 for any other."""
    desk = request.app[DESK]
    generation_id = generation_of(desk.secret, request.match_info["token"])
    if generation_id is None:
        raise Refused("not_found", "There is no such callback address.")
    body = await request.read()
    names = list(request.headers)[:HEADERS_KEPT_MAX]
    headers = {name.lower(): request.headers[name][:VALUE_CHARS_MAX] for name in names}
    payload = msgspec.msgpack.encode({"headers": headers, "body": body[:BODY_BYTES_MAX]})
    await generations.store_callback(desk.store, generation_id, request.match_info["provider"], payload)
    return web.json_response({"status": "ok"})
