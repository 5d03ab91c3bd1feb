"""Reads of what has left the store, as a gateway does them, and the hourly check of the books."""

import random
import time
from collections.abc import Awaitable, Callable, Sequence

from gateway.history.generations import find_generation, list_generations
from gateway.history.query import ListQuery
from gateway.history.usage import read_usage
from shared.records.connect import Records
from shared.records.history import History
from tests.harness.archiving import make_context
from tests.programs.bench.machine import cpu_s
from tests.programs.bench.row import Row, percentile
from tests.programs.bench.scene import BooksWrong, Scene
from workers.archive.check_books import check_what_changed

READS = 400
READ_MS_MAX = 20
ORDERS_PER_S, PERCENT_MAX = 300, 2  # of the store's core, for the hourly check

Known = tuple[str, str]  # account and id of a generation


async def measure_reads(scene: Scene, records: Records, name: str, known: Sequence[Known], count: int) -> list[Row]:
    """Measure reads of random generations, of the page behind each, and of usage."""
    dice, context = random.Random(count), make_context(scene.store, History(records))

    async def read_one() -> None:
        account, found = dice.choice(known)
        if await find_generation(context, account, found) is None:
            raise BooksWrong(f"{found} is not in the database")

    async def read_page() -> None:
        account, found = dice.choice(known)
        await list_generations(context, account, ListQuery(count=50, before=found))

    async def sum_usage() -> None:
        by = dice.choice(("day", "model", "kind", "provider", "key"))
        await read_usage(context, dice.choice(known)[0], {"by": by})

    kinds = (("a generation by its id", read_one), ("a page of 50 generations", read_page), ("usage", sum_usage))
    return [await _measure_read(f"{kind} of {count} in {name}, p99", read) for kind, read in kinds]


async def _measure_read(name: str, read: Callable[[], Awaitable[None]]) -> Row:
    times_ms = list[float]()
    for _ in range(READS):
        began_s = time.perf_counter()
        await read()
        times_ms.append((time.perf_counter() - began_s) * 1000)
    detail = f"{READS} reads, one at a time: median {percentile(times_ms, 50):.1f}, largest {max(times_ms):.1f} ms"
    return Row(name=name, value=percentile(times_ms, 99), unit="ms", target=READ_MS_MAX, at_most=True, detail=detail)


async def measure_check(scene: Scene, records: Records, name: str, changed: int) -> Row:
    """Measure the check of what changed: `changed` generations since the last one."""
    began_s, began_cpu, began_own = time.perf_counter(), cpu_s(scene.store_pid), time.process_time()
    report = await check_what_changed(scene.store, records)
    if report.findings:
        raise BooksWrong(f"{report.findings[0]}")
    share = (cpu_s(scene.store_pid) - began_cpu) / changed * ORDERS_PER_S * 100
    own = (time.process_time() - began_own) / changed * ORDERS_PER_S * 100
    took_s = time.perf_counter() - began_s
    detail = f"{report.lines} lines in {took_s:.1f} s; the archiver's core {own:.1f} %, at {ORDERS_PER_S} orders/s"
    return Row(
        name=f"hourly check with {name}, of the store's core",
        value=share,
        unit="%",
        target=PERCENT_MAX,
        at_most=True,
        detail=detail,
    )
