"""What a 201 promises, and how it is kept.

`fsync`: the append-only file is on disk. A server with `appendfsync always` syncs before it answers, as the embedded
one does; any other (Valkey, Redis >= 7.2) is asked with WAITAOF. `replicated`: a replica has it too (WAIT). `memory`:
the primary has it, and a crash may lose the last moments.
"""

import asyncio

from shared.domain.errors import StoreDown, StoreError
from shared.store.client import StoreClient
from shared.store.wire import Wire

LEVELS = ("fsync", "replicated", "memory")
CONFIRM_MS = 1000  # a replica or disk that takes longer than this counts as gone
REPLICAS = 1
MARK = "gw:mark"


class DurabilityError(ValueError):
    """The store cannot keep what DURABILITY promises; the message says what to change."""


class Acknowledger:
    """Confirms writes in groups: all that was sent in one turn of the event loop, with one question."""

    def __init__(self, *question: str | int) -> None:
        self._question = question
        self._asked: dict[Wire, asyncio.Future[None]] = {}

    async def confirm(self, wire: Wire) -> None:
        """Return when everything sent over `wire` so far is safe. Raises StoreDown if it is not in time."""
        asked = self._asked.get(wire)
        if asked is None:
            asked = self._asked[wire] = asyncio.ensure_future(self._ask(wire))
        await asyncio.shield(asked)

    async def _ask(self, wire: Wire) -> None:
        await asyncio.sleep(0)
        del self._asked[wire]  # whoever comes from here on asks anew
        # WAIT and WAITAOF cover what this connection wrote last; a replay wrote nothing, so a mark is written for it.
        wire.send("SET", MARK, "1")
        reply = await wire.send(*self._question)
        if (reply[0] if isinstance(reply, list) else reply) < 1:  # WAITAOF: [local, replicas]; WAIT: replicas
            raise StoreDown("the store did not confirm the write in time")


async def choose_acknowledger(store: StoreClient, level: str) -> Acknowledger | None:
    """How writes are confirmed at this level; None where the server's own answer is enough.

    Raises DurabilityError if the server cannot keep the promise.
    """
    if level not in LEVELS:
        raise DurabilityError(f"DURABILITY is one of {', '.join(LEVELS)}, not {level!r}")
    if level == "memory":
        return None
    if level == "replicated":
        return Acknowledger("WAIT", REPLICAS, CONFIRM_MS)
    appendonly, appendfsync = await _setting(store, "appendonly"), await _setting(store, "appendfsync")
    if appendonly == "no":
        raise DurabilityError("DURABILITY=fsync needs the store's append-only file: set appendonly yes there")
    if appendfsync == "always":
        return None
    try:
        await store.call("WAITAOF", 0, 0, 0)
    except StoreError:
        message = "DURABILITY=fsync needs appendfsync always on this server, or Valkey, or Redis 7.2 or later"
        raise DurabilityError(message) from None
    return Acknowledger("WAITAOF", 1, 0, CONFIRM_MS)


async def _setting(store: StoreClient, name: str) -> str | None:
    """A setting of the server; None where a hosted server does not tell."""
    try:
        reply = await store.call("CONFIG", "GET", name)
    except StoreError:
        return None
    return reply[1].decode() if isinstance(reply, list) and reply else None
