"""Amounts, times and untrusted text for a terminal."""

from collections.abc import Iterable, Mapping

from rich.table import Table
from rich.text import Text

from shared.domain.times import rfc3339
from shared.ops import redaction


def moment(ms: int | None) -> str | None:
    """Return Unix ms as RFC 3339, and None as None."""
    return None if ms is None else rfc3339(ms)


def plain(value: object) -> str:
    """Return `value` without secrets and terminal control characters: prompts and responses come from strangers."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode()
        for char in ("-" if value is None else redaction.redact(str(value)))
    )


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> Table:
    """Return a table of rows with headings. Long cells are folded, never cut."""
    shown = Table(*heads, box=None, pad_edge=False, header_style="bold")
    for column in shown.columns:
        column.overflow = "fold"
    for row in rows:
        shown.add_row(*(Text(plain(cell)) for cell in row))
    return shown


def fields(values: Mapping[str, object]) -> Table:
    """Return one line per name and value, leaving out values of None."""
    shown = Table.grid("", "", padding=(0, 2), pad_edge=False)
    shown.columns[1].overflow = "fold"
    for name, value in values.items():
        if value is not None:
            shown.add_row(Text(name, style="bold"), Text(plain(value)))
    return shown
