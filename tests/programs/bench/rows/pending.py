"""A thousand tasks that a real provider's adapter waits for, looked at as often as the provider advises."""

import asyncio
import math
import time

from msgspec import structs

from shared.store import keys, ledger
from tests.harness.factories import SPEC, make_order
from tests.harness.processes import free_port, make_folder
from tests.programs.bench.machine import cpu_s
from tests.programs.bench.row import Row, Say, Size
from tests.programs.bench.rows.memory import batched
from tests.programs.bench.rows.parked import submitted
from tests.programs.bench.scene import Scene, scene
from workers.providers.replicate import POLL_S

TASKS = 1000
RUN_MS = 3_600_000
LOOK_EVERY_S = 0.2
CATALOGUE = """
[plans.guest]
daily_quota = 0
concurrency = 1
backlog_max = 1

[providers.replicate]
base_url = "http://127.0.0.1:PORT"

[[models]]
id = "bench/film"
name = "Film"
kind = "video"
price_cents = 10
routes = [{ provider = "replicate", model = "maker/film" }]
"""


async def measure(size: Size, say: Say) -> list[Row]:
    """Worker process and adapter as they come: films, then pictures, which are looked at most often."""
    return [await one(size, say, kind) for kind in ("video", "image")]


async def one(size: Size, say: Say, kind: str) -> Row:
    """The CPU of the worker while it waits for tasks of one kind."""
    port, catalogue = free_port(), make_folder("pending") / "catalogue.toml"
    catalogue.write_text(CATALOGUE.replace("PORT", str(port)))
    async with scene(env={"CATALOGUE": str(catalogue), "ADAPTERS": "workers.providers"}) as seen:
        seen.add("provider", "-m", "tests.programs.bench.replicate", str(port))
        say(f"{TASKS} tasks of kind {kind}, submitted")
        spec = structs.replace(SPEC, kind=kind, target="maker/film")
        owners = [seen.customers[number % len(seen.customers)] for number in range(TASKS)]
        orders = [make_order(owner, provider="replicate", spec=spec, run_ms=RUN_MS) for owner in owners]
        await batched(orders, lambda order: ledger.accept(seen.store, order))
        worker = seen.add("run-replicate", "-m", "workers", "run", "replicate")
        names = [order.id for order in orders]
        await submitted(seen, names)
        say(f"{TASKS} tasks of kind {kind}, pending")
        # They were submitted together and so are looked at together: from the end of a round to that of a later one.
        looks = await rounds(seen, names, POLL_S[kind], 1)
        began_s, before_s = time.monotonic(), cpu_s(worker.pid)
        looks = await rounds(seen, names, POLL_S[kind], math.ceil(size.parked_s / POLL_S[kind])) - looks
        took_s, used_s = time.monotonic() - began_s, cpu_s(worker.pid) - before_s
        per_s = looks / took_s
    assert per_s > 0.8 * TASKS / POLL_S[kind], f"{per_s:.0f} looks a second for {TASKS} tasks: it does not keep up"
    return Row(
        name=f"CPU of a worker that waits for {TASKS} tasks, {kind}",
        value=used_s / took_s * 100,
        unit="% of a core",
        target=25,
        at_most=True,
        detail=f"each looked at every {POLL_S[kind]:g} s, {per_s:.0f}/s, {used_s / took_s / per_s * 1e6:.0f} us each",
    )


async def rounds(seen: Scene, names: list[str], pace_s: float, count: int) -> int:
    """All looks so far, once each task was looked at `count` times more, or twice the time for that is over."""
    until_s, goal = time.monotonic() + 2 * count * pace_s, await looked(seen, names) + count * len(names)
    while (looks := await looked(seen, names)) < goal and time.monotonic() < until_s:
        await asyncio.sleep(LOOK_EVERY_S)
    return looks


async def looked(seen: Scene, names: list[str]) -> int:
    """How often the tasks were looked at so far."""
    counts = await asyncio.gather(*(seen.store.call("HGET", keys.generation(name), "looks") for name in names))
    return sum(int(number or 0) for number in counts)
