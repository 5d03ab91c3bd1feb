"""python -m tests.programs.away [--minutes M] [--rate R]: kill PostgreSQL for some minutes while customers order.

A gateway, a worker, the sweeper and an archiver run on one store. The exit status is 1 if an order failed, or
the lag was not seen. It is also 1 if the store grew past its bound, or the history is not complete afterwards.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator

import uvloop
from msgspec import Struct, field
from sqlalchemy import func, select

from shared.records import schema
from shared.records.opening import open_records
from shared.store import archive
from shared.store.check import check_ledger
from shared.store.findings import Report
from tests.harness.postgres import Postgres
from tests.programs.bench.load import Plan, run_plan
from tests.programs.bench.machine import read_server_info
from tests.programs.bench.scene import RELAXED, Scene, run_scene

BEFORE_S, AFTER_S, SAMPLE_S = 5.0, 5.0, 10.0
CAUGHT_UP_S = 600.0
BYTES_MAX = 6000  # of the store's memory, for an order that waits: its record, its ledger lines, its places in lists
SPARE_BYTES = 50_000_000


class Sample(Struct, frozen=True, kw_only=True):
    """The state of the store at a moment."""

    at_s: float
    waiting: int
    age_s: float
    megabytes: float


class Course(Struct, kw_only=True):
    """The course of a run."""

    orders: int = 0
    p99_ms: float = 0.0
    away: list[Sample] = field(default_factory=list)
    caught_up_s: float | None = None
    archived: int = 0
    findings: list[str] = field(default_factory=list)


def main() -> int:
    """Run the program, print its course, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=300.0)
    options = parser.parse_args()
    server = Postgres().start()
    course = uvloop.run(order_while_away(server, options.minutes * 60, options.rate))
    peak = max((sample.megabytes for sample in course.away), default=0.0)
    caught = "never" if course.caught_up_s is None else f"{course.caught_up_s:.0f} s after its return"
    print(f"{course.orders} orders, {course.archived} archived; caught up: {caught}")
    print(f"accept p99 {course.p99_ms:.0f} ms; store at most {peak:.0f} MB, {course.away[-1].waiting} entries waited")
    broken = list(violations(course))
    print("\n".join(broken) or "No order failed, and the history is complete.")
    return 1 if broken else 0


async def order_while_away(server: Postgres, away_s: float, rate: float) -> Course:
    """Order all the time, kill the database for a while, and wait until the archiver has caught up."""
    course, env = Course(), {"DATABASE_URL": server.url, **RELAXED}
    async with run_scene(gateways=1, workers=("noop",), env=env) as scene:
        archiver = scene.add("archive", "-m", "workers", "archive")
        scene.add("sweep", "-m", "workers", "sweep")
        await archiver.wait_for_log("archiver.started")
        plan = Plan(port=scene.port, api_keys=scene.api_keys, load_s=BEFORE_S + away_s + AFTER_S, rate_per_s=rate)
        load = asyncio.create_task(run_plan(plan))
        await asyncio.sleep(BEFORE_S)
        server.kill()
        until_s, began_s = time.monotonic() + away_s, time.monotonic()
        while time.monotonic() < until_s:
            await asyncio.sleep(min(SAMPLE_S, away_s / 3))
            course.away.append(await take_sample(scene, time.monotonic() - began_s))
            print(f"{course.away[-1]}", file=sys.stderr, flush=True)
        server.start()
        back_s = time.monotonic()
        result = await load
        course.orders, course.p99_ms = result.served, result.p99_ms
        course.caught_up_s = await wait_until_caught_up(scene, back_s)
        await check_ledger(scene.store, found := Report())
        course.findings = [f"{finding}" for finding in found.findings]
        async with open_records(server.url) as records, records.read() as connection:
            course.archived = int(await connection.scalar(select(func.count()).select_from(schema.generations)) or 0)
    return course


async def take_sample(scene: Scene, at_s: float) -> Sample:
    """Return the state of the store."""
    lag = await archive.read_lag(scene.store)
    used = int((await read_server_info(scene.store))["used_memory"]) / 1e6
    waiting, age_s = (lag.waiting, lag.age_ms / 1000) if lag else (0, 0.0)
    return Sample(at_s=round(at_s, 1), waiting=waiting, age_s=round(age_s, 1), megabytes=round(used, 1))


async def wait_until_caught_up(scene: Scene, back_s: float) -> float | None:
    """Wait until nothing waits for the archiver. Return the seconds since the database is back; None: too long."""
    while time.monotonic() < back_s + CAUGHT_UP_S:
        lag = await archive.read_lag(scene.store)
        if lag is not None and not lag.waiting:
            return time.monotonic() - back_s
        await asyncio.sleep(0.5)
    return None


def violations(course: Course) -> Iterator[str]:
    """Yield each broken promise. A refused order has raised an error already."""
    last, first = course.away[-1], course.away[0]
    if course.archived != course.orders:
        yield f"BROKEN: {course.archived} of {course.orders} orders are in the database"
    if not last.age_s >= last.at_s * 0.8 or not last.waiting:
        yield f"BROKEN: the lag did not show: {last}"
    if (last.megabytes - first.megabytes) * 1e6 > last.waiting * BYTES_MAX + SPARE_BYTES:
        yield f"BROKEN: the store grew from {first.megabytes} to {last.megabytes} MB"
    if course.caught_up_s is None:
        yield "BROKEN: the archiver did not catch up"
    yield from (f"BROKEN: ledger check: {finding}" for finding in course.findings)


if __name__ == "__main__":
    sys.exit(main())
