"""Record a burst on a deployment with one worker, reading its queue each second: tests.programs.scaling.record.

It takes about four minutes and writes burst.json next to this file, as input for the simulation.
"""

import asyncio
import time
from pathlib import Path

import msgspec
import uvloop
from msgspec import Struct

from shared.domain.generation import Spec
from shared.store import ledger
from shared.store.stats import read_stats
from tests.harness.factories import make_order, write_catalogue
from tests.harness.processes import make_folder
from tests.programs.bench.scene import Scene, run_scene

PATH = Path(__file__).parent / "burst.json"
SLOTS, STEP_S = 4, 0.25
PLAN = ((15, 8.0), (60, 48.0), (30, 8.0))  # seconds, orders per second; one worker finishes 16
SPEC = Spec("wowflow", "image", "test/sleeper", "sleeper", f"sleep={STEP_S}", {})


class Second(Struct, frozen=True):
    """The queue in one second."""

    arrived: int
    due: int
    running: int
    age_s: float


class Burst(Struct, frozen=True):
    """A recording, and the worker it was made with."""

    slots: int
    step_s: float
    seconds: list[Second]


async def send_orders(scene: Scene, rate: float) -> int:
    """Accept a second of orders, evenly spread, and return their number."""
    customer, count = scene.customers[0], int(rate)
    for _ in range(count):
        await ledger.accept(scene.store, make_order(customer, provider="sleeper", spec=SPEC, queue_ms=600_000))
        await asyncio.sleep(0.8 / count)
    return count


async def read_second(scene: Scene, arrived: int) -> Second:
    """Read the queue now."""
    (queue,) = (await read_stats(scene.store, ["sleeper"])).queues
    return Second(arrived, queue.due, queue.running, queue.oldest_ms / 1000)


async def record_burst() -> Burst:
    """Record the burst until the queue is empty again."""
    with write_catalogue(make_folder("burst")).open("a") as catalogue:
        catalogue.write("\n[providers.sleeper]\n")
    slow = {"CATALOGUE": catalogue.name, "ADAPTERS": "tests.suites.e2e", "WORKER_SLOTS": str(SLOTS)}
    async with run_scene(env=slow) as scene:
        await scene.add("run-sleeper", "-m", "workers", "run", "sleeper").wait_for_log("worker.started")
        rates = [rate for duration_s, rate in PLAN for _ in range(duration_s)]
        seconds: list[Second] = []
        began_s = time.monotonic()
        while len(seconds) < len(rates) or seconds[-1].due:
            arrived = await send_orders(scene, rates[len(seconds)]) if len(seconds) < len(rates) else 0
            await asyncio.sleep(max(began_s + len(seconds) + 1 - time.monotonic(), 0))
            seconds.append(await read_second(scene, arrived))
    return Burst(SLOTS, STEP_S, seconds)


if __name__ == "__main__":
    PATH.write_bytes(msgspec.json.encode(uvloop.run(record_burst())).replace(b"},{", b"},\n{") + b"\n")
