"""KEDA's formula, and what it makes of a recorded burst."""

import re

import pytest
from msgspec import structs

from shared.ops.settings import ROOT, Settings
from tests.programs.scaling.keda import Line, Moment, decided, simulated, wish
from tests.programs.scaling.shipped import ALONE, answered, shipped, the_burst

POLICY = shipped(Settings().worker_slots)
SAGE = (ROOT / "docs" / "scale.md").read_text()
ONE, FOUR = (float(found) for found in re.findall(r"\*\*(\d+) s\*\*", SAGE)[:2])


@pytest.mark.parametrize(
    ("age_s", "depth", "workers"),
    [(0, 0, 1), (10, 0, 1), (10.1, 0, 2), (40, 0, 4), (0, 80, 1), (0, 81, 2), (25, 500, 7), (9999, 0, 10)],
)
def test_the_formula_asks_for_the_larger_quotient(age_s: float, depth: float, workers: int) -> None:
    """ceil(metric / threshold) of age and depth, whichever is more, between the least and the most."""
    assert workers == wish(POLICY, age_s, depth)


def test_growing_is_limited_in_each_period() -> None:
    """At most four more pods within fifteen seconds, however many are wished for."""
    assert 5 == decided(POLICY, 30, [(30, 10)], [1] * 30)
    assert 9 == decided(POLICY, 45, [(45, 10)], [1] * 30 + [5] * 15)
    assert 5 == decided(POLICY, 40, [(40, 10)], [1] * 30 + [5] * 10)


def test_shrinking_waits_for_the_largest_wish_of_the_window() -> None:
    """Nothing is taken away while a wish of the last five minutes wants it, and then one pod a minute."""
    sizes = [4] * 400
    assert 4 == decided(POLICY, 400, [(101, 4), (400, 1)], sizes)
    assert 3 == decided(POLICY, 401, [(101, 4), (401, 1)], sizes)
    assert 3 == decided(POLICY, 430, [(101, 4), (430, 1)], [4] * 401 + [3] * 29)


def test_a_line_serves_the_oldest_first() -> None:
    """Its age is that of the oldest job that still waits."""
    line = Line(waiting=[(0, 2), (3, 2)])
    assert (3.0, 1.0, 7.0) == (line.serve(3), line.due, line.age_s(10))
    assert (1.0, 0.0, 0.0) == (line.serve(5), line.due, line.age_s(10))


def test_the_simulation_follows_the_recording() -> None:
    """With one worker the simulated depth and age stay near those of the real deployment, second by second."""
    burst = the_burst()
    moments = answered(burst, ALONE)[: len(burst.seconds)]
    pairs = list(zip(moments, burst.seconds, strict=True))
    peak_due, peak_s = max(one.due for one in burst.seconds), max(one.age_s for one in burst.seconds)
    assert 0.10 * peak_due > max(abs(moment.due - real.due) for moment, real in pairs)
    assert 0.10 * peak_s > max(abs(moment.age_s - real.age_s) for moment, real in pairs)


@pytest.mark.parametrize(("factor", "bound_s"), [(1, ONE), (4, FOUR)])
def test_the_oldest_job_is_as_young_as_documented(factor: int, bound_s: float) -> None:
    """Under the shipped ScaledObject the age stays below the bound of docs/scale.md, and goes back to nothing."""
    burst = the_burst()
    moments = answered(burst, shipped(burst.slots), factor)
    assert bound_s >= oldest_s(moments) > bound_s - 10, "the documentation says about what it is"
    assert 0 == moments[-1].due
    assert 1 == moments[-1].wanted


def test_without_it_the_age_grows_with_the_burst() -> None:
    """With one worker alone the oldest job waits several times as long."""
    assert oldest_s(answered(the_burst(), ALONE)) > 1.5 * ONE


def test_a_slower_start_costs_its_own_time() -> None:
    """What a pod takes longer to start, the oldest job waits longer, and no more than twice that."""
    burst = the_burst()
    policy = shipped(burst.slots)
    slow = structs.replace(policy, start_s=policy.start_s + 30)
    longer_s = oldest_s(answered(burst, slow)) - oldest_s(answered(burst, policy))
    assert 0 < longer_s <= 60


def test_nothing_happens_without_jobs() -> None:
    """An idle queue keeps the least number of workers."""
    moments = simulated(POLICY, [0.0] * 60, per_s=10, step_s=1, spare_s=60)
    assert {(0, 0.0, 1)} == {(moment.due, moment.age_s, moment.wanted) for moment in moments}


def oldest_s(moments: list[Moment]) -> float:
    """The greatest age."""
    return max(moment.age_s for moment in moments)
