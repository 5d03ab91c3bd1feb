"""The archiver: move what has ended from the store to the database, exactly once. Any number of copies may run.

An entry of the stream is written, then its records may expire, then the entry is dropped. If a process dies in between,
the entry is there again, and to write it again changes nothing.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterable, Iterator, Sequence

import structlog

from shared.domain.errors import StoreDown, StoreError
from shared.ops import metrics, redaction
from shared.records.connect import Records
from shared.records.errors import RecordsDown, RecordsRefused, RecordsUnfit
from shared.records.migrate import migrate
from shared.records.restored import note_entry, read_entry
from shared.records.write import Written, write_batch
from shared.store import accounts, archive
from shared.store.archive import StreamEntry
from shared.store.client import StoreClient
from workers.archive.collect import Work, collect, read_audit, sort_entries
from workers.timing import Progress

BATCH = 500
IDLE_S = 0.3  # without entries
STALE_MS, CLAIM_EVERY_S = 10_000, 5.0  # an entry that a copy has had for longer is taken over
RETRY_S, RETRY_S_MAX = 0.5, 5.0
REASON_CHARS_MAX, NAME_CHARS_MAX = 200, 100
SWEEP_LEASE_MS, SWEEP_EVERY_MS = 60_000, 86_400_000
AWAY = (StoreDown, RecordsDown)

log = structlog.get_logger()


class Archiver:
    """Moves ended records from the store to one database."""

    def __init__(self, store: StoreClient, records: Records, *, hot_ms: int, progress: Progress | None = None) -> None:
        self._store, self._records, self._hot_ms = store, records, hot_ms
        self._progress = progress or Progress()
        self._claim_due_s = 0.0
        self._is_away = False
        self._stopping = asyncio.Event()

    async def start(self) -> None:
        """Migrate the database, and let the store's verbs write the stream. Waits while either is away.

        Raises RecordsUnfit for a database of a later version, or for another one than the store's.
        """
        ticking = asyncio.create_task(self._note_progress())
        try:
            while not self._stopping.is_set():
                try:
                    await self._check_pair()
                    return self._report_back()
                except AWAY as error:
                    self._report_away(error)
                    await self._wait(RETRY_S_MAX)
        finally:
            ticking.cancel()

    async def _note_progress(self) -> None:
        """Note progress until cancelled: a migration of a large database takes long, and is not stuck."""
        while True:
            self._progress.note()
            await asyncio.sleep(RETRY_S_MAX)

    async def _check_pair(self) -> None:
        """Check that the store and the database belong together, and whether one of them is older than it was."""
        identity = await migrate(self._records)
        async with self._records.read() as connection:
            entry = await read_entry(connection)
        found = await archive.start_records(self._store, identity, entry)
        if found.other:
            raise RecordsUnfit(
                f"The store's records are in another database ({found.other}; this one is {identity}): correct "
                "DATABASE_URL, or restore that database: docs/records.md."
            )
        if found.word == "store_older":
            log.error("records.store_older", fix="run `wokflow store restored`: docs/records.md")
        elif found.word != "same":
            log.warning(f"records.{found.word}")

    async def run_once(self) -> int:
        """Archive the next entries. Return their number; 0: there is nothing to do. Raises StoreDown, RecordsDown."""
        entries = await self._take()
        if entries is None:
            await self.start()  # the store was emptied or restored
            return 0
        if entries:
            await self._archive_each(entries)
        return len(entries)

    async def run(self) -> None:
        """Archive until `stop`, and sweep when that is due. While the store or the database is away, all waits."""
        pause_s = RETRY_S
        while not self._stopping.is_set():
            try:
                if self._is_away:
                    await self._check_pair()  # it may have been restored
                if not await self.run_once():
                    await self.sweep()
                    await self._wait(IDLE_S)
                self._report_back()
                pause_s = RETRY_S
            except (*AWAY, StoreError) as error:
                self._report_away(error)
                await self._wait(pause_s)
                pause_s = min(pause_s * 2, RETRY_S_MAX)
            self._progress.note()

    def stop(self) -> None:
        """Let `run` and `start` return after the current batch."""
        self._stopping.set()

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def sweep(self) -> int:
        """Find ended records that never came through the stream, if a sweep is due, and archive them.

        They ended before the deployment had a database, at a process of an earlier version, or while the stream was
        full. Return how many were found. A sweep that is interrupted is due again.
        """
        if not await archive.claim_sweep(self._store, SWEEP_LEASE_MS):
            return 0
        found, cursor = 0, b""
        known_ms = self._hot_ms if await archive.check_swept(self._store) else archive.ANY_MS
        while cursor != b"0" and not self._stopping.is_set():
            cursor, names = await archive.scan_ended(self._store, cursor or b"0", known_ms)
            found += len(names)
            await self._archive_found(name_records(names))
        first = 0
        while (ids := await accounts.list_ids(self._store, first, BATCH)) and not self._stopping.is_set():
            first += len(ids)
            await self._archive_found(Work(accounts=set(ids)))
        await self._archive_found(Work(audit=read_audit(await archive.read_audit(self._store))))
        if not self._stopping.is_set():
            await archive.note_swept(self._store)
            await archive.renew_sweep(self._store, SWEEP_EVERY_MS)
        if found:
            log.info("records.swept", found=found)
        return found

    async def _archive_found(self, work: Work) -> None:
        """Archive records that a sweep found, and the next entries of the stream, which must not wait for its end.

        One record that the database refuses does not keep the others from it.
        """
        try:
            await self.archive(work)
        except (RecordsRefused, ValueError):
            for one in split_work(work):
                await self._archive_one(one)
        await archive.renew_sweep(self._store, SWEEP_LEASE_MS)
        await self.run_once()

    async def _archive_one(self, work: Work) -> None:
        try:
            await self.archive(work)
        except (RecordsRefused, ValueError) as error:
            report_refused(work.first_id, error)

    async def _take(self) -> list[StreamEntry] | None:
        """Return entries that another copy left behind, else new ones."""
        if time.monotonic() >= self._claim_due_s:
            stale = await archive.claim_stale(self._store, STALE_MS, BATCH)
            if stale:
                return stale
            self._claim_due_s = time.monotonic() + CLAIM_EVERY_S
        return await archive.read_new(self._store, BATCH)

    async def _archive_each(self, entries: Sequence[StreamEntry]) -> None:
        """Archive entries, and drop them. If the database refuses one, the others are archived without it."""
        try:
            await self.archive(sort_entries(entries), entries[-1].id.decode())
            await archive.drop(self._store, entries)
        except (RecordsRefused, ValueError) as error:
            if len(entries) == 1:
                return report_refused(f"{entries[0].kind} {entries[0].text}", error)
            middle = len(entries) // 2
            await self._archive_each(entries[:middle])
            await self._archive_each(entries[middle:])

    async def archive(self, work: Work, entry: str = "") -> None:
        """Write records to the database, then let them leave the store. `entry` is the last one that names them.

        Raises StoreDown, RecordsDown, and RecordsRefused or ValueError for a row that cannot be written.
        """
        while True:
            began_s = time.monotonic()
            async with self._records.write() as connection:
                collected = await collect(self._store, connection, work)
                written = await write_batch(connection, collected.batch)
                if entry:
                    await note_entry(connection, entry)
            await archive.expire(self._store, collected.stamped, self._hot_ms)
            long = [(account, written.sequences[account]) for account in collected.long]
            await asyncio.gather(*(archive.fold_ledger(self._store, *one) for one in long))
            metrics.RECORDS_BATCH_SECONDS.observe(time.monotonic() - began_s)
            count_rows(written)
            self._progress.note()
            if not collected.unfinished:
                return
            work = Work(accounts=collected.unfinished)

    def _report_away(self, error: Exception) -> None:
        metrics.of(metrics.RECORDS_ERRORS, "away").inc()
        if not self._is_away:
            log.warning("records.away", error=redaction.foreign().error(error, REASON_CHARS_MAX))
        self._is_away = True

    def _report_back(self) -> None:
        if self._is_away:
            log.info("records.back")
        self._is_away = False


def name_records(names: Iterable[str]) -> Work:
    """Return the generations and deliveries that some keys of the store name."""
    work = Work()
    for name in names:
        if name.startswith(archive.GENERATION):
            work.generations.add(name.removeprefix(archive.GENERATION))
        else:
            work.deliveries.add(name.removeprefix(archive.DELIVERY))
    return work


def split_work(work: Work) -> Iterator[Work]:
    """Yield each record of a sweep's work alone."""
    yield from (Work(generations={name}) for name in sorted(work.generations))
    yield from (Work(deliveries={name}) for name in sorted(work.deliveries))
    yield from (Work(accounts={name}) for name in sorted(work.accounts))


def report_refused(name: str, error: Exception) -> None:
    """Count and log a record that the database refuses. It stays in the store, and is tried again."""
    metrics.of(metrics.RECORDS_ERRORS, "refused").inc()
    log.error("records.refused", id=name[:NAME_CHARS_MAX], error=redaction.foreign().error(error, REASON_CHARS_MAX))


def count_rows(written: Written) -> None:
    """Count the rows that were written, by table."""
    for table, count in written.rows.items():
        metrics.of(metrics.RECORDS_ROWS, table).inc(count)
