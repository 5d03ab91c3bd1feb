"""Stored lists: only a line feed ends a line, and an unreadable record is shown as such instead of failing its list."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import structlog

UNREADABLE = "unreadable"  # in a field of a record that cannot be read, such as its kind

# The failures of a decoder: msgspec's are ValueErrors, and so is an invalid number, shape or UTF-8.
READ_ERRORS = (ValueError, KeyError, TypeError)

Raw = TypeVar("Raw")
Record = TypeVar("Record")

log = structlog.get_logger()


def split_lines(text: str) -> list[str]:
    """Return the lines of a stored text. Unlike `str.splitlines`, foreign separators such as U+2028 end none."""
    return [line for line in text.split("\n") if line]


def read_each(
    found: Iterable[Raw], read: Callable[[Raw], Record], unreadable: Callable[[Raw], Record], *, where: str
) -> list[Record]:
    """Return each record that `read` decodes, and what `unreadable` returns for one that cannot be read."""
    return [read_one(raw, read, unreadable, where=where) for raw in found]


def read_one(raw: Raw, read: Callable[[Raw], Record], unreadable: Callable[[Raw], Record], *, where: str) -> Record:
    """Return the decoded record, or what `unreadable` returns in its place. `where` names the list in the log."""
    try:
        return read(raw)
    except READ_ERRORS as error:
        log.error("store.record_unreadable", where=where, error=type(error).__name__)
        return unreadable(raw)
