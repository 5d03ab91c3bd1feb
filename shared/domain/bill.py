"""A provider's bill, exported as CSV. The columns `reference` and `amount` (USD) are read, others are ignored."""

import csv
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from shared.domain.money import AMOUNT_USD_MAX, MICROS_PER_USD

LINES_MAX = 1_000_000
COLUMNS = ("reference", "amount")


class BillError(ValueError):
    """The bill cannot be read; the message names the line."""


def read(lines: Iterable[str]) -> dict[str, int]:
    """Return micro-USD by reference. Amounts of several lines with one reference are added. Raises BillError."""
    rows = csv.reader(lines, strict=True)
    amounts: dict[str, int] = {}
    try:
        indexes = _column_indexes([name.strip().lower() for name in next(rows, [])])
        for row in rows:
            if rows.line_num > LINES_MAX:
                raise BillError(f"a bill has at most {LINES_MAX:,} lines: split it by time")
            if any(cell.strip() for cell in row):
                reference, amount = _cells(row, indexes, rows.line_num)
                amounts[reference] = amounts.get(reference, 0) + amount
    except csv.Error as error:
        raise BillError(f"line {rows.line_num}: this is not valid CSV: {error}") from None
    return amounts


def _column_indexes(names: list[str]) -> tuple[int, int]:
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise BillError(f"line 1: column {' and column '.join(missing)} missing: the first line must name the columns")
    return names.index("reference"), names.index("amount")


def _cells(row: list[str], indexes: tuple[int, int], line: int) -> tuple[str, int]:
    if len(row) <= max(indexes):
        raise BillError(f"line {line}: too few columns ({len(row)})")
    reference, text = (row[index].strip() for index in indexes)
    if not reference:
        raise BillError(f"line {line}: the reference is empty")
    try:
        amount = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        raise BillError(f"line {line}: {text[:40]!r} is not an amount in USD") from None
    if not amount.is_finite() or abs(amount) > AMOUNT_USD_MAX:
        raise BillError(f"line {line}: {text[:40]!r} is not an amount in USD up to {AMOUNT_USD_MAX:,}")
    return reference, round(amount * MICROS_PER_USD)
