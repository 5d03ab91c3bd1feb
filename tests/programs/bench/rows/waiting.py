"""Two thousand requests that wait on one gateway process: what they cost while they do, and how soon each is woken."""

import asyncio
from pathlib import Path

from msgspec import Struct

from shared.domain.generation import COMPLETED, Outcome
from shared.store import keys, ledger
from tests.programs.bench.load import Plan, Result, under_load
from tests.programs.bench.machine import cpu_s, server
from tests.programs.bench.row import Row, Say, Size, percentile
from tests.programs.bench.scene import Scene, balanced, scene, stamps, until

WAITING = 2000
WAIT_S = 60
STILL_S = 3.0  # nothing is settled for so long
FILL_S = 30.0
SETTLED_PER_S = 100
HALF_A_MS = 0.5  # the store notes whole milliseconds, so a stamp is half of one early on average
DONE = Outcome("noop", (), "done")


class Still(Struct, frozen=True):
    """What it costs that all of them wait and nothing happens."""

    rss_kb: int
    commands_per_s: float
    cpu_percent: float


async def measure(size: Size, say: Say) -> list[Row]:
    """No worker takes anything: the bench settles, at a steady pace, and each client that is answered asks anew."""
    async with scene(gateways=1) as seen:
        before_kb = rss_kb(seen)
        say(f"{WAITING} requests that wait")
        plan = Plan(
            port=seen.port,
            api_keys=seen.api_keys,
            connections=WAITING,
            load_s=FILL_S / 10 + STILL_S + size.paced_s,
            wait_s=WAIT_S,
            recorded=True,
        )
        load = asyncio.create_task(under_load(plan))
        await until(lambda: all_wait(seen), every_s=0.1, limit_s=FILL_S)
        still = await look(seen)
        say(f"{SETTLED_PER_S} of them settled a second")
        result = await settle_until_done(seen, load)
        settled = await stamps(seen, (answer.id for answer in result.answers))
        await balanced(seen)
    woken_ms = [answer.answered_ns / 1e6 - settled[answer.id][1] - HALF_A_MS for answer in result.answers]
    return rows(before_kb, still, woken_ms)


def rows(before_kb: int, still: Still, woken_ms: list[float]) -> list[Row]:
    """The figures."""
    each_kb = (still.rss_kb - before_kb) / WAITING
    memory = f"the gateway has {still.rss_kb / 1024:.0f} MB, and {before_kb / 1024:.0f} MB before the first"
    return [
        Row(
            name=f"{WAITING} waiting: settled -> answer on the wire, p50",
            value=percentile(woken_ms, 50),
            unit="ms",
            target=5,
            at_most=True,
            detail=f"{len(woken_ms)} answers at {SETTLED_PER_S}/s; p99 {percentile(woken_ms, 99):.1f} ms",
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


async def all_wait(seen: Scene) -> bool:
    """Whether every client's generation is accepted."""
    return bool(await seen.store.call("ZCARD", keys.OPEN) >= WAITING)


async def look(seen: Scene) -> Still:
    """What happens while nothing does."""
    await asyncio.sleep(0.5)
    pid = seen.stack.processes["gateway"].pid
    used_s, before = cpu_s(pid), await commands(seen)
    await asyncio.sleep(STILL_S)
    after = await commands(seen)
    return Still(rss_kb(seen), max(after - before - 1, 0) / STILL_S, (cpu_s(pid) - used_s) / STILL_S * 100)


async def commands(seen: Scene) -> int:
    """How many the store has processed, this one included."""
    return int((await server(seen.store))["total_commands_processed"])


def rss_kb(seen: Scene) -> int:
    """Memory of the gateway's process."""
    status = Path(f"/proc/{seen.stack.processes['gateway'].pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))


async def settle_until_done(seen: Scene, load: "asyncio.Task[Result]") -> Result:
    """Settle the oldest, one after the other at a steady pace, until the load has all its answers."""
    loop = asyncio.get_running_loop()
    due_s = loop.time()
    while not load.done():
        behind = int((loop.time() - due_s) * SETTLED_PER_S)
        due_s += behind / SETTLED_PER_S
        oldest = await seen.store.call("ZRANGE", keys.OPEN, 0, behind - 1) if behind else []
        for raw in oldest:
            await ledger.settle(seen.store, raw.decode(), COMPLETED, cost_micros=0, outcome=DONE)
        await asyncio.sleep(0.001)
    return await load
