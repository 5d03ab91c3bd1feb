"""python -m gateway"""

import asyncio
import contextlib
import signal
import sys

import uvloop
from aiohttp import web

from gateway.app import build_app
from gateway.desk import DESK
from gateway.protocol import listen
from shared.domain.catalogue_file import CatalogueError
from shared.domain.errors import StoreDown
from shared.ops import collector, limits, logs, metrics, settings
from shared.ops.settings import Settings


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
    except (settings.SettingsError, CatalogueError, OSError, StoreDown) as error:
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
        collector.calm()
        door = await listen(runner, config.host, config.port)
        try:
            await asyncio.Event().wait()
        finally:
            door.close()
            app[DESK].watch.release()
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    sys.exit(main())
