"""The definition of metrics: each is documented by its definition."""

from collections.abc import Callable
from functools import cache
from typing import TypeVar

import prometheus_client
from msgspec import Struct
from prometheus_client import Counter, Gauge, Histogram

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
