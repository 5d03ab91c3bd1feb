"""How KEDA and the HorizontalPodAutoscaler decide, and what follows for a queue: pure functions, time handed in.

A ScaledObject's metrics of type AverageValue each ask for ceil(metric / threshold) workers; the largest counts. Growing
is limited by a number of pods in a period. Shrinking follows the largest wish of the stabilisation window, at a rate of
its own. Between a burst and a worker that helps lie the scrape, the decision, and the worker's start.
"""

from collections.abc import Sequence
from math import ceil

from msgspec import Struct


class Policy(Struct, frozen=True, kw_only=True):
    """What the ScaledObject says, and how fast its surroundings are."""

    age_threshold_s: float
    depth_threshold: float
    least: int
    most: int
    grow_pods: int  # at most so many more ...
    grow_period_s: int  # ... in this time
    shrink_pods: int
    shrink_period_s: int
    stabilise_s: int  # shrinking follows the largest wish of this time
    scrape_s: int  # how old a metric may be
    decide_s: int  # the HorizontalPodAutoscaler's own period
    start_s: int  # from a decision to a worker that takes jobs


class Moment(Struct, frozen=True, kw_only=True):
    """One second of the simulation."""

    at_s: int
    due: float
    age_s: float
    ready: int
    wanted: int


def wish(policy: Policy, age_s: float, depth: float) -> int:
    """How many workers the formula asks for, between the least and the most."""
    asked = max(ceil(age_s / policy.age_threshold_s), ceil(depth / policy.depth_threshold))
    return min(max(asked, policy.least), policy.most)


def decided(policy: Policy, at_s: int, wishes: Sequence[tuple[int, int]], sizes: Sequence[int]) -> int:
    """How many there are to be at `at_s`, from the wishes (second, workers) and the sizes of the seconds before."""
    now, current = wishes[-1][1], sizes[-1]
    if now > current:
        before = sizes[-policy.grow_period_s] if len(sizes) >= policy.grow_period_s else sizes[0]
        return min(now, max(current, before + policy.grow_pods))
    held = max(number for second, number in wishes if second > at_s - policy.stabilise_s)
    before = sizes[-policy.shrink_period_s] if len(sizes) >= policy.shrink_period_s else sizes[0]
    return max(min(held, current), min(current, before - policy.shrink_pods))


class Line(Struct):
    """A queue by the second in which its jobs came."""

    waiting: list[tuple[int, float]] = []

    @property
    def due(self) -> float:
        """How many wait."""
        return sum(count for _, count in self.waiting)

    def age_s(self, at_s: int) -> float:
        """For how long the oldest waits."""
        return at_s - self.waiting[0][0] if self.waiting else 0.0

    def serve(self, capacity: float) -> float:
        """Take up to `capacity` of the oldest; how many it was."""
        taken = 0.0
        while self.waiting and taken < capacity:
            came_s, count = self.waiting[0]
            part = min(count, capacity - taken)
            taken += part
            self.waiting[0] = (came_s, count - part)
            if count - part < 1e-9:
                self.waiting.pop(0)
        return taken


def simulated(
    policy: Policy, arrivals: Sequence[float], *, per_s: float, step_s: float, spare_s: int = 900
) -> list[Moment]:
    """Second by second: jobs come, ready workers do `per_s` each, and the autoscaler sees what was scraped.

    `step_s` is how long a worker holds a job, which then counts as running.
    """
    line, moments, wishes, sizes = Line(waiting=[]), list[Moment](), list[tuple[int, int]](), [policy.least]
    for at_s in range(len(arrivals) + spare_s):
        if at_s < len(arrivals) and arrivals[at_s]:
            line.waiting.append((at_s, arrivals[at_s]))
        started = sizes[max(len(sizes) - 1 - policy.start_s, 0)]
        ready = min(started, sizes[-1])
        served = line.serve(ready * per_s)
        moments.append(Moment(at_s=at_s, due=line.due, age_s=line.age_s(at_s + 1), ready=ready, wanted=sizes[-1]))
        size = sizes[-1]
        if at_s % policy.decide_s == 0:
            seen = moments[max(at_s - policy.scrape_s, 0)]
            wishes.append((at_s, wish(policy, seen.age_s, seen.due + served * step_s)))
            size = decided(policy, at_s, wishes, sizes)
        sizes.append(size)
    return moments
