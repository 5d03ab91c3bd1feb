"""A worker with many jobs is killed: the time until the last of them has restarted in another worker."""

import time

from tests.programs.bench.jobs import prepare_jobs, release, start_crew, wait_until_done, wait_until_held
from tests.programs.bench.row import ReportProgress, Row, Size, median
from tests.programs.bench.scene import Scene, run_scene
from tests.programs.bench.worker import Setup

LEASE_S = 3.0
IN_HAND = 100
SLEEP_S = 60.0
SETUP = Setup(kind="engine", max_jobs=300, lease_s=LEASE_S)


async def measure(size: Size, report: ReportProgress) -> list[Row]:
    """Kill at any point of a lease. The worst job of the worst trial counts."""
    worst_s = []
    async with run_scene() as scene:
        for trial in range(size.kills):
            report(f"kill -9, {trial + 1} of {size.kills}")
            worst_s.append(await measure_rescue(scene, trial))
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


async def measure_rescue(scene: Scene, trial: int) -> float:
    """Run one trial. Raises AssertionError unless each job was started exactly once more."""
    victim = await start_crew(scene.stack, SETUP, 1)
    await prepare_jobs(scene.store, range(trial * IN_HAND, (trial + 1) * IN_HAND), sleep_s=SLEEP_S)
    await release(scene.store)
    await wait_until_held(scene.store, IN_HAND)
    rescuer = await start_crew(scene.stack, SETUP, 1)
    killed_ns = time.time_ns()
    victim.processes[0].kill()
    await wait_until_done(scene.store)
    starts = await rescuer.stop_and_read()
    assert IN_HAND == len(starts) == len({start.number for start in starts}), f"{len(starts)} of {IN_HAND} rescued"
    return max(start.started_ns - killed_ns for start in starts) / 1e9
