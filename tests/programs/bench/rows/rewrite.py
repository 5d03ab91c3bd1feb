"""Accepts while the store rewrites a large append-only file, and while the file system frees the old one."""

import asyncio
import secrets
from collections.abc import Sequence
from statistics import median

from tests.programs.bench.load import Plan, Result, find_saturation, run_plan
from tests.programs.bench.row import ReportProgress, Row, Size, divide
from tests.programs.bench.scene import Scene, check_books, run_scene, wait_until

PER_S = 300  # accepts
VALUE_BYTES, AT_ONCE = 500, 1000
REWRITE_S = 120.0
RATIO_MAX = 3.0


async def measure(size: Size, report: ReportProgress) -> list[Row]:
    """Measure accepts alone and during a rewrite in turn, so that a busy moment of the machine affects both."""
    alone, during = list[Result](), list[Result]()
    async with run_scene(gateways=1) as scene:
        report(f"{size.rewritten_mb} MB of data")
        await scene.store.call("CONFIG", "SET", "auto-aof-rewrite-percentage", "0")
        await fill(scene, size.rewritten_mb)
        await rewrite(scene)  # so that each measured rewrite replaces a file of this size
        orders = Plan(port=scene.port, api_keys=scene.api_keys, rate_per_s=PER_S, load_s=size.paced_s)
        for number in range(size.runs):
            report(f"alone, run {number + 1} of {size.runs}")
            alone.append(await run_plan(orders))
            report(f"during a rewrite, run {number + 1} of {size.runs}")
            found, _ = await asyncio.gather(run_plan(orders), rewrite_soon(scene))
            during.append(found)
        await check_books(scene)
    return [row(alone, during, size.rewritten_mb)]


def row(alone: Sequence[Result], during: Sequence[Result], rewritten_mb: int) -> Row:
    """Return the figure."""
    calm_ms, busy_ms = ([one.p99_ms for one in found] for found in (alone, during))
    return Row(
        name=f"accept p99 at {PER_S}/s during a rewrite of {rewritten_mb} MB, of alone",
        value=median(busy_ms),
        unit="ms",
        ratios=divide(busy_ms, calm_ms),
        target=RATIO_MAX,
        at_most=True,
        saturated=find_saturation(PER_S, *alone),
        detail=f"p99 {median(calm_ms):.2f} alone; the slowest run {max(busy_ms):.2f}",
    )


async def fill(scene: Scene, megabytes: int) -> None:
    """Store values that cannot be compressed."""
    batch_bytes = VALUE_BYTES * AT_ONCE
    for first in range(0, megabytes * 1_000_000, batch_bytes):
        pairs = [word for n in range(AT_ONCE) for word in (f"filling:{first + n}", secrets.token_bytes(VALUE_BYTES))]
        await scene.store.call("MSET", *pairs)


async def rewrite_soon(scene: Scene) -> None:
    """Rewrite the append-only file once the load is on."""
    await asyncio.sleep(1)
    await rewrite(scene)


async def rewrite(scene: Scene) -> None:
    """Rewrite the append-only file, and wait for the end."""
    await scene.store.call("BGREWRITEAOF")

    async def check_ended() -> bool:
        facts = (await scene.store.call("INFO", "persistence")).decode()
        return "aof_rewrite_in_progress:0" in facts and "aof_rewrite_scheduled:0" in facts

    await wait_until(check_ended, every_s=0.1, limit_s=REWRITE_S)
