"""Log lines: JSON for machines, a bounded number of them, and the libraries' own among them."""

import json
import subprocess
import sys

import pytest

from shared.ops import logs
from shared.ops.settings import ROOT

PROGRAM = """
import logging, structlog
from shared.ops import logs, settings
logs.configure(settings.load({"LOG_FORMAT": "%s", "LOG_INFO_PER_S": "2"}), role="gateway")
log = structlog.get_logger()
for number in range(5):
    log.info("thing.done", number=number, name="\\u00fc")
logging.getLogger("arq").warning("odd %%s", 7)
logging.getLogger("arq").info("nothing")
try:
    1 / 0
except ZeroDivisionError:
    log.exception("thing.failed")
"""


def said(form: str) -> list[str]:
    """What a process with this LOG_FORMAT writes."""
    program = [sys.executable, "-c", PROGRAM % form]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
    assert "" == done.stdout
    return done.stderr.splitlines()


def test_every_line_is_json() -> None:
    """Info lines above the limit are counted in the next line printed, and a library's warning is a line of ours."""
    lines = [json.loads(line) for line in said("json")]
    assert {"gateway"} == {line["role"] for line in lines}
    assert ["thing.done", "thing.done", "library.logged", "thing.failed"] == [line["event"] for line in lines]
    assert ["info", "info", "warning", "error"] == [line["level"] for line in lines]
    assert ("arq", "odd 7", 3) == tuple(lines[2][name] for name in ("logger", "message", "not_logged"))
    assert "ZeroDivisionError" in lines[3]["exception"]
    assert lines[0]["timestamp"].endswith("Z")


def test_people_get_lines_to_read() -> None:
    """The pretty format names the event, its facts and its role, and is not JSON."""
    lines = said("pretty")
    assert "thing.done" in lines[0]
    assert not lines[0].startswith("{")


def test_a_new_second_prints_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is of one second: in the next one lines are printed again; without a limit all are."""
    clock = [10.0]
    monkeypatch.setattr(logs.time, "monotonic", lambda: clock[0])
    limit = logs.InfoLimit(1)
    assert [True, False, False] == [limit.admit() for _ in range(3)]
    assert {"event": "x", "not_logged": 2} == limit.add_dropped(None, "warning", {"event": "x"})
    assert {"event": "x"} == limit.add_dropped(None, "warning", {"event": "x"})
    clock[0] = 11.0
    assert [True, False] == [limit.admit() for _ in range(2)]
    assert [True] * 3 == [logs.InfoLimit(0).admit() for _ in range(3)]
