"""The archiver: rows a second into each database, the memory of the store, reads of history, and the hourly check."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from msgspec import Struct, field, structs

from shared.domain.generation import COMPLETED
from shared.records.opening import open_records
from shared.store import ledger
from shared.store.check import check_ledger
from shared.store.findings import Report
from tests.harness.factories import SPEC, make_order
from tests.harness.postgres import Postgres
from tests.harness.processes import make_folder
from tests.programs.bench.history import Known, measure_check, measure_reads
from tests.programs.bench.machine import cpu_s
from tests.programs.bench.row import ReportProgress, Row, Size
from tests.programs.bench.rows.memory import OUTCOME, PROMPT, measure_used_bytes, run_in_batches
from tests.programs.bench.scene import BooksWrong, Scene, run_scene
from workers.archive.archiver import Archiver
from workers.archive.check_books import check_what_changed
from workers.sweep import trim_lists
from workers.timing import Progress, retry_while_store_down

CHUNK = 10_000  # generations between two runs of the archiver
GONE_MS = 0  # HOT_DAYS of none: a record leaves the store as soon as it is archived
MEGABYTES_MAX, ROWS_MIN = 60, 5_000
EARLY = 200_000  # generations, from which on the store must not grow
KNOWN_EVERY = 51


async def measure(size: Size, report: ReportProgress) -> list[Row]:
    """Run the production scripts, then the archiver, until nothing waits; again and again."""
    rows: list[Row] = []
    for name in size.databases:
        async with open_database(name) as url:
            rows += await _measure_database(name, url, size, report)
    return rows


@asynccontextmanager
async def open_database(name: str) -> AsyncIterator[str]:
    """Start an empty database and yield its URL."""
    if name == "SQLite":
        yield f"sqlite:///{make_folder('records')}/records.db"
        return
    server = Postgres().start()
    try:
        yield server.url
    finally:
        server.kill()


async def _measure_database(name: str, url: str, size: Size, report: ReportProgress) -> list[Row]:
    async with run_scene() as scene, open_records(url) as records:
        archiver = Archiver(scene.store, records, hot_ms=GONE_MS)
        await archiver.start()
        await archiver.sweep()
        used, known = Used(), list[Known]()
        for done in range(0, size.archived, CHUNK):
            known += await make_ended(scene, min(CHUNK, size.archived - done))
            await used.archive(scene, archiver)
            report(f"{name}: {done + CHUNK} of {size.archived} generations, store {used.memory[-1] / 1e6:.1f} MB")
        rows = [*used.rows(name, size.archived, cpu_s(scene.store_pid))]
        await check_what_changed(scene.store, records)
        await make_ended(scene, CHUNK)
        await used.archive(scene, archiver)
        rows.append(await measure_check(scene, records, name, CHUNK))
        rows += await measure_reads(scene, records, name, known, size.archived)
        await check_ledger(scene.store, found := Report())
        if found.findings:
            raise BooksWrong(f"{found.findings[0]}")
    return rows


class Used(Struct):
    """The time of an archiver, and the memory of the store after each chunk."""

    seconds: float = 0.0
    cpu_s: float = 0.0
    memory: list[int] = field(default_factory=list)

    async def archive(self, scene: Scene, archiver: Archiver) -> None:
        """Archive until nothing waits, and trim the lists as the sweeper does."""
        began_s, began_cpu = time.perf_counter(), time.process_time()
        while await archiver.run_once():
            pass
        self.seconds, self.cpu_s = (
            self.seconds + time.perf_counter() - began_s,
            self.cpu_s + time.process_time() - began_cpu,
        )
        await trim_lists(scene.store, Progress())
        self.memory.append(await measure_used_bytes(scene))

    def rows(self, name: str, count: int, store_s: float) -> list[Row]:
        """Return the figures of `count` generations."""
        rate = count * 3 / self.seconds
        detail = f"a generation is 3 rows; CPU of the archiver {self.cpu_s / count * 1e6:.0f} us a generation"
        last, early = self.memory[-1] / 1e6, self.memory[min(EARLY, count) // CHUNK - 1] / 1e6
        flat = f"CPU of the store in all {store_s / count * 1e6:.0f} us a generation"
        return [
            Row(
                name=f"archived in {name}",
                value=rate,
                unit="rows/s",
                target=ROWS_MIN,
                detail=detail,
            ),
            Row(
                name=f"store after {count} archived in {name}",
                value=last,
                unit="MB",
                target=MEGABYTES_MAX,
                at_most=True,
                detail=f"{early:.1f} MB after {min(EARLY, count)}; {flat}",
            ),
        ]


async def make_ended(scene: Scene, count: int) -> list[Known]:
    """Order and settle so many generations. Return some of them."""
    spec = structs.replace(SPEC, prompt=PROMPT)
    orders = [make_order(scene.customers[n % len(scene.customers)], spec=spec) for n in range(count)]

    async def finish(order: ledger.Order) -> None:
        cost = order.offers[0].price_micros
        await retry_while_store_down(partial(ledger.accept, scene.store, order))
        settle = partial(ledger.settle, scene.store, order.id, COMPLETED, cost_micros=cost, outcome=OUTCOME)
        await retry_while_store_down(settle)

    await run_in_batches(orders, finish)
    owners = [scene.customers[n % len(scene.customers)].account for n in range(count)]
    return [(owner, order.id) for owner, order in zip(owners, orders, strict=True)][::KNOWN_EVERY]
