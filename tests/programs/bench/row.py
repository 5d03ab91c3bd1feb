"""The result of a measurement, and how it compares with its target."""

from collections.abc import Awaitable, Callable, Sequence
from statistics import median, median_grouped

from msgspec import Struct

ReportProgress = Callable[[str], None]


class Size(Struct, frozen=True, kw_only=True):
    """How long and how often a row measures."""

    runs: int = 3  # of noisy rows; the median counts
    load_s: float = 3.0  # of one run at saturation
    paced_s: float = 5.0
    jobs: int = 20_000  # no-op jobs in one run of the engine
    stock_jobs: int = 4_000  # the same for stock arq, which is slower
    samples: int = 300  # of one latency
    stored: int = 20_000  # generations in the store when memory is read
    rewritten_mb: int = 300  # of the store's data
    databases: tuple[str, ...] = ("SQLite", "PostgreSQL")
    archived: int = 200_000  # generations that pass through the archiver, into each database
    in_flight: int = 5_000
    parked: int = 10_000  # generations in progress at a provider
    parked_s: float = 10.0  # how long they are observed
    kills: int = 3
    outputs: int = 30  # large ones that one worker copies at once

    def jobs_for(self, kind: str) -> int:
        """Return the number of no-op jobs in one run of a kind of worker."""
        return self.jobs if kind == "engine" else self.stock_jobs


FULL = Size()
QUICK = Size(
    runs=1,
    load_s=1.0,
    paced_s=1.5,
    jobs=5_000,
    stock_jobs=1_500,
    samples=60,
    stored=4_000,
    rewritten_mb=30,
    archived=10_000,
    in_flight=2_000,
    parked=2_000,
    parked_s=6.0,
    kills=1,
    outputs=6,
)


class Row(Struct, frozen=True, kw_only=True):
    """One figure. `ratios` compare it with a baseline, one for each round. The target is for their median, if any."""

    name: str
    value: float
    unit: str
    ratios: tuple[float, ...] = ()
    target: float | None = None
    at_most: bool = False  # the target is a ceiling
    detail: str = ""
    saturated: str = ""  # why the figure says nothing about the product: the machine could not hold the load

    @property
    def ratio(self) -> float | None:
        """Return the median of the ratios, if there are any."""
        return median(self.ratios) if self.ratios else None

    @property
    def spread(self) -> str:
        """Return the smallest and the largest ratio as text, or nothing after one round."""
        return f"{min(self.ratios):.2f} - {max(self.ratios):.2f}" if len(self.ratios) > 1 else ""

    @property
    def figure(self) -> float:
        """Return the number that the target is about: the ratio if there is one."""
        return self.value if self.ratio is None else self.ratio

    @property
    def goal(self) -> str:
        """Return the target as text."""
        if self.target is None:
            return ""
        unit = "x" if self.ratio is not None else self.unit
        return f"{'<=' if self.at_most else '>='} {self.target:g} {unit}"

    @property
    def result(self) -> str:
        """Return `met`, the figure as a multiple of its target, or that it was not measured."""
        if self.saturated:
            return "not measured"
        if self.target is None:
            return ""
        met = self.figure <= self.target if self.at_most else self.figure >= self.target
        return "met" if met else f"{self.figure / self.target:.2f} x target"


def divide(ones: Sequence[float], others: Sequence[float]) -> tuple[float, ...]:
    """Return the ratio of each round."""
    return tuple(one / other for one, other in zip(ones, others, strict=True))


Measure = Callable[[Size, ReportProgress], Awaitable[list[Row]]]


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that `percent` of the values do not exceed (nearest rank). Raises ValueError without values."""
    if not values:
        raise ValueError("nothing was measured")
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]


def middle_ms(whole_ms: Sequence[int]) -> float:
    """Return the median difference of two times in whole milliseconds, interpolated.

    Each difference is off by less than one millisecond in either direction, evenly spread.
    """
    return float(median_grouped(whole_ms, 1)) if whole_ms else 0.0


__all__ = ["FULL", "QUICK", "Measure", "ReportProgress", "Row", "Size", "divide", "median", "middle_ms", "percentile"]
