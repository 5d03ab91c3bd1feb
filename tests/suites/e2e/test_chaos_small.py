"""A small `make chaos`: the same load, blows and questions, only fewer of them and no stop-watch."""

from tests.programs.chaos.plan import planned
from tests.programs.chaos.report import figures
from tests.programs.chaos.scene import played
from tests.programs.chaos.verdict import violations

SEED, COUNT, LOAD_S = 11, 160, 9.0


def test_a_seed_is_a_plan() -> None:
    """The same seed makes the same wishes and the same blows, another seed others."""
    assert planned(SEED, COUNT) == planned(SEED, COUNT)
    assert planned(SEED, COUNT).strikes != planned(SEED + 1, COUNT).strikes


async def test_no_promise_is_broken_while_processes_are_killed() -> None:
    """Gateways, workers, dispatcher, sweeper and store are killed under load, and nothing is lost or paid twice."""
    said: list[str] = []
    evidence = await played(planned(SEED, COUNT, LOAD_S), said.append)
    assert [] == violations(evidence, timed=False), "\n".join(said)
    dealt = figures(evidence)
    assert 1 == dealt["blows to the store"]
    assert dealt["kills"] >= 4
    assert dealt["most submits of one generation"] > 1
