"""A thousand tasks that the adapter of a real provider polls as often as the provider advises."""

import asyncio
import math
import time

from msgspec import structs

from shared.store import keys, ledger
from tests.harness.factories import SPEC, make_order
from tests.harness.processes import free_port, make_folder
from tests.programs.bench.machine import cpu_s
from tests.programs.bench.row import ReportProgress, Row, Size
from tests.programs.bench.rows.memory import run_in_batches
from tests.programs.bench.rows.parked import wait_until_submitted
from tests.programs.bench.scene import Scene, run_scene
from workers.providers.replicate import POLL_S

TASKS = 1000
RUN_MS = 3_600_000
READ_EVERY_S = 0.2
CATALOGUE = """
[plans.guest]
daily_quota = 0
concurrency = 1
backlog_max = 1

[providers.replicate]
base_url = "http://127.0.0.1:PORT"

[[models]]
id = "bench/video"
name = "Video"
kind = "video"
price_cents = 10
routes = [{ provider = "replicate", model = "maker/video" }]
"""


async def measure(size: Size, report: ReportProgress) -> list[Row]:
    """Run the shipped worker and adapter with videos, then with images, which have the shortest poll interval."""
    return [await measure_kind(size, report, kind) for kind in ("video", "image")]


async def measure_kind(size: Size, report: ReportProgress, kind: str) -> Row:
    """Return the CPU time of the worker while it waits for tasks of one kind."""
    port, catalogue = free_port(), make_folder("pending") / "catalogue.toml"
    catalogue.write_text(CATALOGUE.replace("PORT", str(port)))
    async with run_scene(env={"CATALOGUE": str(catalogue), "ADAPTERS": "workers.providers"}) as scene:
        scene.add("provider", "-m", "tests.programs.bench.replicate", str(port))
        report(f"{TASKS} tasks of kind {kind}, submitted")
        spec = structs.replace(SPEC, kind=kind, target="maker/video")
        owners = [scene.customers[number % len(scene.customers)] for number in range(TASKS)]
        orders = [make_order(owner, provider="replicate", spec=spec, run_ms=RUN_MS) for owner in owners]
        await run_in_batches(orders, lambda order: ledger.accept(scene.store, order))
        worker = scene.add("run-replicate", "-m", "workers", "run", "replicate")
        names = [order.id for order in orders]
        await wait_until_submitted(scene, names)
        report(f"{TASKS} tasks of kind {kind}, pending")
        # Tasks submitted together are polled together, so measure from the end of one round to the end of another.
        polls = await wait_for_rounds(scene, names, POLL_S[kind], 1)
        began_s, before_s = time.monotonic(), cpu_s(worker.pid)
        polls = await wait_for_rounds(scene, names, POLL_S[kind], math.ceil(size.parked_s / POLL_S[kind])) - polls
        took_s, used_s = time.monotonic() - began_s, cpu_s(worker.pid) - before_s
        per_s = polls / took_s
    assert per_s > 0.8 * TASKS / POLL_S[kind], f"{per_s:.0f} polls a second for {TASKS} tasks: too slow"
    return Row(
        name=f"CPU of a worker that waits for {TASKS} tasks, {kind}",
        value=used_s / took_s * 100,
        unit="% of a core",
        target=25,
        at_most=True,
        detail=f"each polled every {POLL_S[kind]:g} s, {per_s:.0f}/s, {used_s / took_s / per_s * 1e6:.0f} us each",
    )


async def wait_for_rounds(scene: Scene, names: list[str], pace_s: float, count: int) -> int:
    """Wait for `count` more polls of each task, or twice the time they should take. Return all polls so far."""
    until_s, goal = time.monotonic() + 2 * count * pace_s, await count_polls(scene, names) + count * len(names)
    while (polls := await count_polls(scene, names)) < goal and time.monotonic() < until_s:
        await asyncio.sleep(READ_EVERY_S)
    return polls


async def count_polls(scene: Scene, names: list[str]) -> int:
    """Return the number of polls of these tasks so far."""
    counts = await asyncio.gather(*(scene.store.call("HGET", keys.generation(name), "looks") for name in names))
    return sum(int(number or 0) for number in counts)
