"""Alerts and recording rules: Prometheus' own tool takes them, each has its cases and its section in the runbook."""

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
SUFFIXES = ("_bucket", "_count", "_sum")


def promtool(*arguments: str) -> str:
    """What promtool says about files of ours; fails if they are wrong."""
    tool = shutil.which("promtool")
    assert tool is not None, "promtool is missing: apt-get install prometheus"
    done = subprocess.run([tool, *arguments], cwd=FOLDER, capture_output=True, text=True, timeout=100, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout + done.stderr


def rules() -> Iterator[dict[str, Any]]:
    """Every rule of ours."""
    for name in RULES:
        for group in yaml.safe_load((FOLDER / name).read_text())["groups"]:
            yield from group["rules"]


def alerts() -> dict[str, dict[str, Any]]:
    """Alerts by name."""
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def commands() -> set[str]:
    """Every command of ours, as it is called."""
    found, waiting = set(), [("wokflow", wokflow)]
    while waiting:
        name, command = waiting.pop()
        found.add(name)
        if isinstance(command, click.Group):
            waiting += [(f"{name} {word}", one) for word, one in command.commands.items()]
    return found


def test_prometheus_takes_rules_and_settings() -> None:
    """The rules and the settings of a real Prometheus are valid."""
    assert "SUCCESS" in promtool("check", "rules", *RULES)
    assert "is valid prometheus config" in promtool("check", "config", "prometheus.yml")


@pytest.mark.parametrize("cases", ["slo_test.yml", "alerts_test.yml"])
def test_each_alert_fires_and_stays_quiet(cases: str) -> None:
    """Each alert fires in its first case and not in its second, as Prometheus evaluates them."""
    assert "SUCCESS" in promtool("test", "rules", cases)


def test_each_alert_has_its_cases() -> None:
    """There is a case for every alert and an alert for every case, and the two series of a case differ."""
    assert sorted(alerts()) == sorted(case.alert for case in (*BURNS, *FACTS))
    assert [] == [case.alert for case in (*BURNS, *FACTS) if case.fires == case.quiet]


def test_each_alert_has_its_section() -> None:
    """The runbook has one section for each alert, with where to look and what to do, and the alert links to it."""
    sections = dict(re.findall(r"(?ms)^### (\w+)\n(.*?)(?=^##|\Z)", RUNBOOK))
    assert sorted(alerts()) == sorted(sections)
    assert [] == [name for name, text in sections.items() if "- **Look**: " not in text or "- **Do**: " not in text]
    links = {name: rule["annotations"]["runbook"] for name, rule in alerts().items()}
    assert {name: f"docs/runbook.md#{name.lower()}" for name in sections} == links


def test_each_alert_says_who_is_called() -> None:
    """Each alert has a severity, page or ticket, a summary and a description; the books are a page at once."""
    assert {"page", "ticket"} == {rule["labels"]["severity"] for rule in alerts().values()}
    assert [] == [name for name, rule in alerts().items() if {"summary", "description"} - set(rule["annotations"])]
    books = alerts()["LedgerDoesNotBalance"]
    assert ("page", None) == (books["labels"]["severity"], books.get("for"))


def test_commands_of_the_runbook_exist() -> None:
    """Every `wokflow` command that the runbook names exists."""
    named = {re.split(r" (?:[A-Z]|--)", text)[0] for text in re.findall(r"`(wokflow [^`]+)`", RUNBOOK)}
    assert set() == named - commands()
    assert len(named) > 5


def test_rules_name_metrics_of_ours() -> None:
    """Every metric in a rule is one that a process exports, or that another rule records."""
    known = {measure.name for measure in MEASURES}
    known |= {measure.name + suffix for measure in MEASURES if measure.kind == "histogram" for suffix in SUFFIXES}
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    named = {name for rule in rules() for name in re.findall(r"\bwokflow[_:][a-z0-9_:]+", rule["expr"])}
    assert set() == named - known - recorded
