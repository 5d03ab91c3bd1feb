"""What a measurement hands back, and where it stands against its target."""

from collections.abc import Awaitable, Callable, Sequence
from statistics import median, median_grouped

from msgspec import Struct

Say = Callable[[str], None]


class Size(Struct, frozen=True, kw_only=True):
    """How long and how often a row measures."""

    runs: int = 3  # of what is noisy; the median counts
    load_s: float = 3.0  # one run of load at saturation
    paced_s: float = 5.0
    jobs: int = 20_000  # no-op jobs in one run of the engine
    stock_jobs: int = 4_000  # the same for stock arq, which takes its time
    samples: int = 300  # of a latency
    kept: int = 20_000  # generations in the store when memory is read
    in_flight: int = 5_000
    parked: int = 10_000  # generations that a provider works on
    parked_s: float = 10.0  # for how long they are watched
    kills: int = 3

    def jobs_for(self, kind: str) -> int:
        """No-op jobs in one run of that kind of worker."""
        return self.jobs if kind == "engine" else self.stock_jobs


FULL = Size()
QUICK = Size(
    runs=1,
    load_s=1.0,
    paced_s=1.5,
    jobs=5_000,
    stock_jobs=1_500,
    samples=60,
    kept=4_000,
    in_flight=2_000,
    parked=2_000,
    parked_s=6.0,
    kills=1,
)


class Row(Struct, frozen=True, kw_only=True):
    """One figure. `ratio` compares it with the baseline of the same run; the target is for it, or for the value."""

    name: str
    value: float
    unit: str
    ratio: float | None = None
    target: float | None = None
    at_most: bool = False  # the target is a ceiling
    detail: str = ""

    @property
    def figure(self) -> float:
        """What the target is about."""
        return self.value if self.ratio is None else self.ratio

    @property
    def goal(self) -> str:
        """The target in words."""
        if self.target is None:
            return ""
        unit = "x" if self.ratio is not None else self.unit
        return f"{'<=' if self.at_most else '>='} {self.target:g} {unit}"

    @property
    def standing(self) -> str:
        """`met`, or how many times the target it is."""
        if self.target is None:
            return ""
        met = self.figure <= self.target if self.at_most else self.figure >= self.target
        return "met" if met else f"{self.figure / self.target:.2f} x target"


Measure = Callable[[Size, Say], Awaitable[list[Row]]]


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of them do not exceed (nearest rank). Raises ValueError for none."""
    if not values:
        raise ValueError("nothing was measured")
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]


def middle_ms(whole_ms: Sequence[int]) -> float:
    """The median of differences between two stamps of whole milliseconds, finer than a millisecond.

    Each is off by less than one either way, evenly, so that grouping them by millisecond tells where the middle is.
    """
    return float(median_grouped(whole_ms, 1)) if whole_ms else 0.0


__all__ = ["FULL", "QUICK", "Measure", "Row", "Say", "Size", "median", "middle_ms", "percentile"]
