"""Alerts and recording rules: promtool accepts them, and each has its cases and its section in the runbook."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import click
import pytest
import yaml

from deploy.observe.cases import BURNS, FACTS
from operate.cli.main import wokflow
from shared.ops.metrics import MEASURES
from shared.ops.settings import ROOT

FOLDER = ROOT / "deploy" / "prometheus"
RULES = ("slo.yml", "alerts.yml")
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
THRIFTY = os.environ | {"GOGC": "400", "GOMAXPROCS": "1"}  # two thirds of the processor time, for 260 MB
SUFFIXES = ("_bucket", "_count", "_sum")


def run_promtool(*arguments: str) -> str:
    """Run promtool on our files and return its output; fail if it finds a fault."""
    tool = shutil.which("promtool")
    assert tool is not None, "promtool is missing: apt-get install prometheus"
    done = subprocess.run(
        [tool, *arguments], cwd=FOLDER, env=THRIFTY, capture_output=True, text=True, timeout=100, check=False
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout + done.stderr


def read_rules() -> Iterator[dict[str, Any]]:
    """Yield every rule."""
    for name in RULES:
        for group in yaml.safe_load((FOLDER / name).read_text())["groups"]:
            yield from group["rules"]


def read_alerts() -> dict[str, dict[str, Any]]:
    """Return the alerts by name."""
    return {rule["alert"]: rule for rule in read_rules() if "alert" in rule}


def list_commands() -> set[str]:
    """Return every command as it is called."""
    found, waiting = set(), [("wokflow", wokflow)]
    while waiting:
        name, command = waiting.pop()
        found.add(name)
        if isinstance(command, click.Group):
            waiting += [(f"{name} {word}", one) for word, one in command.commands.items()]
    return found


def test_prometheus_accepts_rules_and_settings() -> None:
    """promtool accepts the rules and Prometheus' configuration."""
    assert "SUCCESS" in run_promtool("check", "rules", *RULES)
    assert "is valid prometheus config" in run_promtool("check", "config", "prometheus.yml")


@pytest.mark.parametrize("cases", ["slo_test.yml", "alerts_test.yml"])
def test_alerts_fire_and_stay_quiet(cases: str) -> None:
    """Each alert fires in its first case and not in its second, as Prometheus evaluates them."""
    assert "SUCCESS" in run_promtool("test", "rules", cases)


def test_every_alert_has_cases() -> None:
    """There is a case for every alert and an alert for every case, and the two series of a case differ."""
    assert sorted(read_alerts()) == sorted(case.alert for case in (*BURNS, *FACTS))
    assert [] == [case.alert for case in (*BURNS, *FACTS) if case.fires == case.quiet]


def test_every_alert_has_a_section_in_the_runbook() -> None:
    """The runbook has one section for each alert, with where to look and what to do, and the alert links to it."""
    sections = dict(re.findall(r"(?ms)^### (\w+)\n(.*?)(?=^##|\Z)", RUNBOOK))
    assert sorted(read_alerts()) == sorted(sections)
    assert [] == [name for name, text in sections.items() if "- **Look**: " not in text or "- **Do**: " not in text]
    links = {name: rule["annotations"]["runbook"] for name, rule in read_alerts().items()}
    assert {name: f"docs/runbook.md#{name.lower()}" for name in sections} == links


def test_every_alert_has_a_severity_and_texts() -> None:
    """Each alert has a severity, page or ticket, a summary and a description; a ledger fault pages at once."""
    assert {"page", "ticket"} == {rule["labels"]["severity"] for rule in read_alerts().values()}
    assert [] == [name for name, rule in read_alerts().items() if {"summary", "description"} - set(rule["annotations"])]
    ledger = read_alerts()["LedgerDoesNotBalance"]
    assert ("page", None) == (ledger["labels"]["severity"], ledger.get("for"))


def test_runbook_names_existing_commands() -> None:
    """Every `wokflow` command that the runbook names exists."""
    named = {re.split(r" (?:[A-Z]|--)", text)[0] for text in re.findall(r"`(wokflow [^`]+)`", RUNBOOK)}
    assert set() == named - list_commands()
    assert len(named) > 5


def test_rules_name_exported_metrics() -> None:
    """Every metric in a rule is one that a process exports, or that another rule records."""
    known = {measure.name for measure in MEASURES}
    known |= {measure.name + suffix for measure in MEASURES if measure.kind == "histogram" for suffix in SUFFIXES}
    recorded = {rule["record"] for rule in read_rules() if "record" in rule}
    named = {name for rule in read_rules() for name in re.findall(r"\bwokflow[_:][a-z0-9_:]+", rule["expr"])}
    assert set() == named - known - recorded
