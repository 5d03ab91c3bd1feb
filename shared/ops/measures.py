"""The definition of metrics: each is documented by its definition."""

from bisect import bisect_left
from collections import Counter as Tally
from collections.abc import Callable, Iterable
from functools import cache
from itertools import repeat
from threading import Lock
from typing import Any, TypeVar

import prometheus_client
from msgspec import Struct
from prometheus_client import Counter, Gauge
from prometheus_client.samples import Sample

BATCH_MAX = 500  # values that a histogram holds before it sorts them into its buckets
ADDING = Lock()


class Histogram(prometheus_client.Histogram):
    """A histogram that sorts its values into buckets in batches, at each scrape and after every BATCH_MAX of them.

    Each request is observed several times, and finding one bucket costs more than the rest of an observation.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._waiting: list[float] = []

    def observe(self, amount: float, exemplar: dict[str, str] | None = None) -> None:
        """Add a value. It has no exemplar."""
        self._waiting.append(amount)
        if len(self._waiting) >= BATCH_MAX:
            self._add_waiting()

    def _child_samples(self) -> Iterable[Sample]:
        self._add_waiting()
        return super()._child_samples()

    def _add_waiting(self) -> None:
        with ADDING:
            batch = self._waiting[:]
            del self._waiting[: len(batch)]
            self._sum.inc(sum(batch))
            for number, count in Tally(map(bisect_left, repeat(self._upper_bounds), batch)).items():
                self._buckets[number].inc(count)


AnyMetric = TypeVar("AnyMetric", Counter, Gauge, Histogram)


class Measure(Struct, frozen=True):
    """The documentation of a metric. `by` names the processes that export it."""

    name: str
    kind: str
    labels: tuple[str, ...]
    means: str
    by: str


MEASURES: list[Measure] = []
LABEL_VALUES_MAX = 64
_values: dict[str, set[str]] = {}
prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]


def _documented(make: Callable[..., AnyMetric], kind: str) -> Callable[..., AnyMetric]:
    def define(name: str, means: str, labels: tuple[str, ...] = (), *, by: str, **more: object) -> AnyMetric:
        full = f"wokflow_{name}"
        MEASURES.append(Measure(full, kind, labels, means, by))
        return make(full, means, labels, **more)

    return define


define_counter = _documented(Counter, "counter")
define_gauge = _documented(Gauge, "gauge")
define_histogram = _documented(Histogram, "histogram")


def define_fact(name: str, means: str, labels: tuple[str, ...] = ()) -> Measure:
    """Define a fact of the store, which sweepers export."""
    MEASURES.append(Measure(f"wokflow_{name}", "gauge", labels, means, "sweeper"))
    return MEASURES[-1]


def bound_label(label: str, value: str) -> str:
    """Return `value`, or "other" after LABEL_VALUES_MAX different ones: for words that others choose."""
    seen = _values.setdefault(label, set())
    if value not in seen and len(seen) >= LABEL_VALUES_MAX:
        return "other"
    seen.add(value)
    return value


@cache
def child_of(metric: AnyMetric, *labels: str | int) -> AnyMetric:
    """Return the cached child for these labels: finding it by its labels each time costs more than counting."""
    child: AnyMetric = metric.labels(*labels)
    return child
