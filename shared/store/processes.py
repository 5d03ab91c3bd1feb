"""Who lives: each process says so every few seconds, and is forgotten when it falls silent."""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from secrets import token_hex

import msgspec
from msgspec import Struct, structs

from shared.domain.errors import StoreDown
from shared.store import keys
from shared.store.client import StoreClient
from shared.version import VERSION

BEAT_S, KEPT_S = 4.0, 15.0


class Process(Struct, frozen=True, kw_only=True):
    """A running process. `queue` is a provider or webhooks; a gateway and a sweeper have none, and no slots."""

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
    """Say that this process lives, for as long as the block runs."""
    host, pid = socket.gethostname(), os.getpid()
    made = Process(
        id=f"{role}-{token_hex(4)}",
        role=role,
        queue=queue,
        slots=slots,
        version=VERSION,
        host=host,
        pid=pid,
        since_ms=time.time_ns() // 1_000_000,
    )
    beating = asyncio.create_task(_beat_forever(store, made, running))
    try:
        yield
    finally:
        beating.cancel()
        with contextlib.suppress(asyncio.CancelledError, StoreDown):
            await beating
        with contextlib.suppress(StoreDown):
            await store.call("DEL", keys.process(made.id), patience_s=0)


async def _beat_forever(store: StoreClient, process: Process, running: Callable[[], int] | None) -> None:
    while True:
        with contextlib.suppress(StoreDown):
            await send_heartbeat(store, structs.replace(process, running=running()) if running else process)
        await asyncio.sleep(BEAT_S)


async def send_heartbeat(store: StoreClient, process: Process) -> None:
    """Say it once. Raises StoreDown."""
    await store.run("beat", process.id, msgspec.json.encode(process), int(KEPT_S * 1000))


async def list_processes(store: StoreClient) -> list[Process]:
    """All that were heard of lately, by role, queue and age."""
    ids = [raw.decode() for raw in await store.call("ZRANGE", keys.PROCESSES, 0, -1)]
    if not ids:
        return []
    found = await store.call("MGET", *(keys.process(name) for name in ids))
    told = [msgspec.json.decode(raw, type=Process) for raw in found if raw is not None]
    return sorted(told, key=lambda one: (one.role, one.queue or "", one.since_ms))
