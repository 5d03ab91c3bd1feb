"""Running processes: each sends a heartbeat every few seconds, and expires without one."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from secrets import token_hex

import msgspec
from msgspec import Struct, structs

from shared.domain.errors import StoreDown, StoreError
from shared.ops import clock
from shared.ops.background import keep_running
from shared.store import keys
from shared.store.client import StoreClient
from shared.store.stored_lists import UNREADABLE, read_each
from shared.version import VERSION

HEARTBEAT_S, EXPIRY_S = 4.0, 15.0


class Process(Struct, frozen=True, kw_only=True):
    """A running process. `queue` is a provider or `webhooks`; a gateway and a sweeper have neither queue nor slots."""

    id: str
    role: str  # gateway, worker, dispatcher or sweeper
    queue: str | None = None
    slots: int | None = None
    running: int | None = None
    version: str
    host: str
    pid: int
    since_ms: int


@asynccontextmanager
async def announce(
    store: StoreClient,
    role: str,
    *,
    queue: str | None = None,
    slots: int | None = None,
    running: Callable[[], int] | None = None,
) -> AsyncIterator[None]:
    """Send this process's heartbeats while the block runs, and remove the process at its end."""
    host, pid = socket.gethostname(), os.getpid()
    process = Process(
        id=f"{role}-{token_hex(4)}",
        role=role,
        queue=queue,
        slots=slots,
        version=VERSION,
        host=host,
        pid=pid,
        since_ms=clock.now_ms(),
    )
    heartbeats = asyncio.create_task(
        keep_running("send_heartbeats", partial(_send_heartbeats, store, process, running))
    )
    try:
        yield
    finally:
        heartbeats.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await heartbeats
        with contextlib.suppress(StoreDown, StoreError):
            await store.call("DEL", keys.process(process.id), patience_s=0)


async def _send_heartbeats(store: StoreClient, process: Process, running: Callable[[], int] | None) -> None:
    while True:
        with contextlib.suppress(StoreDown, StoreError):
            await send_heartbeat(store, structs.replace(process, running=running()) if running else process)
        await asyncio.sleep(HEARTBEAT_S)


async def send_heartbeat(store: StoreClient, process: Process) -> None:
    """Send one heartbeat. Raises StoreDown."""
    await store.run("beat", process.id, msgspec.json.encode(process), int(EXPIRY_S * 1000))


async def list_processes(store: StoreClient) -> list[Process]:
    """Return the processes with a recent heartbeat, by role, queue and age."""
    ids = [raw.decode() for raw in await store.call("ZRANGE", keys.PROCESSES, 0, -1)]
    if not ids:
        return []
    found = await store.call("MGET", *(keys.process(name) for name in ids))
    named = [(name, raw) for name, raw in zip(ids, found, strict=True) if raw is not None]
    alive = read_each(named, _read, _unreadable, where=keys.PROCESSES)
    return sorted(alive, key=lambda process: (process.role, process.queue or "", process.since_ms))


def _read(named: tuple[str, bytes]) -> Process:
    return msgspec.json.decode(named[1], type=Process)


def _unreadable(named: tuple[str, bytes]) -> Process:
    return Process(id=named[0], role=UNREADABLE, version="", host="", pid=0, since_ms=0)
