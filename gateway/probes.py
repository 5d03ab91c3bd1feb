"""Probes: /healthz says that the process is alive, /readyz which part is not ready, /metrics is for Prometheus."""

from aiohttp import web

from gateway.context import CONTEXT
from gateway.processes.siblings import HEADERS, SIBLINGS, answer_own
from shared.domain.errors import StoreDown
from shared.ops.storage import StorageError
from shared.store.durability import MARK

READY_PATIENCE_S = 1.0


async def answer_health(request: web.Request) -> web.Response:
    """Answer 200 while the event loop runs, with the version of the catalogue in force."""
    return web.json_response({"status": "ok", "catalogue": request.app[CONTEXT].follower.catalogue.version})


async def answer_readiness(request: web.Request) -> web.Response:
    """Answer 200 if every part is ready, or 503 with the others. A stopping process is not ready."""
    context = request.app[CONTEXT]
    parts = {"gateway": "stopping" if context.watch.leaving else "ok", "store": "ok", "storage": "ok"}
    try:
        await context.store.call("SET", MARK, "1", patience_s=READY_PATIENCE_S)  # a store may answer and refuse writes
    except StoreDown as down:
        parts["store"] = str(down)
    if context.store.fence is not None and context.store.fence.fault:
        parts["store"] = context.store.fence.fault
    try:
        await context.storage.check()
    except StorageError as error:
        parts["storage"] = str(error)
    ready = set(parts.values()) == {"ok"}
    return web.json_response({"status": "ok" if ready else "unavailable", "parts": parts}, status=200 if ready else 503)


async def answer_metrics(request: web.Request) -> web.Response:
    """Answer the process's metrics in Prometheus's text format, with those of the processes that share its port."""
    siblings = request.app.get(SIBLINGS)
    if siblings is None:
        return await answer_own(request)
    return web.Response(body=await siblings.collect(), headers=HEADERS)
