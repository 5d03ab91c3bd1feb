"""A worker's own small HTTP server: /metrics for Prometheus, /healthz for the process manager."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import prometheus_client
from aiohttp import web

from shared.ops.catalogue_follower import CatalogueFollower
from shared.ops.settings import Settings

IDLE_S, LINGER_S = 75.0, 2.0  # of a connection without a request, and of a body that nobody reads
STUCK_S = 60.0  # longer than any turn of a role's loop, also while the store is away


async def refresh_nothing() -> None:
    """Refresh nothing before a scrape."""


@asynccontextmanager
async def serve_metrics(
    config: Settings,
    refresh: Callable[[], Awaitable[None]] = refresh_nothing,
    *,
    silent_s: Callable[[], float] = lambda: 0.0,
    follower: CatalogueFollower | None = None,
) -> AsyncIterator[None]:
    """Serve METRICS_PORT, if it is set, for as long as the role runs; `refresh` is awaited before each scrape.

    /healthz answers 503 once `silent_s` says that the role made no progress for STUCK_S. A store that is
    away does not count: the role tries it again and again. The answer names the version of the `follower`'s catalogue.

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
        stuck = silent_s() > STUCK_S
        facts = {"status": "stuck" if stuck else "ok", "silent_s": round(silent_s(), 1)}
        if follower is not None:
            facts["catalogue"] = follower.catalogue.version
        return web.json_response(facts, status=503 if stuck else 200)

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
