"""A worker is killed with its hands full: how long until the last of its jobs has begun anew in another."""

import time

from tests.programs.bench.jobs import all_held, crew, done, release, stage
from tests.programs.bench.row import Row, Say, Size, median
from tests.programs.bench.scene import Scene, scene
from tests.programs.bench.worker import Setup

LEASE_S = 3.0
IN_HAND = 100
SLEEP_S = 60.0
SETUP = Setup(kind="engine", max_jobs=300, lease_s=LEASE_S)


async def measure(size: Size, say: Say) -> list[Row]:
    """kill -9 at any point of a lease; the worst job of the worst trial counts."""
    worst_s = []
    async with scene() as seen:
        for trial in range(size.kills):
            say(f"kill -9, {trial + 1} of {size.kills}")
            worst_s.append(await one(seen, trial))
    return [
        Row(
            name="rescue after kill -9, worst job",
            value=max(worst_s),
            unit="s",
            target=LEASE_S + 0.5,
            at_most=True,
            detail=f"{IN_HAND} jobs in hand, lease {LEASE_S:g} s, {size.kills} trials, median {median(worst_s):.2f} s",
        )
    ]


async def one(seen: Scene, trial: int) -> float:
    """One trial. Raises AssertionError unless each job was started exactly once more."""
    victim = await crew(seen.stack, SETUP, 1)
    await stage(seen.store, range(trial * IN_HAND, (trial + 1) * IN_HAND), sleep_s=SLEEP_S)
    await release(seen.store)
    await all_held(seen.store, IN_HAND)
    heir = await crew(seen.stack, SETUP, 1)
    killed_ns = time.time_ns()
    victim.processes[0].kill()
    await done(seen.store)
    starts = await heir.ran()
    assert IN_HAND == len(starts) == len({start.number for start in starts}), f"{len(starts)} of {IN_HAND} rescued"
    return max(start.started_ns - killed_ns for start in starts) / 1e9
