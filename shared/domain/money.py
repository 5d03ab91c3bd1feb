"""Amounts are integers in micro-USD: 1 cent = 10 000, 1 USD = 1 000 000. Never a float."""

from decimal import Decimal, InvalidOperation

MICROS_PER_CENT = 10_000
MICROS_PER_USD = 1_000_000
AMOUNT_USD_MAX = 1_000_000


def cents(micros: int) -> int:
    """Return `micros` in whole cents, rounded down: for top-ups and balances."""
    return micros // MICROS_PER_CENT


def cents_up(micros: int) -> int:
    """Return `micros` in whole cents, rounded up: for prices and costs."""
    return -(-micros // MICROS_PER_CENT)


def dollars(micros: int) -> str:
    """Return micro-USD as `$1,234.50`, with more than two decimals only for fractions of a cent."""
    whole, rest = divmod(abs(micros), MICROS_PER_USD)
    decimals = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{'-' if micros < 0 else ''}${whole:,}.{decimals}"


def micros_from_usd(text: str) -> int:
    """Return a decimal such as `20` or `0.5` as micro-USD. Raises ValueError unless 0 < amount <= AMOUNT_USD_MAX."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is not an amount in USD: write it as 20 or 12.50.") from None
    if not amount.is_finite() or not 0 < amount <= AMOUNT_USD_MAX:
        raise ValueError(f"Amount must be greater than 0 and at most {AMOUNT_USD_MAX} USD, not {text}.")
    micros = amount * MICROS_PER_USD
    if micros != int(micros):
        raise ValueError(f"{text} has more than 6 decimals.")
    return int(micros)
