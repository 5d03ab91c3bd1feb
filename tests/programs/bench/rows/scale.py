"""Generations per second of a slow provider with 1, 2 and 4 worker processes: their rates should add up."""

import asyncio
import time

from shared.domain.generation import Spec
from shared.store import ledger
from tests.harness.factories import make_order, write_catalogue
from tests.harness.processes import make_folder
from tests.programs.bench.row import ReportProgress, Row, Size, divide, median
from tests.programs.bench.scene import Scene, check_books, run_scene, wait_until_drained

WORKERS = (1, 2, 4)
SLOTS = 8
STEP_S = 0.25
SLEEPER = Spec("wowflow", "image", "test/sleeper", "sleeper", f"sleep={STEP_S}", {})


async def measure(size: Size, report: ReportProgress) -> list[Row]:
    """Give each number of workers as many generations as keep it busy for the same time."""
    rates: dict[int, list[float]] = {workers: [] for workers in WORKERS}
    folder = make_folder("scale")
    with write_catalogue(folder).open("a") as catalogue:
        catalogue.write("\n[providers.sleeper]\n")
    slow = {"CATALOGUE": catalogue.name, "ADAPTERS": "tests.suites.e2e", "WORKER_SLOTS": str(SLOTS)}
    async with run_scene(env=slow) as scene:
        for number in range(size.runs):
            for workers in WORKERS:
                report(f"{workers} workers, run {number + 1} of {size.runs}")
                rates[workers].append(await measure_rate(scene, workers, int(size.load_s / STEP_S)))
        await check_books(scene)
    return [row(rates, workers) for workers in WORKERS]


def row(rates: dict[int, list[float]], workers: int) -> Row:
    """Return the rate. From two workers on, compare each worker's share with one worker alone in the same round."""
    rate, possible = median(rates[workers]), workers * SLOTS / STEP_S
    shares = divide([many / workers for many in rates[workers]], rates[1])
    return Row(
        name=f"provider of {STEP_S * 1000:g} ms, {workers} worker{'s' * (workers > 1)} of {SLOTS} slots, of linear",
        value=rate,
        unit="/s",
        ratios=shares if workers > 1 else (),
        target=0.9 if workers > 1 else None,
        detail=f"{possible:g}/s would be possible",
    )


async def measure_rate(scene: Scene, workers: int, rounds: int) -> float:
    """Accept the orders at once, and return generations per second until the last one is settled."""
    processes = [scene.add("run-sleeper", "-m", "workers", "run", "sleeper") for _ in range(workers)]
    for process in processes:
        await process.wait_for_log("worker.started")
    count = rounds * workers * SLOTS
    orders = [
        make_order(scene.customers[number % len(scene.customers)], provider="sleeper", spec=SLEEPER)
        for number in range(count)
    ]
    started_s = time.perf_counter()
    await asyncio.gather(*(ledger.accept(scene.store, order) for order in orders))
    await wait_until_drained(scene)
    took_s = time.perf_counter() - started_s
    for process in processes:
        await process.stop()
    return count / took_s
