"""Pages of metrics of several processes become one, in Prometheus's text format."""

from prometheus_client.parser import text_string_to_metric_families

from gateway.processes.siblings import merge_pages

FIRST = b"""# HELP asked_total Requests.
# TYPE asked_total counter
asked_total{route="/a b{c}"} 3.0
asked_total{route="/d"} 1.0
# HELP open Connections.
# TYPE open gauge
open 2.0
"""
SECOND = b"""# HELP open Connections.
# TYPE open gauge
open 5.0
# HELP late_total Late ones.
# TYPE late_total counter
late_total 1.0
"""


def test_each_sample_is_labeled_with_its_process() -> None:
    """A metric has one head, the samples of all processes, and the values that each process reported."""
    merged = merge_pages({"1": FIRST, "2": SECOND, "3": b""}).decode()
    families = {family.name: family for family in text_string_to_metric_families(merged)}
    assert ["asked", "open", "late"] == list(families)
    found = {(one.name, one.labels["process"]): one.value for family in families.values() for one in family.samples}
    assert 2.0 == found["open", "1"]
    assert 5.0 == found["open", "2"]
    assert 1.0 == found["late_total", "2"]
    routes = {one.labels["route"]: one.value for one in families["asked"].samples}
    assert {"/a b{c}": 3.0, "/d": 1.0} == routes
    assert 1 == merged.count("# TYPE open gauge")
