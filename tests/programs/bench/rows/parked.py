"""Thousands of generations that a provider works on: how late the looks at them are, and the CPU they take."""

import asyncio
import time
from pathlib import Path

import msgspec

from shared.store import keys, ledger
from tests.harness.factories import make_order
from tests.harness.processes import free_port, make_folder
from tests.programs.bench.adapters.parked import PACE_S
from tests.programs.bench.machine import cpu_s
from tests.programs.bench.row import Row, Say, Size, percentile
from tests.programs.bench.rows.memory import batched
from tests.programs.bench.scene import Scene, scene, until

ANSWER_S = 0.1  # what the way to a provider and back takes
SLOTS = 500  # looks under way at once; 2 000 a second of 0.1 s each need 200
SUBMITTED_S = 60.0
MARGIN_S = 0.5  # of the time that is watched, at each end: it does not count
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


async def measure(size: Size, say: Say) -> list[Row]:
    """One worker process as in production, that asks a provider over HTTP."""
    folder, port = make_folder("parked"), free_port()
    catalogue, out = folder / "catalogue.toml", folder / "looks.json"
    catalogue.write_text(CATALOGUE.replace("PORT", str(port)))
    env = {"CATALOGUE": str(catalogue), "ADAPTERS": "tests.programs.bench.adapters"}
    async with scene(env={**env, "PARKED_OUT": str(out), "WORKER_SLOTS": str(SLOTS)}) as seen:
        seen.add("provider", "-m", "tests.programs.bench.provider", str(port), str(ANSWER_S))
        say(f"{size.parked} generations, accepted")
        owners = [seen.customers[number % len(seen.customers)] for number in range(size.parked)]
        orders = [make_order(owner, provider="parked", run_ms=RUN_MS) for owner in owners]
        await batched(orders, lambda order: ledger.accept(seen.store, order))
        say(f"{size.parked} generations, submitted")
        worker = seen.add("run-parked", "-m", "workers", "run", "parked")
        await submitted(seen, [order.id for order in orders])
        say(f"{size.parked} generations, parked")
        await asyncio.sleep(PACE_S)
        began_s, before, store_before = time.time(), cpu_s(worker.pid), cpu_s(seen.store_pid)
        await asyncio.sleep(size.parked_s)
        took_s, used_s, store_s = (
            time.time() - began_s,
            cpu_s(worker.pid) - before,
            cpu_s(seen.store_pid) - store_before,
        )
        await worker.stop()
    late_ms = looks(out, size.parked, began_s + MARGIN_S, began_s + took_s - MARGIN_S)
    return rows(size, late_ms, used_s / took_s * 100, store_s / took_s * 100)


async def submitted(seen: Scene, names: list[str]) -> None:
    """Wait until the provider has all of them. Raises TimeoutError."""

    async def all_of_them() -> bool:
        states = await asyncio.gather(*(seen.store.call("HGET", keys.generation(name), "state") for name in names))
        return set(states) == {b"pending"}

    await until(all_of_them, every_s=0.5, limit_s=SUBMITTED_S)


def looks(out: Path, count: int, began_s: float, ended_s: float) -> list[float]:
    """How late the looks were that were due in that time, ms. Raises AssertionError if a generation was forgotten."""
    seen = msgspec.json.decode(out.read_bytes(), type=list[tuple[str, float, float]])
    assert count == len({name for name, _, _ in seen}), "a parked generation was never looked at"
    return [late_s * 1000 for _, due_s, late_s in seen if began_s < due_s < ended_s]


def rows(size: Size, late_ms: list[float], percent: float, store_percent: float) -> list[Row]:
    """The latest look, and the CPU of the worker."""
    per_s = len(late_ms) / (size.parked_s - 2 * MARGIN_S)
    p50, p99 = percentile(late_ms, 50), percentile(late_ms, 99)
    return [
        Row(
            name=f"{size.parked} parked, latest look after its time",
            value=max(late_ms),
            unit="ms",
            target=1000,
            at_most=True,
            detail=f"each is looked at every {PACE_S:g} s over HTTP; p50 {p50:.1f}, p99 {p99:.1f} ms",
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
