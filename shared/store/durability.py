"""Durability: the guarantee behind a 201, set by DURABILITY.

`fsync`: the write is in the append-only file on disk. A server with `appendfsync always`, such as the embedded one,
syncs before it answers; another one (Valkey, Redis >= 7.2) confirms with WAITAOF. `replicated`: a replica has the write
too (WAIT). `memory`: the primary has it, and a crash can lose the last moments.
"""

import asyncio

from shared.domain.errors import StoreDown, StoreError, StoreForbids
from shared.store.client import StoreClient
from shared.store.wire import Wire

LEVELS = ("fsync", "replicated", "memory")
CONFIRM_MS = 1000  # a replica or disk that takes longer counts as lost
REPLICAS = 1
MARK = "gw:mark"


class DurabilityError(ValueError):
    """The store cannot give the guarantee of DURABILITY; the message says what to change."""


class Acknowledger:
    """Confirmation of writes in groups: one WAIT or WAITAOF for all commands of one turn of the event loop."""

    def __init__(self, *command: str | int) -> None:
        self._command = command
        self._pending: dict[Wire, asyncio.Future[None]] = {}

    async def confirm(self, wire: Wire) -> None:
        """Wait until everything sent over `wire` so far is durable. Raises StoreDown after CONFIRM_MS."""
        pending = self._pending.get(wire)
        if pending is None:
            pending = self._pending[wire] = asyncio.ensure_future(self._send(wire))
        await asyncio.shield(pending)

    async def _send(self, wire: Wire) -> None:
        await asyncio.sleep(0)
        del self._pending[wire]  # later writes need their own confirmation
        # Both commands cover the last write of this connection. An idempotent replay writes nothing, so write a mark.
        wire.send("SET", MARK, "1")
        reply = await wire.send(*self._command)
        if (reply[0] if isinstance(reply, list) else reply) < 1:  # WAITAOF: [local, replicas]; WAIT: replicas
            raise StoreDown("the store did not confirm the write in time")


async def choose_acknowledger(store: StoreClient, level: str) -> Acknowledger | None:
    """Return the confirmation of writes at this level; None if the server's own answer is enough.

    Raises DurabilityError if the server cannot give the guarantee.
    """
    if level not in LEVELS:
        raise DurabilityError(f"DURABILITY must be one of {', '.join(LEVELS)}, not {level!r}.")
    if level == "memory":
        return None
    if level == "replicated":
        return Acknowledger("WAIT", REPLICAS, CONFIRM_MS)
    appendonly, appendfsync = await read_setting(store, "appendonly"), await read_setting(store, "appendfsync")
    if appendonly == "no":
        raise DurabilityError("DURABILITY=fsync needs the store's append-only file: set `appendonly yes` there.")
    if appendfsync == "always":
        return None
    try:
        await store.call("WAITAOF", 0, 0, 0)
    except StoreError:
        message = "DURABILITY=fsync needs `appendfsync always` on this server, or Valkey, or Redis 7.2 or later."
        raise DurabilityError(message) from None
    return Acknowledger("WAITAOF", 1, 0, CONFIRM_MS)


async def read_setting(store: StoreClient, name: str) -> str | None:
    """Return a setting of the server, None if it is hidden: a hosted server may not support CONFIG."""
    try:
        reply = await store.call("CONFIG", "GET", name)
    except (StoreError, StoreForbids):
        return None
    return reply[1].decode() if isinstance(reply, list) and reply else None
