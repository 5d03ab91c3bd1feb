"""From enqueueing a job to its first line in a worker that has nothing else to do, or thousands of jobs in flight."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

from shared.store.connect import Store
from shared.store.queue import arq_pool
from tests.programs.bench.jobs import QUEUE, Crew, all_held, crew, put, release, stage
from tests.programs.bench.machine import cpu_s
from tests.programs.bench.row import Row, Say, Size, percentile
from tests.programs.bench.scene import Scene, scene
from tests.programs.bench.worker import Setup

FIRST = 1_000_000_000  # numbers of timed jobs are times and so larger
QUIET_S = 3.0
SLEEP_S = 200.0
STOCK = {
    "stock arq, defaults": Setup(kind="arq", max_jobs=10),
    "stock arq, poll_delay 0.01": Setup(kind="arq", max_jobs=100, poll_delay_s=0.01),
}


async def measure(size: Size, say: Say) -> list[Row]:
    """One job at a time, at moments that know nothing of anybody's poll."""
    rows = []
    async with scene() as seen:
        say("engine, idle")
        idle = await crew(seen.stack, Setup(kind="engine", max_jobs=100), 1)
        p50, p99 = await ours(seen.store, idle, size.samples)
        rows += latencies("pick-up by an idle worker", p50, p99, (2, 5), "enqueue -> first line of the job")
        say(f"engine, {size.in_flight} jobs in flight")
        rows += await in_flight(seen, size)
    for name, setup in STOCK.items():
        say(name)
        async with scene() as seen:
            p50, p99 = await theirs(seen, setup, size.samples)
        rows += latencies(f"pick-up, {name}", p50, p99)
    return rows


def latencies(
    name: str, p50: float, p99: float, targets: tuple[float, float] | None = None, detail: str = ""
) -> list[Row]:
    """Two rows in milliseconds."""
    goal50, goal99 = targets or (None, None)
    return [
        Row(name=f"{name}, p50", value=p50, unit="ms", target=goal50, at_most=True, detail=detail),
        Row(name=f"{name}, p99", value=p99, unit="ms", target=goal99, at_most=True),
    ]


async def ours(store: Store, at_work: Crew, samples: int) -> tuple[float, float]:
    """p50 and p99, ms; stops the workers."""
    await spread(lambda: put(store, QUEUE, time.time_ns()), samples, pause_s=0.012)
    return await read(at_work)


async def theirs(seen: Scene, setup: Setup, samples: int) -> tuple[float, float]:
    """The same with arq's own enqueue_job."""
    at_work = await crew(seen.stack, setup, 1)
    pool = arq_pool(seen.store.url, "bench")
    try:
        await spread(lambda: pool.enqueue_job("run", time.time_ns()), samples, pause_s=setup.poll_delay_s / 20 + 0.01)
    finally:
        await pool.aclose(close_connection_pool=True)
    await asyncio.sleep(setup.poll_delay_s + 0.2)
    return await read(at_work)


async def spread(enqueue: Callable[[], Awaitable[object]], samples: int, *, pause_s: float) -> None:
    """Call it that often, `pause_s` apart on average."""
    for _ in range(samples):
        await enqueue()
        await asyncio.sleep(random.uniform(pause_s / 2, pause_s * 1.5))


async def read(at_work: Crew) -> tuple[float, float]:
    """p50 and p99 of jobs whose number is the moment they were enqueued."""
    waits = [(start.started_ns - start.number) / 1e6 for start in await at_work.ran() if start.number > FIRST]
    return percentile(waits, 50), percentile(waits, 99)


async def in_flight(seen: Scene, size: Size) -> list[Row]:
    """The same worker with thousands of jobs asleep in its hands, and the CPU it takes to keep them."""
    busy = await crew(seen.stack, Setup(kind="engine", max_jobs=size.in_flight + 100), 1)
    await stage(seen.store, range(size.in_flight), sleep_s=SLEEP_S)
    await release(seen.store)
    await all_held(seen.store, size.in_flight)
    await asyncio.sleep(1)
    before, store_before = cpu_s(busy.processes[0].pid), cpu_s(seen.store_pid)
    await asyncio.sleep(QUIET_S)
    worker_percent = (cpu_s(busy.processes[0].pid) - before) / QUIET_S * 100
    store_percent = (cpu_s(seen.store_pid) - store_before) / QUIET_S * 100
    p50, p99 = await ours(seen.store, busy, size.samples)
    kept = f"{size.in_flight} jobs asleep, one lease renewed each second for each"
    return [
        *latencies(f"pick-up with {size.in_flight} in flight", p50, p99, (2, 5), kept),
        Row(
            name=f"CPU of the worker with {size.in_flight} in flight",
            value=worker_percent,
            unit="% of a core",
            target=3,
            at_most=True,
            detail=f"and {store_percent:.1f} % for the store",
        ),
    ]
