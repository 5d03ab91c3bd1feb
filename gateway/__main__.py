"""python -m gateway [--processes N]"""

import argparse
import asyncio
import contextlib
import signal
import sys
from functools import partial
from pathlib import Path

import uvloop
from aiohttp import web
from msgspec import structs

from gateway.app import build_admin_app, build_app
from gateway.context import CONTEXT, FOLLOWER
from gateway.dispatch import use_exact_paths
from gateway.edge.protocol import listen
from gateway.processes.siblings import SIBLINGS, Siblings
from gateway.processes.supervisor import PROCESSES_MAX, Supervisor
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
    options, terminal = read_options(), Terminal()
    try:
        config = settings.load()
        if options.siblings is None:
            host.check_port(config.host, config.port, "PORT")
            host.check_port(config.admin_host, config.admin_listen_port, "ADMIN_PORT")
        host.check_outputs(config)
        if options.processes > 1:
            logs.configure(config, role="gateway")
            return uvloop.run(Supervisor(config, options.processes, terminal).run())
        limits.raise_open_files()
        app = build_app(config)
        if options.siblings is not None:
            app[SIBLINGS] = Siblings(options.process, options.siblings)
        follower = app[FOLLOWER]
        follower.terminal = terminal
        needs = own_secrets.Needs(sealed=True, records=True, payments=True, mail=True)
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


def read_options() -> argparse.Namespace:
    """Return the options of the command line. The parent of several processes gives them the hidden ones."""
    parser = argparse.ArgumentParser(prog="python -m gateway", description="The HTTP API.")
    text = "number of processes that share the port, such as one a core (default: 1)"
    parser.add_argument("--processes", type=int, choices=range(1, PROCESSES_MAX + 1), default=1, metavar="N", help=text)
    parser.add_argument("--process", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--siblings", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


async def serve(app: web.Application, config: Settings) -> None:
    """Answer requests until a signal cancels this task. Requests in progress get drain_s to finish."""
    serving = asyncio.current_task()
    assert serving is not None  # noqa: S101  # a coroutine runs in a task
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    app[FOLLOWER].follow_signal(serving.cancel)
    runner = web.AppRunner(app, shutdown_timeout=config.drain_s)
    admin_runner = web.AppRunner(build_admin_app(app, config), shutdown_timeout=config.drain_s)
    runners = [admin_runner, runner]
    try:
        await runner.setup()
        use_exact_paths(runner)
        await admin_runner.setup()
        collector.tune_collector()
        threads.share_interpreter()
        files_max = limits.open_files()
        admin_address = structs.replace(config, host=config.admin_host, port=config.admin_listen_port)
        siblings = app.get(SIBLINGS)
        if siblings is not None:
            runners.append(await siblings.serve())
        admin_server = await listen(admin_runner, admin_address, files_max, shared=siblings is not None)
        server = await listen(runner, config, files_max, shared=siblings is not None)
        try:
            await asyncio.Event().wait()
        finally:
            server.close()
            admin_server.close()
            app[CONTEXT].watch.release()
            app[CONTEXT].feeds.release()
            await wait_for_clients(runner, min(LEAVE_S, config.drain_s))
    finally:
        for one in runners:
            await one.cleanup()


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
