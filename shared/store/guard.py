"""The guard of a process: checks the store's settings and history, and holds submits and orders back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from shared.domain.errors import StoreDown, StoreError, StoreForbids, StoreUnfit
from shared.ops import metrics
from shared.ops.background import keep_running
from shared.ops.settings import Settings
from shared.store import keys
from shared.store.connect import START_S, Store, open_store, retry_at_start
from shared.store.durability import read_setting
from shared.store.history import NO_PROOF, Fence, load_history, read_history, save_history

HISTORY_EVERY_S = 1.0
SETTINGS_EVERY_S = 60.0

log = structlog.get_logger()


@asynccontextmanager
async def open_guarded_store(config: Settings, name: str, *, wait_s: float = START_S) -> AsyncIterator[Store]:
    """Open the store of a role that runs for long, with its guard.

    Raises StoreDown without a server, StoreUnfit for a setting that would lose data, and what `open_store` raises.
    """
    url, timeout_s = config.store_url, config.store_timeout_s
    async with open_store(url, name=name, durability=config.durability, timeout_s=timeout_s, wait_s=wait_s) as store:
        store.fence = Fence(load_history(config.data_dir), lossy=config.durability == "memory")
        guard = Guard(store, store.fence, config)
        await retry_at_start(store, guard.check_start, wait_s)
        watching = asyncio.create_task(keep_running("watch_store", guard.watch))
        try:
            yield store
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching


class Guard:
    """Compares the store with what the process knows of it, each second, and checks its settings each minute."""

    def __init__(self, store: Store, fence: Fence, config: Settings) -> None:
        self._store, self._fence, self._config = store, fence, config
        self._reported = ""
        self._saved = NO_PROOF
        self._is_saving = True  # False while the last attempt failed

    async def check_start(self) -> None:
        """Make the checks once. Raises StoreDown, StoreUnfit."""
        fault = await find_unsafe_setting(self._store, self._config.durability)
        if fault:
            raise StoreUnfit(fault)
        await self.check_history()

    async def watch(self) -> None:
        """Repeat the checks forever. While the store is away there is nothing to compare."""
        settings_due_s = asyncio.get_running_loop().time() + SETTINGS_EVERY_S
        while True:
            await asyncio.sleep(HISTORY_EVERY_S)
            try:
                await self.check_history()
                if asyncio.get_running_loop().time() >= settings_due_s:
                    settings_due_s = asyncio.get_running_loop().time() + SETTINGS_EVERY_S
                    await self.check_settings()
            except (StoreDown, StoreError) as error:
                log.debug("store.unchecked", reason=str(error))

    async def check_history(self) -> None:
        """Compare the store with what is known of it, and remember it. Raises StoreDown."""
        fence, known = self._fence, self._fence.known
        found = await read_history(self._store, begin=known is None)
        fence.observe(found)
        if fence.history_fault and not found.fenced and (known is None or found.id in ("", known.id)):
            # Processes that start later know nothing of this, so the store itself says it. Not in somebody else's.
            await self._store.call("HSETNX", keys.HISTORY, "fenced", fence.history_fault)
        if not fence.fault and fence.proof != self._saved:
            self._save()
        self._report()

    async def check_settings(self) -> None:
        """Check the settings of the store. Raises StoreDown."""
        self._fence.settings_fault = await find_unsafe_setting(self._store, self._config.durability)
        self._report()

    def _save(self) -> None:
        if self._fence.known is None:
            return
        try:
            save_history(self._config.data_dir, self._fence.known)
            self._saved, self._is_saving = self._fence.proof, True
        except OSError as error:
            if self._is_saving:
                log.info("store.history_unsaved", reason=str(error))
            self._is_saving = False

    def _report(self) -> None:
        """Export and log whether submits and orders are held back."""
        fence = self._fence
        metrics.of(metrics.STORE_FENCED, "history").set(bool(fence.history_fault))
        metrics.of(metrics.STORE_FENCED, "settings").set(bool(fence.settings_fault))
        if fence.fault == self._reported:
            return
        self._reported = fence.fault
        if fence.fault:
            log.error("store.fenced", reason=fence.fault)
        else:
            log.warning("store.unfenced")


async def find_unsafe_setting(store: Store, durability: str) -> str:
    """Return a sentence about a setting of the store that would lose data, "" if there is none. Raises StoreDown.

    A server that hides its settings passes.
    """
    facts = await read_info(store)
    if facts.get("role", "master") != "master":
        raise StoreDown("the store is a replica")
    policy = facts.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        return f"The store may evict our data (maxmemory-policy {policy}): set `maxmemory-policy noeviction` there."
    if durability != "fsync":
        return ""
    if facts.get("aof_enabled") == "0":
        return "DURABILITY=fsync needs the store's append-only file: set `appendonly yes` there."
    if store.safe is None and await read_setting(store, "appendfsync") == "everysec":
        return "DURABILITY=fsync needs `appendfsync always`, which the store had at the start: set it there."
    return ""


async def read_info(store: Store) -> dict[str, str]:
    """Return the fields of INFO; none if the server refuses the command. Raises StoreDown."""
    try:
        text = (await store.call("INFO")).decode()
    except (StoreError, StoreForbids):
        return {}
    return dict(line.split(":", 1) for line in text.split("\r\n") if ":" in line)
