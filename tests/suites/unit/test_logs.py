"""Log lines: JSON, a limit of info lines, and lines of libraries."""

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


def log_lines(form: str) -> list[str]:
    """Return the log lines of a process with this LOG_FORMAT."""
    program = [sys.executable, "-c", PROGRAM % form]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
    assert "" == done.stdout
    return done.stderr.splitlines()


def test_json_lines_count_dropped_ones() -> None:
    """The next line counts the info lines dropped above the limit, and a library's warning is a line of ours."""
    lines = [json.loads(line) for line in log_lines("json")]
    assert {"gateway"} == {line["role"] for line in lines}
    assert ["thing.done", "thing.done", "library.logged", "thing.failed"] == [line["event"] for line in lines]
    assert ["info", "info", "warning", "error"] == [line["level"] for line in lines]
    assert ("arq", "odd 7", 3) == tuple(lines[2][name] for name in ("logger", "message", "not_logged"))
    assert "ZeroDivisionError" in lines[3]["exception"]
    assert lines[0]["timestamp"].endswith("Z")


def test_pretty_lines_are_not_json() -> None:
    """The pretty format prints the event and is not JSON."""
    lines = log_lines("pretty")
    assert "thing.done" in lines[0]
    assert not lines[0].startswith("{")


def test_limit_starts_again_every_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the next second lines are printed again, and without a limit all are."""
    clock = [10.0]
    monkeypatch.setattr(logs.time, "monotonic", lambda: clock[0])
    limit = logs.InfoLimit(1)
    assert [True, False, False] == [limit.admit() for _ in range(3)]
    assert {"event": "x", "not_logged": 2} == limit.add_dropped(None, "warning", {"event": "x"})
    assert {"event": "x"} == limit.add_dropped(None, "warning", {"event": "x"})
    clock[0] = 11.0
    assert [True, False] == [limit.admit() for _ in range(2)]
    assert [True] * 3 == [logs.InfoLimit(0).admit() for _ in range(3)]
