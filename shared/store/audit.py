"""What operators did: a line for each action, written by the script that does it."""

from typing import Any

import msgspec
from msgspec import Struct

from shared.store import keys
from shared.store.connect import Act, Argument, Store

LINES_MAX = 10_000  # as many as parts/audit.lua keeps
DETAIL_CHARS_MAX = 300


class Line(Struct, frozen=True, kw_only=True):
    """One action. `outcome` is the word that the script answered."""

    at_ms: int
    who: str
    what: str
    on: str
    detail: str
    outcome: str


class Acting(Store):
    """A store as an operator uses it for one action: each verb that is run leaves a line in the audit."""

    def __init__(self, store: Store, who: str, what: str, on: str = "", detail: str = "") -> None:
        super().__init__(store.url)
        self._of = store
        self._act = Act(who, what, on, detail[:DETAIL_CHARS_MAX])

    async def call(self, *command: Argument, patience_s: float | None = None) -> Any:
        """As the store does."""
        return await self._of.call(*command, patience_s=patience_s)

    async def run(
        self, verb: str, *args: Argument, patience_s: float | None = None, durable: bool = False, act: Act | None = None
    ) -> list[Any]:
        """As the store does, with a line in the audit."""
        return await self._of.run(verb, *args, patience_s=patience_s, durable=durable, act=act or self._act)


async def lines(store: Store, count: int) -> list[Line]:
    """Up to `count` actions, newest first."""
    found = await store.call("LRANGE", keys.AUDIT, 0, count - 1)
    return [msgspec.json.decode(raw, type=Line) for raw in found]
