"""What our processes said of themselves: warnings are counted, errors are shown."""

import re
from collections import Counter
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

import msgspec

LINES_MAX = 60
RAW = ("Traceback", "never retrieved", "never awaited", "ERROR", "CRITICAL", "Fatal", "Assertion")  # not from structlog


def complaints(name: str, log: Path) -> tuple[Counter[str], list[str]]:
    """(warnings by event, errors in full) in a process's log."""
    warnings: Counter[str] = Counter()
    errors: list[str] = []
    lines = log.read_text(errors="replace").splitlines()
    told = 0  # lines that belong to an error before them
    for number, line in enumerate(lines):
        said = _entry(line)
        if said is None:
            if number >= told and any(word in line for word in RAW):
                block = list(takewhile(lambda one: not one.startswith("{"), islice(lines, number, number + LINES_MAX)))
                told = number + len(block)
                errors.append(f"{name}: " + "\n".join(block))
        elif said.get("level") == "warning":
            warnings[str(said.get("event"))] += 1
        elif said.get("level") in ("error", "critical"):
            errors.append(f"{name}: {said.get('event')} {said.get('exception', '')}")
    return warnings, errors


def gist(error: str) -> str:
    """The first and the last line of an error, without what differs from time to time."""
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
