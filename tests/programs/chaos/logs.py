"""The logs of our processes: warnings are counted, errors are shown."""

import re
from collections import Counter
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

import msgspec

LINES_MAX = 60
RAW = ("Traceback", "never retrieved", "never awaited", "ERROR", "CRITICAL", "Fatal", "Assertion")  # outside structlog


def read_log(name: str, log: Path) -> tuple[Counter[str], list[str]]:
    """Return the warnings by event and the errors in full of a process's log."""
    warnings: Counter[str] = Counter()
    errors: list[str] = []
    lines = log.read_text(errors="replace").splitlines()
    reported = 0  # lines up to here belong to an earlier error
    for number, line in enumerate(lines):
        entry = _entry(line)
        if entry is None:
            if number >= reported and any(word in line for word in RAW):
                block = list(
                    takewhile(lambda later: not later.startswith("{"), islice(lines, number, number + LINES_MAX))
                )
                reported = number + len(block)
                errors.append(f"{name}: " + "\n".join(block))
        elif entry.get("level") == "warning":
            warnings[str(entry.get("event"))] += 1
        elif entry.get("level") in ("error", "critical"):
            errors.append(f"{name}: {entry.get('event')} {entry.get('exception', '')}")
    return warnings, errors


def summarize(error: str) -> str:
    """Return the first and the last line of an error, without the parts that differ each time."""
    first, *rest = [line for line in error.splitlines() if line.strip()]
    words = f"{first[:200]} ... {rest[-1][:200]}" if rest else first[:400]
    return re.sub(r"0x[0-9a-f]+|[0-9a-f]{8}-[0-9a-f-]{27}|\d+\.\d+s", "_", words)


def _entry(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except msgspec.DecodeError:
        return None
