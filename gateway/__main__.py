"""python -m gateway"""

import asyncio
import contextlib
import signal
import sys

import uvloop
from aiohttp import web

from gateway.app import build_app
from gateway.context import DESK
from gateway.protocol import listen
from shared.domain.catalogue_file import CatalogueError
from shared.domain.errors import StoreDown, StoreNewer
from shared.ops import collector, limits, logs, metrics, settings
from shared.ops.settings import Settings

LEAVE_S = 1.0  # how long a stopping gateway answers what still comes over open connections
LOOK_EVERY_S = 0.02


def main() -> int:
    """Serve until SIGTERM or SIGINT; the exit status."""
    try:
        config = settings.load()
        limits.raise_open_files()
        app = build_app(config)
        logs.configure(config, role="gateway")
        metrics.build("gateway")
        with contextlib.suppress(asyncio.CancelledError):
            uvloop.run(serve(app, config))
    except (settings.SettingsError, CatalogueError, OSError, StoreDown, StoreNewer) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


async def serve(app: web.Application, config: Settings) -> None:
    """Answer requests until cancelled by a signal; those in hand are answered, at most drain_s later."""
    serving = asyncio.current_task()
    assert serving is not None  # noqa: S101  # a coroutine runs in a task
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    runner = web.AppRunner(app, shutdown_timeout=config.drain_s)
    try:
        await runner.setup()
        collector.relax_collector()
        door = await listen(runner, config.host, config.port)
        try:
            await asyncio.Event().wait()
        finally:
            door.close()
            app[DESK].watch.release()
            await taken_leave(runner, min(LEAVE_S, config.drain_s))
    finally:
        await runner.cleanup()


async def taken_leave(runner: web.AppRunner, limit_s: float) -> None:
    """Return when every connection is gone, or after `limit_s`. Each answer tells its client to close.

    A connection that we close while a request is on its way to us costs that request; so clients close them.
    """
    for _ in range(int(limit_s / LOOK_EVERY_S)):
        if runner.server is None or not runner.server.connections:
            return
        await asyncio.sleep(LOOK_EVERY_S)


if __name__ == "__main__":
    sys.exit(main())
