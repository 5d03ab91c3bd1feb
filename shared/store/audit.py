"""The audit: a record of each operator action, written by the Lua verb that performs the action."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from shared.store import keys
from shared.store.client import Act, Argument, StoreClient
from shared.store.stored_lists import UNREADABLE, read_each

RECORDS_MAX = 10_000  # the limit of parts/audit.lua
DETAIL_CHARS_MAX = 300


class AuditRecord(Struct, frozen=True, kw_only=True):
    """An operator's action. `outcome` is the word of the verb's reply."""

    at_ms: int
    who: str
    what: str
    on: str
    detail: str
    outcome: str


_DECODER = msgspec.json.Decoder(AuditRecord)


class AuditedStore(StoreClient):
    """A store client for one action of an operator: each verb that it runs writes an audit entry."""

    def __init__(self, store: StoreClient, who: str, what: str, on: str = "", detail: str = "") -> None:
        self._store = store
        self._act = Act(who, what, on, detail[:DETAIL_CHARS_MAX])

    async def call(self, *command: Argument, patience_s: float | None = None) -> Any:
        """Send one command and return its reply."""
        return await self._store.call(*command, patience_s=patience_s)

    async def read(self, commands: Sequence[tuple[Argument, ...]]) -> list[Any]:
        """Send commands that only read in one write, and return their replies."""
        return await self._store.read(commands)

    async def run(
        self, verb: str, *args: Argument, patience_s: float | None = None, durable: bool = False, act: Act | None = None
    ) -> list[Any]:
        """Run a Lua verb, write its audit entry, and return the reply."""
        return await self._store.run(verb, *args, patience_s=patience_s, durable=durable, act=act or self._act)


async def list_records(store: StoreClient, count: int) -> list[AuditRecord]:
    """Return up to `count` actions, newest first."""
    found: list[bytes] = await store.call("LRANGE", keys.AUDIT, 0, count - 1)
    return read_each(found, _DECODER.decode, _unreadable, where=keys.AUDIT)


def _unreadable(_: bytes) -> AuditRecord:
    return AuditRecord(at_ms=0, who="", what=UNREADABLE, on="", detail="", outcome="")
