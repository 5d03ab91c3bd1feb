"""The decisions of KEDA and the HorizontalPodAutoscaler, and their effect on a queue: pure functions of time.

Each AverageValue metric of a ScaledObject recommends ceil(metric / threshold) workers, and the largest number counts.
A number of pods in a period limits growing. Shrinking follows the largest recommendation of the stabilisation window,
at a rate of its own. The scrape, the decision, and the start of a worker all delay the effect on a burst.
"""

from collections.abc import Sequence
from math import ceil

from msgspec import Struct


class Policy(Struct, frozen=True, kw_only=True):
    """The settings of the ScaledObject, and the delays of its surroundings."""

    age_threshold_s: float
    depth_threshold: float
    workers_min: int
    workers_max: int
    grow_pods: int  # at most this many more ...
    grow_period_s: int  # ... in this period
    shrink_pods: int
    shrink_period_s: int
    stabilise_s: int  # shrinking follows the largest recommendation of this window
    scrape_s: int  # the greatest age of a metric
    decide_s: int  # the HorizontalPodAutoscaler's own period
    start_s: int  # from a decision to a worker that takes jobs


class Moment(Struct, frozen=True, kw_only=True):
    """One second of the simulation."""

    at_s: int
    due: float
    age_s: float
    ready: int
    size: int


def recommended_workers(policy: Policy, age_s: float, depth: float) -> int:
    """Return the number of workers that the formula recommends, within the limits."""
    workers = max(ceil(age_s / policy.age_threshold_s), ceil(depth / policy.depth_threshold))
    return min(max(workers, policy.workers_min), policy.workers_max)


def next_size(policy: Policy, at_s: int, recommendations: Sequence[tuple[int, int]], sizes: Sequence[int]) -> int:
    """Return the size at `at_s`, from the recommendations (second, workers) and the sizes of the seconds before."""
    now, current = recommendations[-1][1], sizes[-1]
    if now > current:
        before = sizes[-policy.grow_period_s] if len(sizes) >= policy.grow_period_s else sizes[0]
        return min(now, max(current, before + policy.grow_pods))
    largest = max(number for second, number in recommendations if second > at_s - policy.stabilise_s)
    before = sizes[-policy.shrink_period_s] if len(sizes) >= policy.shrink_period_s else sizes[0]
    return max(min(largest, current), min(current, before - policy.shrink_pods))


class Queue(Struct):
    """A queue: pairs of the second of arrival and the number of jobs."""

    waiting: list[tuple[int, float]] = []

    @property
    def due(self) -> float:
        """Return the number of waiting jobs."""
        return sum(count for _, count in self.waiting)

    def age_s(self, at_s: int) -> float:
        """Return the age of the oldest waiting job."""
        return at_s - self.waiting[0][0] if self.waiting else 0.0

    def serve(self, capacity: float) -> float:
        """Remove up to `capacity` of the oldest jobs, and return their number."""
        served = 0.0
        while self.waiting and served < capacity:
            came_s, count = self.waiting[0]
            part = min(count, capacity - served)
            served += part
            self.waiting[0] = (came_s, count - part)
            if count - part < 1e-9:
                self.waiting.pop(0)
        return served


def simulate(
    policy: Policy, arrivals: Sequence[float], *, per_s: float, step_s: float, spare_s: int = 900
) -> list[Moment]:
    """Simulate each second: jobs arrive, ready workers finish `per_s` each, and the autoscaler sees scraped metrics.

    `step_s` is the run time of a job, during which it counts as running.
    """
    queue, sizes = Queue(waiting=[]), [policy.workers_min]
    moments, recommendations = list[Moment](), list[tuple[int, int]]()
    for at_s in range(len(arrivals) + spare_s):
        if at_s < len(arrivals) and arrivals[at_s]:
            queue.waiting.append((at_s, arrivals[at_s]))
        started = sizes[max(len(sizes) - 1 - policy.start_s, 0)]
        ready = min(started, sizes[-1])
        served = queue.serve(ready * per_s)
        moments.append(Moment(at_s=at_s, due=queue.due, age_s=queue.age_s(at_s + 1), ready=ready, size=sizes[-1]))
        size = sizes[-1]
        if at_s % policy.decide_s == 0:
            scraped = moments[max(at_s - policy.scrape_s, 0)]
            recommendations.append((at_s, recommended_workers(policy, scraped.age_s, scraped.due + served * step_s)))
            size = next_size(policy, at_s, recommendations, sizes)
        sizes.append(size)
    return moments
