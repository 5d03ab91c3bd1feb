"""Line numbers in a TOML text, because the standard library's reader returns values without positions.

The text is scanned line by line for table headers and for keys at the start of a line. A key inside an inline table or
array has the line of the enclosing key. A line of a multi-line string or array can look like a header or a
key and is mistaken for one. The reported line can then be wrong, never the message.
"""

import re
from collections import Counter

Path = tuple[str | int, ...]  # ("models", 2, "routes", 0) is the first route of the third model

PART = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
DOTTED = rf"{PART}(?:\s*\.\s*{PART})*"
HEADER = re.compile(rf"\s*(\[\[?)\s*({DOTTED})\s*\]")
KEY = re.compile(rf"\s*({DOTTED})\s*=")


def line_of(text: str, path: Path) -> int | None:
    """Return the line of `path`, or of the nearest table or key around it, counted from 1; None if not found."""
    found = _lines(text)
    enclosing = (path[:size] for size in range(len(path), 0, -1))
    return next((found[part] for part in enclosing if part in found), None)


def _lines(text: str) -> dict[Path, int]:
    found: dict[Path, int] = {}
    seen: Counter[Path] = Counter()
    table: Path = ()
    for number, line in enumerate(text.split("\n"), start=1):
        if header := HEADER.match(line):
            *outer, last = _parts(header[2])
            table = _numbered(outer, seen)
            if header[1] == "[[":
                seen[(*table, last)] += 1
            table = _numbered([*outer, last], seen)
            for size in range(1, len(table) + 1):
                found.setdefault(table[:size], number)
        elif key := KEY.match(line):
            path = table
            for part in _parts(key[1]):
                path = (*path, part)
                found.setdefault(path, number)
    return found


def _parts(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in re.findall(PART, dotted)]


def _numbered(parts: list[str], seen: Counter[Path]) -> Path:
    """Return the path of a header, with the number of the latest element after each array of tables in it."""
    path: Path = ()
    for part in parts:
        path = (*path, part)
        if path in seen:
            path = (*path, seen[path] - 1)
    return path
