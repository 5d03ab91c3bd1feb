"""Jobs for the engine and for stock arq alike, and the worker processes that run them."""

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct

from shared.store.connect import Store
from shared.store.keys import bell, leases, queue
from shared.store.queue import encode_job
from tests.harness.processes import Process, Stack, make_folder
from tests.programs.bench.scene import until
from tests.programs.bench.worker import Ran, Setup

QUEUE = queue("bench")
STAGE = queue("stage")
BATCH = 500
LOOK_S = 0.004
DONE_S = 90.0


class Crew(Struct, frozen=True):
    """Worker processes on one queue; what each ran is read once it has stopped."""

    processes: list[Process]
    outs: list[Path]

    async def ran(self) -> list[Ran]:
        """Stop them politely; every start of a job, of all of them."""
        for process in self.processes:
            await process.stop()
        return [start for out in self.outs for start in msgspec.json.decode(out.read_bytes(), type=list[Ran])]


async def crew(stack: Stack, setup: Setup, count: int) -> Crew:
    """`count` workers that are ready and idle."""
    outs = [make_folder("worker") / "ran.json" for _ in range(count)]
    filled = [msgspec.structs.replace(setup, url=stack.settings.store_url, out=str(out)) for out in outs]
    processes = [
        stack.add(setup.kind, "-m", "tests.programs.bench.worker", msgspec.json.encode(one).decode()) for one in filled
    ]
    for process in processes:
        await process.wait_for_log("ready")
    return Crew(processes, outs)


async def put(store: Store, name: str, number: int, *, sleep_s: float = 0) -> None:
    """Enqueue one job by our own script."""
    now_ms = time.time_ns() // 1_000_000
    payload = encode_job({"t": None, "f": "run", "a": [number, sleep_s], "k": {}, "et": now_ms})
    await store.run("enqueue", name, str(number), payload, now_ms, "")


async def stage(store: Store, numbers: Iterable[int], *, sleep_s: float = 0) -> None:
    """Jobs that no worker sees yet."""
    waiting = list(numbers)
    for first in range(0, len(waiting), BATCH):
        await asyncio.gather(*(put(store, STAGE, number, sleep_s=sleep_s) for number in waiting[first : first + BATCH]))


async def release(store: Store) -> float:
    """Let the workers have what was staged, all at one moment; that moment."""
    started_s = time.perf_counter()
    await asyncio.gather(store.call("RENAME", STAGE, QUEUE), store.call("RENAME", f"{STAGE}:bell", bell("bench")))
    return started_s


async def done(store: Store) -> float:
    """When the last job had left the queue. Raises TimeoutError."""

    async def empty() -> bool:
        return not await store.call("ZCARD", QUEUE)

    await until(empty, every_s=LOOK_S, limit_s=DONE_S)
    return time.perf_counter()


async def all_held(store: Store, count: int) -> None:
    """Wait until that many jobs are in workers' hands. Raises TimeoutError."""

    async def held() -> bool:
        return bool(await store.call("ZCARD", leases("bench")) >= count)

    await until(held, every_s=LOOK_S, limit_s=DONE_S)
