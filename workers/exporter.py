"""A worker's own small HTTP server: /metrics for Prometheus, /healthz for the process manager."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import prometheus_client
from aiohttp import web

from shared.ops.settings import Settings

IDLE_S, LINGER_S = 75.0, 2.0  # of a connection without a request, and of a body that nobody reads


async def refresh_nothing() -> None:
    """Refresh nothing before a scrape."""


@asynccontextmanager
async def serve_metrics(
    config: Settings, refresh: Callable[[], Awaitable[None]] = refresh_nothing
) -> AsyncIterator[None]:
    """Serve METRICS_PORT, if it is set, for as long as the role runs; `refresh` is awaited before each scrape.

    Raises OSError if the port is taken.
    """
    if not config.metrics_port:
        yield
        return

    async def show_metrics(_: web.Request) -> web.Response:
        await refresh()
        text = await asyncio.to_thread(prometheus_client.generate_latest)
        return web.Response(body=text, headers={"Content-Type": prometheus_client.CONTENT_TYPE_LATEST})

    async def show_health(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    app = web.Application()
    app.add_routes([web.get("/metrics", show_metrics), web.get("/healthz", show_health)])
    runner = web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=1,
        keepalive_timeout=IDLE_S,
        lingering_time=LINGER_S,
        auto_decompress=False,
    )
    try:
        await runner.setup()
        await web.TCPSite(runner, config.host, config.metrics_port).start()
        yield
    finally:
        await runner.cleanup()
