"""Running processes: each sends a heartbeat every few seconds, and expires without one."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from secrets import token_hex

import msgspec
from msgspec import Struct, structs

from shared.domain.errors import StoreDown, StoreError
from shared.ops import clock
from shared.ops.background import keep_running
from shared.ops.catalogue_follower import CatalogueFollower
from shared.store import keys
from shared.store.client import StoreClient
from shared.store.stored_lists import UNREADABLE, read_each
from shared.version import VERSION

HEARTBEAT_S, EXPIRY_S = 4.0, 15.0


class Process(Struct, frozen=True, kw_only=True):
    """A running process. `queue` is a provider or `webhooks`; the other roles have neither queue nor slots."""

    id: str
    role: str  # gateway, worker, dispatcher, sweeper or archiver
    queue: str | None = None
    slots: int | None = None
    running: int | None = None
    version: str
    host: str
    pid: int
    since_ms: int
    catalogue: str = ""  # its version; empty: an older program, which cannot reload it
    catalogue_problem: str = ""  # why it rejected the last reload
    needs_restart: str = ""  # fields of the catalogue that it takes at its start only
    heard: int = 0  # the last announced reload that it acted on

    @property
    def is_at_fault(self) -> bool:
        """Return whether it does not work with all of the catalogue that was announced."""
        return bool(self.catalogue_problem or self.needs_restart)


@asynccontextmanager
async def announce(
    store: StoreClient,
    role: str,
    *,
    queue: str | None = None,
    slots: int | None = None,
    running: Callable[[], int] | None = None,
    follower: CatalogueFollower | None = None,
) -> AsyncIterator[None]:
    """Send this process's heartbeats while the block runs, and remove the process at its end.

    The `follower` learns from them of announced reloads, and works for as long.
    """
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
    work: dict[str, Callable[[], Awaitable[object]]] = {
        "send_heartbeats": partial(_send_heartbeats, store, process, running, follower)
    }
    if follower is not None:
        work["follow_catalogue"] = follower.run
    tasks = [asyncio.create_task(keep_running(name, one)) for name, one in work.items()]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(StoreDown, StoreError):
            await store.call("DEL", keys.process(process.id), patience_s=0)


async def _send_heartbeats(
    store: StoreClient, process: Process, running: Callable[[], int] | None, follower: CatalogueFollower | None
) -> None:
    while True:
        now = structs.replace(process, running=running()) if running else process
        if follower is None:
            with contextlib.suppress(StoreDown, StoreError):
                await send_heartbeat(store, now)
            await asyncio.sleep(HEARTBEAT_S)
            continue
        follower.changed.clear()
        with contextlib.suppress(StoreDown, StoreError):
            follower.follow_announcement(await send_heartbeat(store, _with_catalogue(now, follower)))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HEARTBEAT_S):
                await follower.changed.wait()


def _with_catalogue(process: Process, follower: CatalogueFollower) -> Process:
    return structs.replace(
        process,
        catalogue=follower.catalogue.version,
        catalogue_problem=follower.problem,
        needs_restart=follower.needs_restart,
        heard=follower.heard,
    )


async def send_heartbeat(store: StoreClient, process: Process) -> int:
    """Send one heartbeat, and return the number of the last announced reload. Raises StoreDown."""
    facts = msgspec.json.encode(process)
    _, announced = await store.run("beat", process.id, facts, int(EXPIRY_S * 1000))
    return int(announced)


async def announce_reload(store: StoreClient) -> int:
    """Let every process read its catalogue again, after its next heartbeat. Return the announcement's number."""
    _, number = await store.run("announce_reload")
    return int(number)


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
