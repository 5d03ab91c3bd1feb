"""Amounts and percentages of the catalogue, read exactly. Integers and exact decimals only."""

from decimal import Decimal, InvalidOperation

from shared.domain.money import AMOUNT_USD_MAX

PRICE_CENTS_MAX = AMOUNT_USD_MAX * 100
MARKUP_PERCENT_MAX = 1_000


def micros_from_cents(cents: object) -> int:
    """Return `cents`, an int, a Decimal or a text such as "0.5", as micro-USD.

    Raises ValueError for another type, outside 0..PRICE_CENTS_MAX, and past 4 decimals. The message is a predicate:
    the caller puts the subject in front.
    """
    return _scaled(cents, decimals=4, most=PRICE_CENTS_MAX)


def basis_points(percent: object) -> int:
    """Return `percent`, an int, a Decimal or a text such as "2.5", in hundredths of a percent.

    Raises ValueError for another type, outside 0..MARKUP_PERCENT_MAX, and past 2 decimals. The message is a predicate.
    """
    return _scaled(percent, decimals=2, most=MARKUP_PERCENT_MAX)


def _scaled(value: object, *, decimals: int, most: int) -> int:
    # Booleans are ints in Python, and floats have lost their last digits already: neither is an amount.
    if type(value) not in (int, str, Decimal):
        raise ValueError("is not a number")
    try:
        amount = Decimal(str(value))
    except (InvalidOperation, ValueError):
        raise ValueError("is not a number") from None
    if not amount.is_finite() or not 0 <= amount <= most:
        raise ValueError(f"must be from 0 to {most}")
    rounded = amount.quantize(Decimal(1).scaleb(-decimals))
    if rounded != amount:
        raise ValueError(f"has more than {decimals} decimals")
    return int(rounded.scaleb(decimals))
