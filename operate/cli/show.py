"""How amounts, times and other people's text look in a terminal."""

from collections.abc import Iterable, Mapping

from rich.table import Table
from rich.text import Text

from shared.domain.money import MICROS_PER_USD
from shared.domain.times import rfc3339


def dollars(micros: int) -> str:
    """`$1,234.50` for micro-USD; more than two decimals only where the cents are not whole."""
    whole, rest = divmod(abs(micros), MICROS_PER_USD)
    decimals = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{'-' if micros < 0 else ''}${whole:,}.{decimals}"


def moment(ms: int | None) -> str | None:
    """Unix ms as RFC 3339, None as None."""
    return None if ms is None else rfc3339(ms)


def plain(value: object) -> str:
    """`value` without anything that a terminal would obey: prompts and answers come from strangers."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode()
        for char in ("-" if value is None else str(value))
    )


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> Table:
    """Rows below their heads, no cell cut off."""
    shown = Table(*heads, box=None, pad_edge=False, header_style="bold")
    for column in shown.columns:
        column.overflow = "fold"
    for row in rows:
        shown.add_row(*(Text(plain(cell)) for cell in row))
    return shown


def fields(values: Mapping[str, object]) -> Table:
    """One name and value a line; what is None is left out."""
    shown = Table.grid("", "", padding=(0, 2), pad_edge=False)
    shown.columns[1].overflow = "fold"
    for name, value in values.items():
        if value is not None:
            shown.add_row(Text(name, style="bold"), Text(plain(value)))
    return shown
