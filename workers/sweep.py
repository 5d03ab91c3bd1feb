"""The sweeper: re-enqueue lost jobs and end overdue generations. Any number of copies may run."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from typing import Any

import structlog

from shared.domain.errors import StoreDown, StoreError
from shared.domain.generation import FAILED, Outcome
from shared.domain.times import DAY_MS
from shared.ops import metrics, redaction, settled
from shared.ops.clock import CLOCK
from shared.ops.storage import INPUTS, Storage, StorageError
from shared.store import accounts, keys, ledger, uploads
from shared.store.account_life import grant_month
from shared.store.connect import Store
from shared.store.ledger import Settled
from shared.store.stored_lists import READ_ERRORS
from workers.orphans import release_orphans
from workers.timing import LATE_FIRST_S, Progress

EVERY_S = 1.0
BATCH = 200
ASSETS_EVERY_S = 3600.0
INPUT_DAYS = 4  # of an input that no record names: an upload of a day, an order that waits for a day, and a day more
OVERDUE = Outcome(error_code="timeout", error="This did not finish in time.")

REASON_CHARS_MAX = 200

log = structlog.get_logger()


async def sweep_forever(
    store: Store,
    storage: Storage,
    *,
    known: Callable[[], Collection[str]],
    asset_retention_days: int,
    input_days: int = INPUT_DAYS,
    progress: Progress | None = None,
    on_round: Callable[[Mapping[str, int]], None] = lambda orphans: None,
) -> None:
    """Sweep each second until cancelled. `known` returns the providers in the catalogue.

    `on_round` is called after each round without a failure, with the number of orders at providers that are gone. The
    steps are independent: a step that fails does not keep the others from their work.
    """
    progress = progress or Progress()
    assets_due_s, orphans = 0.0, dict[str, int]()

    async def find_orphans() -> None:
        nonlocal orphans
        orphans = await release_orphans(store, known())

    while True:
        steps: list[Callable[[], Awaitable[object]]] = [
            *(partial(step, store) for step in (sweep, sweep_deliveries, enqueue_late)),
            partial(expire_uploads, store),
            partial(delete_uploads, store, storage),
            find_orphans,
        ]
        now_ms = CLOCK.confirmed_ms()
        if now_ms is not None and time.monotonic() >= assets_due_s:
            assets_due_s = time.monotonic() + ASSETS_EVERY_S
            cutoff_ms = now_ms - asset_retention_days * DAY_MS
            inputs_ms = now_ms - input_days * DAY_MS
            steps += [partial(expire_assets, storage, cutoff_ms, progress), partial(trim_lists, store, progress)]
            steps += [partial(expire_assets, storage, inputs_ms, progress, INPUTS), partial(grant_month, store, now_ms)]
        done = [await take_step(step) for step in steps]
        progress.note()
        if all(done):
            on_round(orphans)
        await asyncio.sleep(EVERY_S)


async def take_step(step: Callable[[], Awaitable[object]]) -> bool:
    """Take one step of a round. Return whether it succeeded; a failure is logged, and the next round repeats it."""
    try:
        await step()
    except (StoreDown, StorageError) as error:
        log.warning("sweeper.round_failed", error=redaction.foreign().error(error, REASON_CHARS_MAX))
        return False
    except StoreError as error:
        log.error("sweeper.step_rejected", error=redaction.foreign().error(error, REASON_CHARS_MAX))
        return False
    return True


async def sweep(store: Store) -> int:
    """Enqueue lost jobs again and end overdue generations. Return how many generations were checked."""
    checked = 0
    while True:
        _, count, rearmed, overdue, unreadable = await store.run("sweep", BATCH)
        report("requeued", rearmed)
        unreadable += [raw for raw in overdue if not await end_overdue(store, raw.decode())]
        report("overdue", overdue)
        report("unreadable", unreadable)
        checked += int(count)
        if count < BATCH:
            return checked


async def end_overdue(store: Store, generation_id: str) -> bool:
    """Fail and refund a generation past its deadline. Return False if its record cannot be read. Raises StoreDown."""
    try:
        settlement = await ledger.settle(
            store, generation_id, FAILED, cost_micros=0, outcome=OVERDUE, late_s=LATE_FIRST_S
        )
        if isinstance(settlement, Settled):
            await settled.report_by_id(store, generation_id)
    except (StoreError, *READ_ERRORS) as error:
        log.error(
            "sweeper.record_unreadable",
            generation=generation_id,
            error=redaction.foreign().error(error, REASON_CHARS_MAX),
        )
        return False
    return True


async def sweep_deliveries(store: Store) -> int:
    """Enqueue deliveries that have lost their job again. Return how many were checked."""
    _, count, rearmed, unreadable = await store.run("sweep_deliveries", BATCH)
    report("delivery_requeued", rearmed)
    report("unreadable", unreadable)
    return int(count)


async def delete_uploads(store: Store, storage: Storage) -> None:
    """Delete the inputs of ended generations and expired uploads: nobody needs them any more."""
    while paths := await store.call("SRANDMEMBER", keys.UPLOADS, BATCH):
        await storage.delete([path.decode() for path in paths])
        await store.call("SREM", keys.UPLOADS, *paths)


async def enqueue_late(store: Store) -> None:
    """Enqueue the late polls that are due."""
    _, _, unreadable = await store.run("enqueue_late", BATCH)
    report("unreadable", unreadable)


async def expire_uploads(store: Store) -> None:
    """Drop expired uploads. Their files are deleted with the other inputs."""
    while await uploads.expire(store, BATCH) == BATCH:
        pass


async def expire_assets(storage: Storage, cutoff_ms: int, progress: Progress, root: str = "") -> None:
    """Delete the outputs, or below another root the inputs, of the days before a moment, batch by batch."""
    while deleted := await storage.delete_before(cutoff_ms, root):
        progress.note()
        log.info("sweeper.assets_deleted", count=deleted)


async def trim_lists(store: Store, progress: Progress) -> None:
    """Remove generations whose records have expired from their accounts' lists; ledger entries stay."""
    first = 0
    while accounts_seen := await accounts.list_ids(store, first, BATCH):
        first += len(accounts_seen)
        for account_id in accounts_seen:
            progress.note()
            while (await store.run("trim", account_id, BATCH))[1] == BATCH:
                pass


def report(finding: str, ids: list[Any]) -> None:
    """Count and log one kind of finding."""
    if ids:
        metrics.of(metrics.SWEPT, finding).inc(len(ids))
        log.warning(f"sweeper.{finding}", count=len(ids), ids=[raw.decode() for raw in ids[:10]])
