"""Long lists: the CPU time of one, and the accepts of others next to four clients that read lists without a pause."""

import asyncio
from collections.abc import Sequence

from msgspec import structs

from shared.domain.generation import COMPLETED
from shared.store import ledger
from tests.harness.factories import SPEC, make_order
from tests.programs.bench.load import Plan, Result, find_saturation, run_plan
from tests.programs.bench.machine import cpu_s
from tests.programs.bench.row import ReportProgress, Row, Size, divide, median
from tests.programs.bench.rows.memory import OUTCOME, PROMPT, run_in_batches
from tests.programs.bench.scene import Scene, check_books, run_scene

READERS, SHOWN = 4, 200
PER_S = 100  # accepts
CPU_MS_MAX, RATIO_MAX = 2.0, 1.5


async def measure(size: Size, report: ReportProgress) -> list[Row]:
    """Measure accepts alone and next to the readers in turn, so that a busy moment of the machine affects both."""
    alone, beside = list[Result](), list[Result]()
    async with run_scene(gateways=1) as scene:
        await make_lists(scene)
        lists = list_plan(scene, size)
        orders = Plan(port=scene.port, api_keys=scene.api_keys[READERS:], rate_per_s=PER_S, load_s=size.paced_s)
        report("one reader")
        before = spent_s(scene)
        read = await run_plan(structs.replace(lists, connections=1))
        each_ms = {name: (used - before[name]) / read.served * 1000 for name, used in spent_s(scene).items()}
        for number in range(size.runs):
            report(f"alone, run {number + 1} of {size.runs}")
            alone.append(await run_plan(orders))
            report(f"next to readers, run {number + 1} of {size.runs}")
            both = structs.replace(lists, load_s=size.paced_s + 2)
            found, read = await asyncio.gather(run_later(orders), run_plan(both))
            beside.append(found)
        await check_books(scene)
    return rows(alone, beside, each_ms, read)


def list_plan(scene: Scene, size: Size) -> Plan:
    """Return the load of readers, each with an account of its own."""
    path = f"/api/v1/generations?limit={SHOWN}"
    return Plan(
        port=scene.port,
        method="GET",
        path=path,
        body="",
        status=200,
        api_keys=scene.api_keys[:READERS],
        connections=READERS,
        load_s=size.paced_s,
    )


async def make_lists(scene: Scene) -> None:
    """Let each reader's account have a page of ended generations, and some more."""
    spec = structs.replace(SPEC, prompt=PROMPT)
    orders = [make_order(customer, spec=spec) for customer in scene.customers[:READERS] for _ in range(SHOWN + 50)]

    async def finish(order: ledger.Order) -> None:
        await ledger.accept(scene.store, order)
        [offer] = order.offers
        await ledger.settle(scene.store, order.id, COMPLETED, cost_micros=offer.price_micros, outcome=OUTCOME)

    await run_in_batches(orders, finish)


async def run_later(plan: Plan) -> Result:
    """Run a plan once the readers are busy."""
    await asyncio.sleep(1)
    return await run_plan(plan)


def spent_s(scene: Scene) -> dict[str, float]:
    """Return the processor seconds of each process so far."""
    return {name: cpu_s(pid) for name, pid in scene.pids.items()}


def rows(alone: Sequence[Result], beside: Sequence[Result], each_ms: dict[str, float], read: Result) -> list[Row]:
    """Return the figures."""
    costs = ", ".join(f"{name} {ms:.2f}" for name, ms in each_ms.items())
    p50s, p99s = ([[getattr(one, name) for one in found] for found in (alone, beside)] for name in ("p50_ms", "p99_ms"))
    detail = f"p50 {median(p50s[0]):.2f} alone, {median(p50s[1]):.2f} next to them; p99 {median(p99s[0]):.2f} alone"
    return [
        Row(
            name=f"CPU of a list of {SHOWN}",
            value=sum(each_ms.values()),
            unit="ms",
            target=CPU_MS_MAX,
            at_most=True,
            detail=f"CPU ms: {costs}; {read.response_bytes} bytes",
        ),
        Row(
            name=f"accept p99 at {PER_S}/s next to {READERS} readers of lists, of alone",
            value=median(p99s[1]),
            unit="ms",
            ratios=divide(p99s[1], p99s[0]),
            target=RATIO_MAX,
            at_most=True,
            saturated=find_saturation(PER_S, *alone),
            detail=f"{detail}; {read.per_s:.0f} lists a second",
        ),
    ]
