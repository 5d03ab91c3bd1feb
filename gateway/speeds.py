"""The speeds of providers, read from the store every few seconds."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterable, Mapping

import structlog

from shared.domain.errors import StoreDown
from shared.ops.background import keep_running
from shared.store import providers
from shared.store.connect import Store

REFRESH_S = 2.0

log = structlog.get_logger()


class Speeds:
    """The speeds of some providers. The last known speeds stay while the store is unavailable."""

    def __init__(self, store: Store, names: Iterable[str]) -> None:
        self._store, self._names = store, tuple(names)
        self._took_ms: Mapping[str, Mapping[str, float]] = {}
        self._refresher: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Speeds":
        await self.refresh()
        self._refresher = asyncio.create_task(keep_running("refresh_speeds", self._refresh_forever))
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._refresher is not None:
            self._refresher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._refresher

    def measure(self, names: Iterable[str]) -> None:
        """Read the speeds of other providers from now on."""
        self._names = tuple(names)

    def of(self, kind: str) -> Mapping[str, float]:
        """Return the measured milliseconds from submit to result, by provider."""
        return self._took_ms.get(kind, {})

    async def refresh(self) -> None:
        """Read the speeds now."""
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

    async def _refresh_forever(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_S)
            await self.refresh()
