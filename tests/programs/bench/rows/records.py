"""The archiver: rows a second into each database, and the memory of a store whose records leave it."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec import structs

from shared.domain.generation import COMPLETED
from shared.records.opening import open_records
from shared.store import ledger
from shared.store.check import check_ledger
from shared.store.findings import Report
from tests.harness.factories import SPEC, make_order
from tests.harness.postgres import Postgres
from tests.harness.processes import make_folder
from tests.programs.bench.machine import cpu_s
from tests.programs.bench.row import ReportProgress, Row, Size
from tests.programs.bench.rows.memory import OUTCOME, PROMPT, measure_used_bytes, run_in_batches
from tests.programs.bench.scene import BooksWrong, Scene, run_scene
from workers.archive.archiver import Archiver
from workers.sweep import trim_lists
from workers.timing import Progress

CHUNK = 10_000  # generations between two runs of the archiver
GONE_MS = 0  # HOT_DAYS of none: a record leaves the store as soon as it is archived
MEGABYTES_MAX, ROWS_MIN = 60, 5_000


async def measure(size: Size, report: ReportProgress) -> list[Row]:
    """Run the production scripts, then the archiver, until nothing waits; again and again."""
    rows: list[Row] = []
    for name in ("SQLite", "PostgreSQL"):
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
        archived_s, cpu, memory = 0.0, 0.0, list[int]()
        for done in range(0, size.archived, CHUNK):
            report(f"{name}: {done + CHUNK} of {size.archived} generations")
            await make_ended(scene, min(CHUNK, size.archived - done))
            began_s, began_cpu = time.perf_counter(), time.process_time()
            while await archiver.run_once():
                pass
            archived_s, cpu = archived_s + time.perf_counter() - began_s, cpu + time.process_time() - began_cpu
            await trim_lists(scene.store, Progress())
            memory.append(await measure_used_bytes(scene))
        await check_ledger(scene.store, found := Report())
        if found.findings:
            raise BooksWrong(f"{found.findings[0]}")
        store_s = cpu_s(scene.store_pid)
    rate = size.archived * 3 / archived_s
    detail = f"a generation is 3 rows; CPU of the archiver {cpu / size.archived * 1e6:.0f} us a generation"
    last, middle = memory[-1] / 1e6, memory[len(memory) // 2] / 1e6
    flat = f"half way {middle:.1f} MB; CPU of the store in all {store_s / size.archived * 1e6:.0f} us a generation"
    return [
        Row(name=f"archived in {name}", value=rate, unit="rows/s", target=ROWS_MIN, detail=detail),
        Row(
            name=f"store after {size.archived} archived in {name}",
            value=last,
            unit="MB",
            target=MEGABYTES_MAX,
            at_most=True,
            detail=flat,
        ),
    ]


async def make_ended(scene: Scene, count: int) -> None:
    """Order and settle so many generations."""
    spec = structs.replace(SPEC, prompt=PROMPT)
    orders = [make_order(scene.customers[n % len(scene.customers)], spec=spec) for n in range(count)]

    async def finish(order: ledger.Order) -> None:
        await ledger.accept(scene.store, order)
        [offer] = order.offers
        await ledger.settle(scene.store, order.id, COMPLETED, cost_micros=offer.price_micros, outcome=OUTCOME)

    await run_in_batches(orders, finish)
