"""Empty jobs in a queue of a peer, within the peers' environment: python queues.py <peer> <store url> <jobs> <samples>

Prints one JSON object: the jobs per second of one worker, and the times from enqueueing a job to its first line, ms.
Nothing of Wokflow is installed there, so this module imports nothing of it.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvloop

SLOTS = 100
BATCH = 200
WARM = 200
PAUSE_S = 0.005  # between two samples of the latency

Enqueue = Callable[[int], Awaitable[Any]]


class Runs:
    """The jobs that ran, with the time of the last one."""

    def __init__(self) -> None:
        self.count = 0
        self.goal = 0
        self.last_s = 0.0
        self.reached = asyncio.Event()

    def note(self) -> None:
        """Note the start of a job."""
        self.count += 1
        self.last_s = time.perf_counter()
        if self.count >= self.goal:
            self.reached.set()

    async def wait(self, more: int) -> None:
        """Wait until so many more jobs have run than at the last call."""
        self.goal += more
        self.reached.clear()
        if self.count < self.goal:
            async with asyncio.timeout(120):
                await self.reached.wait()


@asynccontextmanager
async def open_saq(url: str, runs: Runs) -> Any:
    """Run a worker of saq without stored results."""
    from redis.asyncio import Redis
    from saq import Worker
    from saq.queue.redis import RedisQueue

    async def run_noop(_: Any, **__: Any) -> None:
        runs.note()

    queue = RedisQueue(Redis.from_url(url), name="bench")
    await queue.connect()
    worker = Worker(queue, functions=[("noop", run_noop)], concurrency=SLOTS)
    yield lambda number: queue.enqueue("noop", number=number, ttl=-1), worker.start
    await worker.stop()
    await queue.disconnect()


@asynccontextmanager
async def open_taskiq(url: str, runs: Runs) -> Any:
    """Run a worker of taskiq on a Redis stream, without stored results."""
    from taskiq.api import run_receiver_task
    from taskiq_redis import RedisStreamBroker

    broker = RedisStreamBroker(url, consumer_id="0")

    @broker.task(task_name="noop")
    async def run_noop(number: int) -> None:
        runs.note()

    await broker.startup()
    yield run_noop.kiq, lambda: run_receiver_task(broker, max_async_tasks=SLOTS)
    await broker.shutdown()


@asynccontextmanager
async def open_streaq(url: str, runs: Runs) -> Any:
    """Run a worker of streaq without stored results."""
    from streaq import Worker

    worker: Any = Worker(redis_url=url, concurrency=SLOTS, handle_signals=False)

    @worker.task(ttl=0)
    async def run_noop(number: int) -> None:
        runs.note()

    async def enqueue(number: int) -> None:
        await run_noop.enqueue(number)

    async with worker:
        yield enqueue, worker.run_async


PEERS: dict[str, Callable[[str, Runs], Any]] = {"saq": open_saq, "taskiq": open_taskiq, "streaq": open_streaq}


async def enqueue_many(enqueue: Enqueue, count: int) -> None:
    """Enqueue jobs, a batch at once."""
    for first in range(0, count, BATCH):
        await asyncio.gather(*(enqueue(number) for number in range(first, min(first + BATCH, count))))


async def measure(peer: str, url: str, jobs: int, samples: int) -> dict[str, Any]:
    """Return the rate of jobs that wait when the worker starts, and the latencies of single ones."""
    runs = Runs()
    async with PEERS[peer](url, runs) as (enqueue, run):
        await enqueue_many(enqueue, WARM + jobs)
        working = asyncio.create_task(run())
        await runs.wait(WARM)
        began_s, began = time.perf_counter(), runs.count
        await runs.wait(jobs)
        rate = (runs.count - began) / (runs.last_s - began_s)
        pickups_ms = []
        for number in range(samples):
            await asyncio.sleep(PAUSE_S)
            sent_s = time.perf_counter()
            await enqueue(number)
            await runs.wait(1)
            pickups_ms.append((runs.last_s - sent_s) * 1000)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    return {"per_s": rate, "pickups_ms": pickups_ms}


if __name__ == "__main__":
    name, store, count, singles = sys.argv[1:]
    print(json.dumps(uvloop.run(measure(name, store, int(count), int(singles)))), flush=True)
