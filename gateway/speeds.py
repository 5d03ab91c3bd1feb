"""How long providers take, as the store has learnt it, read again every few seconds."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterable, Mapping

import structlog

from shared.domain.errors import StoreDown
from shared.store import providers
from shared.store.connect import Store

AGAIN_S = 2.0

log = structlog.get_logger()


class Speeds:
    """Of the providers named; what was known stays while the store is away."""

    def __init__(self, store: Store, names: Iterable[str]) -> None:
        self._store, self._names = store, tuple(names)
        self._took_ms: Mapping[str, Mapping[str, float]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Speeds":
        if self._names:
            await self.look()
            self._looking = asyncio.create_task(self._look_forever())
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._looking is not None:
            self._looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking

    def of(self, kind: str) -> Mapping[str, float]:
        """Milliseconds from submit to done, by provider, of those that were measured."""
        return self._took_ms.get(kind, {})

    async def look(self) -> None:
        """Read them now."""
        found: defaultdict[str, dict[str, float]] = defaultdict(dict)
        for name in self._names:
            try:
                known = await providers.read_speeds(self._store, name)
            except StoreDown as away:
                log.info("speeds.store_unavailable", reason=str(away))
                return
            for kind, took_ms in known.items():
                found[kind][name] = took_ms
        self._took_ms = found

    async def _look_forever(self) -> None:
        while True:
            await asyncio.sleep(AGAIN_S)
            await self.look()
