"""Dashboards: Grafana's own model reads them, no panels overlap, and every panel has a description."""

import json
import re
from itertools import combinations
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from deploy.observe.__main__ import BOARDS
from shared.ops.metrics import MEASURES
from shared.ops.settings import ROOT
from tests.suites.unit.test_alerts import SUFFIXES, read_rules

FOLDER = ROOT / "deploy" / "grafana"
UNITS = {"short", "s", "ops", "reqps", "percentunit", "currencyUSD", "bytes", "Bps"}


def read_board(name: str) -> dict[str, Any]:
    """Return a decoded dashboard."""
    decoded: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return decoded


def queries(board: dict[str, Any]) -> list[str]:
    """Return every expression of a dashboard."""
    return [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]


def test_folder_has_six_dashboards() -> None:
    """The folder holds the six dashboards and nothing else, each with a uid of its own."""
    assert {f"{name}.json" for name in BOARDS} == {path.name for path in FOLDER.iterdir()}
    assert 6 == len({read_board(name)["uid"] for name in BOARDS})


@pytest.mark.parametrize("name", BOARDS)
def test_grafana_reads_every_field(name: str) -> None:
    """Grafana's model reads the whole dashboard and writes it back unchanged."""
    register_default_plugins()
    board = read_board(name)
    assert board == json.loads(JSONEncoder().encode(Dashboard.from_json(board)))


@pytest.mark.parametrize("name", BOARDS)
def test_panels_fill_the_grid_without_overlap(name: str) -> None:
    """Panels fill the grid's width, none overlap, and every id is unique."""
    panels = read_board(name)["panels"]
    places = [(p["gridPos"]["x"], p["gridPos"]["y"], p["gridPos"]["w"], p["gridPos"]["h"]) for p in panels]
    assert [] == [
        (a, b)
        for a, b in combinations(places, 2)
        if a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]
    ]
    widths = {y: sum(w for _, top, w, _ in places if top == y) for _, y, _, _ in places}
    assert {24} == set(widths.values())
    assert len(panels) == len({panel["id"] for panel in panels})


@pytest.mark.parametrize("name", BOARDS)
def test_every_panel_has_a_description_and_a_unit(name: str) -> None:
    """Each panel of values has a description, a unit, the chosen data source and named lines."""
    for panel in read_board(name)["panels"]:
        if panel["type"] in ("row", "text"):
            continue
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS, panel["title"]
        letters = [target["refId"] for target in panel["targets"]]
        assert len(letters) == len(set(letters)) > 0, panel["title"]
        assert {"${datasource}"} == {target["datasource"]["uid"] for target in panel["targets"]}
        assert all(target["legendFormat"] for target in panel["targets"]), panel["title"]


def test_dashboards_show_every_exported_metric() -> None:
    """Every metric in a panel is exported or recorded, and every exported one is in a panel or an alert."""
    known = {measure.name for measure in MEASURES}
    known |= {measure.name + suffix for measure in MEASURES if measure.kind == "histogram" for suffix in SUFFIXES}
    known |= {rule["record"] for rule in read_rules() if "record" in rule}
    pattern = re.compile(r"\bwokflow[_:][a-z0-9_:]+")
    shown = {
        name for board_name in BOARDS for expr in queries(read_board(board_name)) for name in pattern.findall(expr)
    }
    assert set() == shown - known
    ruled = {name for rule in read_rules() for name in pattern.findall(rule["expr"])}
    used = {re.sub("_(bucket|count|sum)$", "", name) for name in shown | ruled}
    unseen = {measure.name for measure in MEASURES} - used
    assert set() == unseen
