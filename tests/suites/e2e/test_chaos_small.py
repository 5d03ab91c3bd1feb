"""A small `make chaos`: the same load, faults and checks, with fewer orders and without time limits."""

from tests.programs.chaos.checks import violations
from tests.programs.chaos.plan import make_plan
from tests.programs.chaos.report import figures
from tests.programs.chaos.scene import run_chaos

SEED, COUNT, LOAD_S = 11, 160, 9.0


def test_plan_depends_on_its_seed_alone() -> None:
    """The same seed gives the same orders and faults, another seed gives others."""
    assert make_plan(SEED, COUNT) == make_plan(SEED, COUNT)
    assert make_plan(SEED, COUNT).faults != make_plan(SEED + 1, COUNT).faults


async def test_guarantees_hold_while_processes_are_killed() -> None:
    """Every process is killed, paused or cut off from the store under load, and nothing is lost or paid twice."""
    progress: list[str] = []
    evidence = await run_chaos(make_plan(SEED, COUNT, LOAD_S), progress.append)
    assert [] == violations(evidence, timed=False), "\n".join(progress)
    found = figures(evidence)
    assert 1 == found["faults of the store"]
    assert found["kills"] >= 4
    assert 2 == found["partitions"]
    assert found["warnings of wrong clocks"] > 0
    assert found["most submits of one generation"] > 1
