"""/healthz: the process lives. /readyz: it can serve, or which part is missing. /metrics: Prometheus."""

import asyncio

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from gateway.context import DESK
from shared.domain.errors import StoreDown
from shared.ops.storage import StorageError

READY_PATIENCE_S = 1.0


async def healthz(_: web.Request) -> web.Response:
    """Always 200 while the event loop turns."""
    return web.json_response({"status": "ok"})


async def readyz(request: web.Request) -> web.Response:
    """200 with every part ok, or 503 naming the missing ones; 503 too once we are told to stop."""
    desk = request.app[DESK]
    parts = {"gateway": "stopping" if desk.watch.leaving else "ok", "store": "ok", "storage": "ok"}
    try:
        await desk.store.call("PING", patience_s=READY_PATIENCE_S)
    except StoreDown as down:
        parts["store"] = str(down)
    try:
        await desk.storage.check()
    except StorageError as error:
        parts["storage"] = str(error)
    ready = set(parts.values()) == {"ok"}
    return web.json_response({"status": "ok" if ready else "unavailable", "parts": parts}, status=200 if ready else 503)


async def metrics(_: web.Request) -> web.Response:
    """The process's metrics in Prometheus' text format."""
    text = await asyncio.to_thread(generate_latest)  # some ten thousand lines: requests go on meanwhile
    return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})
