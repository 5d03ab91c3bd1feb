"""Jobs for the engine and for stock arq, and the worker processes that run them."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct

from shared.store.connect import Store
from shared.store.keys import bell, leases, queue
from shared.store.queue import encode_job
from tests.harness.processes import Process, Stack, make_folder
from tests.programs.bench.scene import wait_until
from tests.programs.bench.worker import Ran, Setup

QUEUE = queue("bench")
STAGE = queue("stage")
BATCH = 500
POLL_S = 0.004
DONE_S, STOP_S = 90.0, 90.0
AGAIN_S = 5.0  # stock arq loses a signal to stop that comes as one of its waits ends (Python 3.11's wait_for)


class Crew(Struct, frozen=True):
    """Worker processes on one queue. Their output files are complete once they have stopped."""

    processes: list[Process]
    outs: list[Path]

    async def stop_and_read(self) -> list[Ran]:
        """Stop the workers gracefully and return every start of a job."""
        for process in self.processes:
            process.send(signal.SIGTERM)
        for process in self.processes:
            await stop_insistently(process)
        return [start for out in self.outs for start in msgspec.json.decode(out.read_bytes(), type=list[Ran])]


async def stop_insistently(process: Process) -> None:
    """Stop a worker: send the signal again until it has ended. Raises TimeoutError."""
    async with asyncio.timeout(STOP_S):
        while process.running:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_S):
                    await process.wait_for_exit(STOP_S)
            if process.running:
                process.send(signal.SIGTERM)


async def start_crew(stack: Stack, setup: Setup, count: int) -> Crew:
    """Start `count` workers and wait until they are ready."""
    outs = [make_folder("worker") / "ran.json" for _ in range(count)]
    filled = [msgspec.structs.replace(setup, url=stack.settings.store_url, out=str(out)) for out in outs]
    processes = [
        stack.add(setup.kind, "-m", "tests.programs.bench.worker", msgspec.json.encode(one).decode()) for one in filled
    ]
    for process in processes:
        await process.wait_for_log("ready")
    return Crew(processes, outs)


async def enqueue_job(store: Store, name: str, number: int, *, sleep_s: float = 0) -> None:
    """Enqueue one job with the product's own script."""
    now_ms = time.time_ns() // 1_000_000
    payload = encode_job({"t": None, "f": "run", "a": [number, sleep_s], "k": {}, "et": now_ms})
    await store.run("enqueue", name, str(number), payload, now_ms, "")


async def prepare_jobs(store: Store, numbers: Iterable[int], *, sleep_s: float = 0) -> None:
    """Enqueue jobs on a queue that no worker reads yet."""
    waiting = list(numbers)
    for first in range(0, len(waiting), BATCH):
        await asyncio.gather(
            *(enqueue_job(store, STAGE, number, sleep_s=sleep_s) for number in waiting[first : first + BATCH])
        )


async def release(store: Store) -> float:
    """Hand the prepared jobs to the workers at once; return the time."""
    started_s = time.perf_counter()
    await asyncio.gather(store.call("RENAME", STAGE, QUEUE), store.call("RENAME", f"{STAGE}:bell", bell("bench")))
    return started_s


async def wait_until_done(store: Store) -> float:
    """Wait until the last job has left the queue; return the time. Raises TimeoutError."""

    async def check_empty() -> bool:
        return not await store.call("ZCARD", QUEUE)

    await wait_until(check_empty, every_s=POLL_S, limit_s=DONE_S)
    return time.perf_counter()


async def wait_until_held(store: Store, count: int) -> None:
    """Wait until workers hold `count` jobs. Raises TimeoutError."""

    async def check_held() -> bool:
        return bool(await store.call("ZCARD", leases("bench")) >= count)

    await wait_until(check_held, every_s=POLL_S, limit_s=DONE_S)
