"""The metrics: conventional names, bounded labels, and a fresh page of documentation."""

import re

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from deploy.observe.__main__ import GENERATED, find_stale
from shared.ops import measures, metrics
from shared.ops.settings import ROOT

LABELS = {"bound", "call", "code", "dialect", "finding", "kind", "limit", "model", "outcome", "provider", "queue"}
LABELS |= {"reason", "role", "route", "scope", "script", "state", "status", "table", "task", "to", "version"}
UNITS = ("seconds", "bytes", "usd", "info")
PLAIN = {  # gauges and a histogram of counts, and states
    *("generation_submits", "worker_jobs_in_flight", "worker_slots", "queue_jobs", "backlog_generations"),
    *(
        "provider_breaker_state",
        "provider_operator_mode",
        "route_breaker_state",
        "generations_open",
        "generations_uncertain",
        "generations_orphaned",
        "generations_late_pending",
    ),
    *("http_connections_open", "webhook_deliveries_open", "ledger_check_findings", "store_fenced"),
    *("catalogue_versions", "catalogue_faults", "records_waiting", "route_models_ending"),
}


def name_faults(measure: metrics.Measure) -> list[str]:
    """Return the faults of a metric's name, help or labels."""
    bare = measure.name.removeprefix("wokflow_")
    counted = bare.removesuffix("_total")
    faults = [] if re.fullmatch(r"wokflow_[a-z]+(_[a-z]+)+", measure.name) else ["its name"]
    faults += [] if (measure.kind == "counter") == bare.endswith("_total") else ["_total is for counters"]
    unit = counted.rpartition("_")[2] in UNITS or measure.kind == "counter" or bare in PLAIN
    faults += [] if unit else ["its unit"]
    faults += [] if measure.means.endswith(".") else ["its help is not a sentence"]
    return faults + [f"label {label}" for label in measure.labels if label not in LABELS]


def test_metrics_follow_the_conventions() -> None:
    """Each metric has our prefix, a unit, a sentence of help, and bounded labels."""
    assert [] == [(measure.name, fault) for measure in metrics.MEASURES for fault in name_faults(measure)]


@pytest.mark.parametrize(
    ("name", "kind", "labels", "means"),
    [
        ("wokflow_http_request_duration_ms", "histogram", (), "Time."),
        ("wokflow_things", "counter", (), "Things."),
        ("wokflow_things_total", "gauge", (), "Things."),
        ("wokflow_things_total", "counter", ("account",), "Things."),
        ("wokflow_things_total", "counter", (), "Things"),
        ("things_total", "counter", (), "Things."),
    ],
)
def test_unconventional_metrics_are_found(name: str, kind: str, labels: tuple[str, ...], means: str) -> None:
    """A metric without prefix, unit, `_total`, a sentence, or with an unbounded label is found."""
    assert name_faults(metrics.Measure(name, kind, labels, means, "all"))


def test_metrics_are_set_by_code() -> None:
    """Every defined metric is set by some code."""
    parts = ("gateway", "workers", "shared")
    source = "".join(path.read_text() for part in parts for path in (ROOT / part).rglob("*.py"))
    kinds = (metrics.Measure, Counter, Gauge, Histogram)
    names = [name for name, value in vars(metrics).items() if isinstance(value, kinds)]
    assert len(metrics.MEASURES) == len(names)
    assert ["BUILD"] == [name for name in names if f"metrics.{name}" not in source]


def test_generated_files_are_fresh() -> None:
    """`make docs` has nothing to write."""
    assert [] == find_stale()
    assert "docs/metrics.md" in GENERATED


def test_foreign_label_values_are_bounded() -> None:
    """After 64 different values of a label that others choose, new ones become `other` and known ones stay."""
    seen = [metrics.bounded("test", f"code_{number}") for number in range(measures.LABEL_VALUES_MAX + 2)]
    assert ["other", "other"] == seen[-2:]
    assert "code_0" == metrics.bounded("test", "code_0")


def test_histogram_sorts_its_values_before_it_is_read() -> None:
    """Values are in their buckets at each scrape, those on a bound too, and never more than a batch of them waits."""
    registry = CollectorRegistry()
    histogram = measures.Histogram("things", "Things.", ["kind"], registry=registry, buckets=(1, 2))
    child = histogram.labels("a")
    for value in (-1, 0.5, 1, 1.5, 2, 7):
        child.observe(value)
    read = [registry.get_sample_value("things_bucket", {"kind": "a", "le": le}) for le in ("1.0", "2.0", "+Inf")]
    assert ([3, 5, 6], 11) == (read, registry.get_sample_value("things_sum", {"kind": "a"}))
    for _ in range(measures.BATCH_MAX + 1):
        child.observe(3)
    assert 1 == len(child._waiting)
    assert measures.BATCH_MAX + 7 == registry.get_sample_value("things_count", {"kind": "a"})
