"""python -m gateway"""

import asyncio
import contextlib
import signal
import sys
from functools import partial

import uvloop
from aiohttp import web
from msgspec import structs

from gateway.app import build_admin_app, build_app
from gateway.context import CONTEXT, FOLLOWER
from gateway.dispatch import use_exact_paths
from gateway.edge.protocol import listen
from shared.domain.errors import StoreDown, StoreNewer, StoreUnfit
from shared.ops import collector, host, limits, logs, metrics, own_secrets, settings, threads, zero_series
from shared.ops.hangup import Terminal
from shared.ops.settings import Settings
from shared.ops.storage import StorageError
from shared.store.durability import DurabilityError

UNUSABLE = (
    settings.SettingsError,
    DurabilityError,
    OSError,
    StorageError,
    StoreDown,
    StoreNewer,
    StoreUnfit,
)
LEAVE_S = 1.0  # how long a stopping gateway answers requests over open connections
POLL_S = 0.02


def main() -> int:
    """Serve until SIGTERM or SIGINT, and return the exit status."""
    terminal = Terminal()
    try:
        config = settings.load()
        host.check_port(config.host, config.port, "PORT")
        host.check_port(config.admin_host, config.admin_listen_port, "ADMIN_PORT")
        host.check_outputs(config)
        limits.raise_open_files()
        app = build_app(config)
        follower = app[FOLLOWER]
        follower.terminal = terminal
        needs = own_secrets.Needs(sealed=True, records=True)
        follower.dropped = frozenset(own_secrets.keep(follower.catalogue, needs))
        follower.keep_secrets = partial(own_secrets.keep_more, needs=needs)
        logs.configure(config, role="gateway")
        metrics.build("gateway")
        zero_series.export_zeros()
        with contextlib.suppress(asyncio.CancelledError):
            uvloop.run(serve(app, config))
    except UNUSABLE as error:
        print(error, file=sys.stderr)
        return 2
    return 0


async def serve(app: web.Application, config: Settings) -> None:
    """Answer requests until a signal cancels this task. Requests in progress get drain_s to finish."""
    serving = asyncio.current_task()
    assert serving is not None  # noqa: S101  # a coroutine runs in a task
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    app[FOLLOWER].follow_signal(serving.cancel)
    runner = web.AppRunner(app, shutdown_timeout=config.drain_s)
    admin_runner = web.AppRunner(build_admin_app(app, config), shutdown_timeout=config.drain_s)
    try:
        await runner.setup()
        use_exact_paths(runner)
        await admin_runner.setup()
        collector.tune_collector()
        threads.share_interpreter()
        files_max = limits.open_files()
        admin_address = structs.replace(config, host=config.admin_host, port=config.admin_listen_port)
        admin_server = await listen(admin_runner, admin_address, files_max)
        server = await listen(runner, config, files_max)
        try:
            await asyncio.Event().wait()
        finally:
            server.close()
            admin_server.close()
            app[CONTEXT].watch.release()
            await wait_for_clients(runner, min(LEAVE_S, config.drain_s))
    finally:
        await admin_runner.cleanup()
        await runner.cleanup()


async def wait_for_clients(runner: web.AppRunner, limit_s: float) -> None:
    """Return when every connection is closed, or after `limit_s`. Each response has `Connection: close`.

    Closing a connection ourselves would lose a request that is on its way to us.
    """
    for _ in range(int(limit_s / POLL_S)):
        if runner.server is None or not runner.server.connections:
            return
        await asyncio.sleep(POLL_S)


if __name__ == "__main__":
    sys.exit(main())
