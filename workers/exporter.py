"""A worker's own small HTTP server: /metrics for Prometheus, /healthz for whoever restarts what hangs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import prometheus_client
from aiohttp import web

from shared.ops.settings import Settings


async def nothing() -> None:
    """There is nothing to look at before a scrape."""


@asynccontextmanager
async def exported(config: Settings, look: Callable[[], Awaitable[None]] = nothing) -> AsyncIterator[None]:
    """Serve METRICS_PORT, if there is one, for as long as the role runs; `look` is awaited before each scrape.

    Raises OSError for a port that is taken.
    """
    if not config.metrics_port:
        yield
        return

    async def metrics(_: web.Request) -> web.Response:
        await look()
        text = await asyncio.to_thread(prometheus_client.generate_latest)
        return web.Response(body=text, headers={"Content-Type": prometheus_client.CONTENT_TYPE_LATEST})

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    app = web.Application()
    app.add_routes([web.get("/metrics", metrics), web.get("/healthz", healthz)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    try:
        await runner.setup()
        await web.TCPSite(runner, config.host, config.metrics_port).start()
        yield
    finally:
        await runner.cleanup()
