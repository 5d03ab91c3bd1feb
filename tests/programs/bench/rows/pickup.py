"""The time from enqueueing a job to its first line, in a worker that is idle or has thousands of jobs in flight."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

from shared.store.connect import Store
from shared.store.queue import arq_pool
from tests.programs.bench.jobs import QUEUE, Crew, enqueue_job, prepare_jobs, release, start_crew, wait_until_held
from tests.programs.bench.machine import cpu_s
from tests.programs.bench.row import ReportProgress, Row, Size, percentile
from tests.programs.bench.scene import Scene, run_scene
from tests.programs.bench.worker import Setup

TIMED_NUMBER_MIN = 1_000_000_000  # the number of a timed job is a time, and so larger
QUIET_S = 3.0
SLEEP_S = 200.0
STOCK = {
    "stock arq, defaults": Setup(kind="arq", max_jobs=10),
    "stock arq, poll_delay 0.01": Setup(kind="arq", max_jobs=100, poll_delay_s=0.01),
}


async def measure(size: Size, report: ReportProgress) -> list[Row]:
    """Enqueue one job at a time, at moments independent of any poll interval."""
    rows = []
    async with run_scene() as scene:
        report("engine, idle")
        idle = await start_crew(scene.stack, Setup(kind="engine", max_jobs=100), 1)
        p50, p99 = await measure_engine(scene.store, idle, size.samples)
        rows += latencies("pick-up by an idle worker", p50, p99, (2, 5), "enqueue -> first line of the job")
        report(f"engine, {size.in_flight} jobs in flight")
        rows += await measure_in_flight(scene, size)
    for name, setup in STOCK.items():
        report(name)
        async with run_scene() as scene:
            p50, p99 = await measure_stock(scene, setup, size.samples)
        rows += latencies(f"pick-up, {name}", p50, p99)
    return rows


def latencies(
    name: str, p50: float, p99: float, targets: tuple[float, float] | None = None, detail: str = ""
) -> list[Row]:
    """Return the rows of both percentiles, in milliseconds."""
    goal50, goal99 = targets or (None, None)
    return [
        Row(name=f"{name}, p50", value=p50, unit="ms", target=goal50, at_most=True, detail=detail),
        Row(name=f"{name}, p99", value=p99, unit="ms", target=goal99, at_most=True),
    ]


async def measure_engine(store: Store, crew: Crew, samples: int) -> tuple[float, float]:
    """Return p50 and p99 in ms, and stop the workers."""
    await spread(lambda: enqueue_job(store, QUEUE, time.time_ns()), samples, pause_s=0.012)
    return await read_latencies(crew)


async def measure_stock(scene: Scene, setup: Setup, samples: int) -> tuple[float, float]:
    """Return p50 and p99 in ms with arq's own enqueue_job."""
    crew = await start_crew(scene.stack, setup, 1)
    pool = arq_pool(scene.store.url, "bench")
    try:
        await spread(lambda: pool.enqueue_job("run", time.time_ns()), samples, pause_s=setup.poll_delay_s / 20 + 0.01)
    finally:
        await pool.aclose(close_connection_pool=True)
    await asyncio.sleep(setup.poll_delay_s + 0.2)
    return await read_latencies(crew)


async def spread(enqueue: Callable[[], Awaitable[object]], samples: int, *, pause_s: float) -> None:
    """Call `enqueue` repeatedly, `pause_s` apart on average."""
    for _ in range(samples):
        await enqueue()
        await asyncio.sleep(random.uniform(pause_s / 2, pause_s * 1.5))


async def read_latencies(crew: Crew) -> tuple[float, float]:
    """Return p50 and p99 in ms of the jobs whose number is the time of their enqueueing."""
    waits = [
        (start.started_ns - start.number) / 1e6
        for start in await crew.stop_and_read()
        if start.number > TIMED_NUMBER_MIN
    ]
    return percentile(waits, 50), percentile(waits, 99)


async def measure_in_flight(scene: Scene, size: Size) -> list[Row]:
    """Measure a worker that holds thousands of sleeping jobs, and the CPU time it needs to hold them."""
    busy = await start_crew(scene.stack, Setup(kind="engine", max_jobs=size.in_flight + 100), 1)
    await prepare_jobs(scene.store, range(size.in_flight), sleep_s=SLEEP_S)
    await release(scene.store)
    await wait_until_held(scene.store, size.in_flight)
    await asyncio.sleep(1)
    before, store_before = cpu_s(busy.processes[0].pid), cpu_s(scene.store_pid)
    await asyncio.sleep(QUIET_S)
    worker_percent = (cpu_s(busy.processes[0].pid) - before) / QUIET_S * 100
    store_percent = (cpu_s(scene.store_pid) - store_before) / QUIET_S * 100
    p50, p99 = await measure_engine(scene.store, busy, size.samples)
    detail = f"{size.in_flight} sleeping jobs, each with one lease renewal per second"
    return [
        *latencies(f"pick-up with {size.in_flight} in flight", p50, p99, (2, 5), detail),
        Row(
            name=f"CPU of the worker with {size.in_flight} in flight",
            value=worker_percent,
            unit="% of a core",
            target=3,
            at_most=True,
            detail=f"and {store_percent:.1f} % for the store",
        ),
    ]
