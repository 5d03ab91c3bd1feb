"""KEDA's formula, and its effect on a recorded burst."""

import re

import pytest
from msgspec import structs

from shared.ops.settings import ROOT, Settings
from tests.programs.scaling.keda import Moment, Queue, next_size, recommended_workers, simulate
from tests.programs.scaling.shipped import ALONE, load_burst, shipped_policy, simulate_burst

POLICY = shipped_policy(Settings().worker_slots)
DOCUMENTATION = (ROOT / "docs" / "scale.md").read_text()
ONE, FOUR = (float(found) for found in re.findall(r"\*\*(\d+) s\*\*", DOCUMENTATION)[:2])


@pytest.mark.parametrize(
    ("age_s", "depth", "workers"),
    [(0, 0, 1), (10, 0, 1), (10.1, 0, 2), (40, 0, 4), (0, 80, 1), (0, 81, 2), (25, 500, 7), (9999, 0, 10)],
)
def test_formula_recommends_the_larger_quotient(age_s: float, depth: float, workers: int) -> None:
    """The larger of ceil(metric / threshold) for age and depth counts, within the limits."""
    assert workers == recommended_workers(POLICY, age_s, depth)


def test_growing_is_limited_in_each_period() -> None:
    """At most four pods are added within fifteen seconds, whatever the recommendation."""
    assert 5 == next_size(POLICY, 30, [(30, 10)], [1] * 30)
    assert 9 == next_size(POLICY, 45, [(45, 10)], [1] * 30 + [5] * 15)
    assert 5 == next_size(POLICY, 40, [(40, 10)], [1] * 30 + [5] * 10)


def test_shrinking_waits_for_the_largest_recommendation_of_the_window() -> None:
    """No pod is removed below a recommendation of the last five minutes, and then one pod a minute."""
    sizes = [4] * 400
    assert 4 == next_size(POLICY, 400, [(101, 4), (400, 1)], sizes)
    assert 3 == next_size(POLICY, 401, [(101, 4), (401, 1)], sizes)
    assert 3 == next_size(POLICY, 430, [(101, 4), (430, 1)], [4] * 401 + [3] * 29)


def test_queue_serves_the_oldest_jobs_first() -> None:
    """The age of a queue is that of its oldest waiting job."""
    queue = Queue(waiting=[(0, 2), (3, 2)])
    assert (3.0, 1.0, 7.0) == (queue.serve(3), queue.due, queue.age_s(10))
    assert (1.0, 0.0, 0.0) == (queue.serve(5), queue.due, queue.age_s(10))


def test_simulation_follows_the_recording() -> None:
    """With one worker, the simulated depth and age stay near the recorded ones in every second."""
    burst = load_burst()
    moments = simulate_burst(burst, ALONE)[: len(burst.seconds)]
    pairs = list(zip(moments, burst.seconds, strict=True))
    peak_due, peak_s = max(second.due for second in burst.seconds), max(second.age_s for second in burst.seconds)
    assert 0.10 * peak_due > max(abs(moment.due - recorded.due) for moment, recorded in pairs)
    assert 0.10 * peak_s > max(abs(moment.age_s - recorded.age_s) for moment, recorded in pairs)


@pytest.mark.parametrize(("factor", "bound_s"), [(1, ONE), (4, FOUR)])
def test_oldest_job_stays_below_the_documented_age(factor: int, bound_s: float) -> None:
    """Under the shipped ScaledObject the age stays below the bound in docs/scale.md, and the queue drains."""
    burst = load_burst()
    moments = simulate_burst(burst, shipped_policy(burst.slots), factor)
    assert bound_s >= oldest_s(moments) > bound_s - 10, "the documented bound must be near the simulated age"
    assert 0 == moments[-1].due
    assert 1 == moments[-1].size


def test_oldest_job_waits_longer_without_scaling() -> None:
    """With a single worker the oldest job waits several times as long."""
    assert oldest_s(simulate_burst(load_burst(), ALONE)) > 1.5 * ONE


def test_oldest_job_waits_longer_when_pods_start_slower() -> None:
    """A slower pod start delays the oldest job, by at most twice the added time."""
    burst = load_burst()
    policy = shipped_policy(burst.slots)
    slow = structs.replace(policy, start_s=policy.start_s + 30)
    longer_s = oldest_s(simulate_burst(burst, slow)) - oldest_s(simulate_burst(burst, policy))
    assert 0 < longer_s <= 60


def test_idle_queue_keeps_the_least_number_of_workers() -> None:
    """An idle queue keeps the least number of workers."""
    moments = simulate(POLICY, [0.0] * 60, per_s=10, step_s=1, spare_s=60)
    assert {(0, 0.0, 1)} == {(moment.due, moment.age_s, moment.size) for moment in moments}


def oldest_s(moments: list[Moment]) -> float:
    """Return the greatest age."""
    return max(moment.age_s for moment in moments)
