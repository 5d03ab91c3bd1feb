"""Thousands of generations in progress at a provider: how late their polls are, and the CPU time they take."""

import asyncio
import time
from pathlib import Path

import msgspec

from shared.store import keys, ledger
from tests.harness.factories import make_order
from tests.harness.processes import free_port, make_folder
from tests.programs.bench.adapters.parked import PACE_S
from tests.programs.bench.machine import cpu_s
from tests.programs.bench.row import ReportProgress, Row, Size, percentile
from tests.programs.bench.rows.memory import run_in_batches
from tests.programs.bench.scene import Scene, run_scene, wait_until

RESPONSE_S = 0.1  # the round trip to a provider
SLOTS = 500  # concurrent polls; 2 000 a second of 0.1 s each need 200
SUBMITTED_S = 60.0
MARGIN_S = 0.5  # not counted at either end of the observed time
RUN_MS = 3_600_000
CATALOGUE = """
[plans.guest]
daily_quota = 0
concurrency = 1
backlog_max = 1

[providers.parked]
base_url = "http://127.0.0.1:PORT"

[[models]]
id = "bench/parked"
name = "Parked"
kind = "video"
price_cents = 10
routes = [{ provider = "parked", model = "parked" }]
"""


async def measure(size: Size, report: ReportProgress) -> list[Row]:
    """Run one worker process as in production, which polls a provider over HTTP."""
    folder, port = make_folder("parked"), free_port()
    catalogue, out = folder / "catalogue.toml", folder / "polls.json"
    catalogue.write_text(CATALOGUE.replace("PORT", str(port)))
    env = {"CATALOGUE": str(catalogue), "ADAPTERS": "tests.programs.bench.adapters"}
    async with run_scene(env={**env, "PARKED_OUT": str(out), "WORKER_SLOTS": str(SLOTS)}) as scene:
        scene.add("provider", "-m", "tests.programs.bench.provider", str(port), str(RESPONSE_S))
        report(f"{size.parked} generations, accepted")
        owners = [scene.customers[number % len(scene.customers)] for number in range(size.parked)]
        orders = [make_order(owner, provider="parked", run_ms=RUN_MS) for owner in owners]
        await run_in_batches(orders, lambda order: ledger.accept(scene.store, order))
        report(f"{size.parked} generations, submitted")
        worker = scene.add("run-parked", "-m", "workers", "run", "parked")
        await wait_until_submitted(scene, [order.id for order in orders])
        report(f"{size.parked} generations, parked")
        await asyncio.sleep(PACE_S)
        began_s, before, store_before = time.time(), cpu_s(worker.pid), cpu_s(scene.store_pid)
        await asyncio.sleep(size.parked_s)
        took_s, used_s, store_s = (
            time.time() - began_s,
            cpu_s(worker.pid) - before,
            cpu_s(scene.store_pid) - store_before,
        )
        await worker.stop()
    late_ms = read_delays_ms(out, size.parked, began_s + MARGIN_S, began_s + took_s - MARGIN_S)
    return rows(size, late_ms, used_s / took_s * 100, store_s / took_s * 100)


async def wait_until_submitted(scene: Scene, names: list[str]) -> None:
    """Wait until the provider has every task. Raises TimeoutError."""

    async def check_states() -> bool:
        states = await asyncio.gather(*(scene.store.call("HGET", keys.generation(name), "state") for name in names))
        return set(states) == {b"pending"}

    await wait_until(check_states, every_s=0.5, limit_s=SUBMITTED_S)


def read_delays_ms(out: Path, count: int, began_s: float, ended_s: float) -> list[float]:
    """Return the delays of the polls due in the interval. Raises AssertionError if a generation was never polled."""
    polls = msgspec.json.decode(out.read_bytes(), type=list[tuple[str, float, float]])
    assert count == len({name for name, _, _ in polls}), "a parked generation was never polled"
    return [late_s * 1000 for _, due_s, late_s in polls if began_s < due_s < ended_s]


def rows(size: Size, late_ms: list[float], percent: float, store_percent: float) -> list[Row]:
    """Return the latest poll, and the CPU time of the worker."""
    per_s = len(late_ms) / (size.parked_s - 2 * MARGIN_S)
    p50, p99 = percentile(late_ms, 50), percentile(late_ms, 99)
    return [
        Row(
            name=f"{size.parked} parked, largest delay of a poll",
            value=max(late_ms),
            unit="ms",
            target=1000,
            at_most=True,
            detail=f"each is polled every {PACE_S:g} s over HTTP; p50 {p50:.1f}, p99 {p99:.1f} ms",
        ),
        Row(
            name=f"CPU of the worker with {size.parked} parked",
            value=percent,
            unit="% of a core",
            target=50,
            at_most=True,
            detail=f"{per_s:.0f}/s, {percent * 1e4 / per_s:.0f} us each; {store_percent:.0f} % for the store",
        ),
    ]
