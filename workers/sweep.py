"""The sweeper: re-enqueue lost jobs and end overdue generations. Any number of copies may run."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

import structlog

from shared.domain.errors import StoreDown
from shared.domain.generation import FAILED, Outcome
from shared.ops import metrics, redaction, settled
from shared.ops.clock import CLOCK
from shared.ops.storage import Storage, StorageError
from shared.store import accounts, keys, ledger
from shared.store.connect import Store
from shared.store.ledger import Settled
from workers.orphans import release_orphans
from workers.timing import LATE_FIRST_S

EVERY_S = 1.0
BATCH = 200
ASSETS_EVERY_S = 3600.0
DAY_MS = 86_400_000
OVERDUE = Outcome(error_code="timeout", error="This did not finish in time.")

REASON_CHARS_MAX = 200

log = structlog.get_logger()


async def sweep_forever(
    store: Store,
    storage: Storage,
    *,
    known: Collection[str],
    asset_retention_days: int,
    on_round: Callable[[Mapping[str, int]], None] = lambda orphans: None,
) -> None:
    """Sweep each second until cancelled. `known` are the providers in the catalogue.

    `on_round` is called after each round with the number of orders at providers that are gone.
    """
    assets_due_s = 0.0
    while True:
        try:
            await sweep(store)
            await sweep_deliveries(store)
            await store.run("enqueue_late", BATCH)
            await delete_uploads(store, storage)
            on_round(await release_orphans(store, known))
            now_ms = CLOCK.confirmed_ms()
            if now_ms is not None and time.monotonic() >= assets_due_s:
                assets_due_s = time.monotonic() + ASSETS_EVERY_S
                await expire_assets(storage, now_ms - asset_retention_days * DAY_MS)
                await trim_lists(store)
        except (StoreDown, StorageError) as error:
            log.warning("sweeper.round_failed", error=redaction.foreign().error(error, REASON_CHARS_MAX))
        await asyncio.sleep(EVERY_S)


async def sweep(store: Store) -> int:
    """Enqueue lost jobs again and end overdue generations. Return how many generations were checked."""
    checked = 0
    while True:
        _, count, rearmed, overdue = await store.run("sweep", BATCH)
        report("requeued", rearmed)
        for raw in overdue:
            settlement = await ledger.settle(
                store, raw.decode(), FAILED, cost_micros=0, outcome=OVERDUE, late_s=LATE_FIRST_S
            )
            if isinstance(settlement, Settled):
                await settled.report_by_id(store, raw.decode())
        report("overdue", overdue)
        checked += int(count)
        if count < BATCH:
            return checked


async def sweep_deliveries(store: Store) -> int:
    """Enqueue deliveries that have lost their job again. Return how many were checked."""
    _, count, rearmed = await store.run("sweep_deliveries", BATCH)
    report("delivery_requeued", rearmed)
    return int(count)


async def delete_uploads(store: Store, storage: Storage) -> None:
    """Delete the uploads of ended generations: nobody needs an input any more."""
    while paths := await store.call("SRANDMEMBER", keys.UPLOADS, BATCH):
        await storage.delete([path.decode() for path in paths])
        await store.call("SREM", keys.UPLOADS, *paths)


async def expire_assets(storage: Storage, cutoff_ms: int) -> None:
    """Delete the outputs of the days before a moment, batch by batch."""
    while deleted := await storage.delete_before(cutoff_ms):
        log.info("sweeper.assets_deleted", count=deleted)


async def trim_lists(store: Store) -> None:
    """Remove generations whose records have expired from their accounts' lists; ledger entries stay."""
    first = 0
    while accounts_seen := await accounts.list_ids(store, first, BATCH):
        first += len(accounts_seen)
        for account_id in accounts_seen:
            while (await store.run("trim", account_id, BATCH))[1] == BATCH:
                pass


def report(finding: str, ids: list[Any]) -> None:
    """Count and log one kind of finding."""
    if ids:
        metrics.of(metrics.SWEPT, finding).inc(len(ids))
        log.warning(f"sweeper.{finding}", count=len(ids), ids=[raw.decode() for raw in ids[:10]])
