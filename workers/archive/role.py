"""The role of an archiver: `python -m workers archive`."""

import asyncio
import signal
from functools import partial

import structlog

from shared.domain.times import DAY_MS
from shared.ops.background import keep_running
from shared.ops.catalogue_follower import CatalogueFollower
from shared.ops.settings import Settings
from shared.records.connect import Records
from shared.records.opening import open_records
from shared.store.connect import Store
from shared.store.guard import open_guarded_store
from shared.store.processes import announce
from workers import telemetry
from workers.archive.archiver import Archiver
from workers.archive.check_books import check_books_forever
from workers.archive.retention import erase_past_forever
from workers.archive.sign_days import sign_days_forever
from workers.exporter import serve_metrics
from workers.timing import Progress

log = structlog.get_logger()


async def run_archiver(config: Settings, follower: CatalogueFollower) -> None:
    """Move ended records to the database until a signal. Without a database, wait for the signal.

    Raises RecordsUnfit for a database that is not the store's, or of a later version.
    """
    telemetry.register_archiver()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    follower.follow_signal(stopped.set)
    async with open_guarded_store(config, "archive") as store:
        if config.records_url:
            await archive_until(stopped, config, store, follower)
        else:
            log.info("records.off", fix="set DATABASE_URL")
            async with serve_metrics(config, follower=follower), announce(store, "archiver", follower=follower):
                await stopped.wait()


async def archive_until(stopped: asyncio.Event, config: Settings, store: Store, follower: CatalogueFollower) -> None:
    """Run an archiver until `stopped`, and let it finish its batch within the grace period."""
    progress = Progress()
    async with open_records(config.records_url) as records:
        archiver = Archiver(store, records, hot_ms=config.hot_days * DAY_MS, progress=progress)
        metrics_server = serve_metrics(config, silent_s=lambda: progress.silent_s, follower=follower)
        async with metrics_server, announce(store, "archiver", follower=follower):
            running = run_all(archiver, store, records, config)
            work, waiting = asyncio.create_task(running), asyncio.create_task(stopped.wait())
            await asyncio.wait([work, waiting], return_when=asyncio.FIRST_COMPLETED)
            archiver.stop()
            waiting.cancel()
            _, unfinished = await asyncio.wait([work], timeout=config.drain_s)
            if not unfinished:
                return work.result()
            work.cancel()
            await asyncio.wait([work])


async def run_all(archiver: Archiver, store: Store, records: Records, config: Settings) -> None:
    """Start an archiver, and run it until it is stopped. Meanwhile sign the days that are over, and check the books."""
    await archiver.start()
    log.info("archiver.started")
    others = [
        asyncio.create_task(keep_running("sign_days", partial(sign_days_forever, store, records))),
        asyncio.create_task(
            keep_running("check_books", partial(check_books_forever, store, records, config.ledger_check_s))
        ),
        asyncio.create_task(keep_running("erase_past", partial(erase_past_forever, records, config))),
    ]
    try:
        await archiver.run()
    finally:
        for other in others:
            other.cancel()
        await asyncio.wait(others)
