"""Record a burst on a deployment with one worker, its queue read each second: tests.programs.scaling.record.

It takes about four minutes and writes burst.json beside this file, which the simulation starts from.
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
from tests.programs.bench.scene import Scene, scene

PATH = Path(__file__).parent / "burst.json"
SLOTS, STEP_S = 4, 0.25
PLAN = ((15, 8.0), (60, 48.0), (30, 8.0))  # seconds, orders a second; one worker manages 16
SPEC = Spec("wowflow", "image", "test/sleeper", "sleeper", f"sleep={STEP_S}", {})


class Second(Struct, frozen=True):
    """How the queue was in one second."""

    arrived: int
    due: int
    running: int
    age_s: float


class Burst(Struct, frozen=True):
    """What was recorded, and of what worker."""

    slots: int
    step_s: float
    seconds: list[Second]


async def ordered(seen: Scene, rate: float) -> int:
    """A second of orders, evenly; how many it was."""
    customer, count = seen.customers[0], int(rate)
    for _ in range(count):
        await ledger.accept(seen.store, make_order(customer, provider="sleeper", spec=SPEC, queue_ms=600_000))
        await asyncio.sleep(0.8 / count)
    return count


async def looked(seen: Scene, arrived: int) -> Second:
    """The queue at this moment."""
    (queue,) = (await read_stats(seen.store, ["sleeper"])).queues
    return Second(arrived, queue.due, queue.running, queue.oldest_ms / 1000)


async def recorded() -> Burst:
    """The burst, until the queue is empty again."""
    with write_catalogue(make_folder("burst")).open("a") as catalogue:
        catalogue.write("\n[providers.sleeper]\n")
    slow = {"CATALOGUE": catalogue.name, "ADAPTERS": "tests.suites.e2e", "WORKER_SLOTS": str(SLOTS)}
    async with scene(env=slow) as seen:
        await seen.add("run-sleeper", "-m", "workers", "run", "sleeper").wait_for_log("worker.started")
        rates = [rate for seconds, rate in PLAN for _ in range(seconds)]
        found: list[Second] = []
        began_s = time.monotonic()
        while len(found) < len(rates) or found[-1].due:
            arrived = await ordered(seen, rates[len(found)]) if len(found) < len(rates) else 0
            await asyncio.sleep(max(began_s + len(found) + 1 - time.monotonic(), 0))
            found.append(await looked(seen, arrived))
    return Burst(SLOTS, STEP_S, found)


if __name__ == "__main__":
    PATH.write_bytes(msgspec.json.encode(uvloop.run(recorded())).replace(b"},{", b"},\n{") + b"\n")
