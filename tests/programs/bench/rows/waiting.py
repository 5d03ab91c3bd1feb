"""Two thousand requests that wait on one gateway process: their cost while they wait, and how soon each is woken."""

import asyncio
from pathlib import Path

from msgspec import Struct

from shared.domain.generation import COMPLETED, Outcome
from shared.store import keys, ledger
from tests.programs.bench.load import Plan, Result, run_plan
from tests.programs.bench.machine import cpu_s, read_server_info
from tests.programs.bench.row import ReportProgress, Row, Size, percentile
from tests.programs.bench.scene import Scene, check_books, read_stamps, run_scene, wait_until

WAITING = 2000
WAIT_S = 60
STILL_S = 3.0  # without a settlement
FILL_S = 30.0
SETTLED_PER_S = 100
HALF_A_MS = 0.5  # the store records whole milliseconds, so its times are half of one early on average
DONE = Outcome("noop", (), "done")


class Still(Struct, frozen=True):
    """The cost of waiting requests while nothing happens."""

    rss_kb: int
    commands_per_s: float
    cpu_percent: float


async def measure(size: Size, report: ReportProgress) -> list[Row]:
    """Settle from here at a steady pace, without a worker. Each client that gets a response sends its next request."""
    async with run_scene(gateways=1) as scene:
        before_kb = rss_kb(scene)
        report(f"{WAITING} requests that wait")
        plan = Plan(
            port=scene.port,
            api_keys=scene.api_keys,
            connections=WAITING,
            load_s=FILL_S / 10 + STILL_S + size.paced_s,
            wait_s=WAIT_S,
            recorded=True,
        )
        load = asyncio.create_task(run_plan(plan))
        await wait_until(lambda: check_all_wait(scene), every_s=0.1, limit_s=FILL_S)
        still = await measure_still(scene)
        report(f"{SETTLED_PER_S} settlements a second")
        result = await settle_until_done(scene, load)
        settled = await read_stamps(scene, (request.id for request in result.recorded))
        await check_books(scene)
    woken_ms = [request.responded_ns / 1e6 - settled[request.id][1] - HALF_A_MS for request in result.recorded]
    return rows(before_kb, still, woken_ms)


def rows(before_kb: int, still: Still, woken_ms: list[float]) -> list[Row]:
    """Return the figures."""
    each_kb = (still.rss_kb - before_kb) / WAITING
    memory = f"the gateway has {still.rss_kb / 1024:.0f} MB, and had {before_kb / 1024:.0f} MB before the first request"
    return [
        Row(
            name=f"{WAITING} waiting: settled -> response received, p50",
            value=percentile(woken_ms, 50),
            unit="ms",
            target=5,
            at_most=True,
            detail=f"{len(woken_ms)} responses at {SETTLED_PER_S}/s; p99 {percentile(woken_ms, 99):.1f} ms",
        ),
        Row(
            name=f"{WAITING} waiting: store commands while nothing happens",
            value=still.commands_per_s,
            unit="/s",
            target=10,
            at_most=True,
            detail=f"of the whole store; the gateway uses {still.cpu_percent:.1f} % of a core",
        ),
        Row(
            name=f"{WAITING} waiting: memory of the gateway, each",
            value=each_kb,
            unit="KB",
            target=50,
            at_most=True,
            detail=memory,
        ),
    ]


async def check_all_wait(scene: Scene) -> bool:
    """Return whether every client's generation is accepted."""
    return bool(await scene.store.call("ZCARD", keys.OPEN) >= WAITING)


async def measure_still(scene: Scene) -> Still:
    """Measure the deployment while nothing happens."""
    await asyncio.sleep(0.5)
    pid = scene.stack.processes["gateway"].pid
    used_s, before = cpu_s(pid), await count_commands(scene)
    await asyncio.sleep(STILL_S)
    after = await count_commands(scene)
    return Still(rss_kb(scene), max(after - before - 1, 0) / STILL_S, (cpu_s(pid) - used_s) / STILL_S * 100)


async def count_commands(scene: Scene) -> int:
    """Return the number of commands the store has processed, including this one."""
    return int((await read_server_info(scene.store))["total_commands_processed"])


def rss_kb(scene: Scene) -> int:
    """Return the memory of the gateway's process."""
    status = Path(f"/proc/{scene.stack.processes['gateway'].pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))


async def settle_until_done(scene: Scene, load: "asyncio.Task[Result]") -> Result:
    """Settle the oldest generations at a steady pace until the load has all its responses."""
    loop = asyncio.get_running_loop()
    due_s = loop.time()
    while not load.done():
        behind = int((loop.time() - due_s) * SETTLED_PER_S)
        due_s += behind / SETTLED_PER_S
        oldest = await scene.store.call("ZRANGE", keys.OPEN, 0, behind - 1) if behind else []
        for raw in oldest:
            await ledger.settle(scene.store, raw.decode(), COMPLETED, cost_micros=0, outcome=DONE)
        await asyncio.sleep(0.001)
    return await load
