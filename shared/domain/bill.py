"""A provider's own bill, exported as CSV: the columns `reference` and `amount` (USD), and any others."""

import csv
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from shared.domain.money import AMOUNT_USD_MAX, MICROS_PER_USD

LINES_MAX = 1_000_000
COLUMNS = ("reference", "amount")


class BillError(ValueError):
    """The bill cannot be used; the message names the line."""


def read(lines: Iterable[str]) -> dict[str, int]:
    """Reference to micro-USD; several lines with one reference are added up. Raises BillError."""
    rows = csv.reader(lines, strict=True)
    found: dict[str, int] = {}
    try:
        places = _places([name.strip().lower() for name in next(rows, [])])
        for row in rows:
            if rows.line_num > LINES_MAX:
                raise BillError(f"a bill has at most {LINES_MAX:,} lines: split it by time")
            if any(cell.strip() for cell in row):
                reference, amount = _cells(row, places, rows.line_num)
                found[reference] = found.get(reference, 0) + amount
    except csv.Error as error:
        raise BillError(f"line {rows.line_num}: not CSV: {error}") from None
    return found


def _places(names: list[str]) -> tuple[int, int]:
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise BillError(f"line 1: no column {' and no column '.join(missing)}; the first line has to name the columns")
    return names.index("reference"), names.index("amount")


def _cells(row: list[str], places: tuple[int, int], line: int) -> tuple[str, int]:
    if len(row) <= max(places):
        raise BillError(f"line {line}: it has {len(row)} columns, too few")
    reference, said = (row[place].strip() for place in places)
    if not reference:
        raise BillError(f"line {line}: the reference is empty")
    try:
        amount = Decimal(said.removeprefix("$"))
    except InvalidOperation:
        raise BillError(f"line {line}: {said[:40]!r} is not an amount in USD") from None
    if not amount.is_finite() or abs(amount) > AMOUNT_USD_MAX:
        raise BillError(f"line {line}: {said[:40]!r} is not an amount in USD up to {AMOUNT_USD_MAX:,}")
    return reference, round(amount * MICROS_PER_USD)
