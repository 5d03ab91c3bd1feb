"""Prices in words, for people."""

from shared.domain.money import dollars
from shared.domain.price_rule import PricePart, PriceRule, Unit, marked_up

UNIT_NAMES: dict[Unit, str] = {
    "1k_characters": "1,000 characters",
    "1m_input_tokens": "million input tokens",
    "1m_output_tokens": "million output tokens",
}


def price_text(rule: PriceRule, basis_points: int) -> str:
    """Return a price such as `$0.042 per second, at least $0.021`, with a mark-up in hundredths of a percent."""
    least, most = rule.minimum_micros, rule.ceiling_micros
    bounds = [f"at least {dollars(marked_up(least, basis_points))}"] if least else []
    bounds += [f"at most {dollars(marked_up(most, basis_points))}"] if most is not None else []
    return ", ".join([" plus ".join(_part_text(part, basis_points) for part in rule.parts), *bounds])


def _part_text(part: PricePart, basis_points: int) -> str:
    unit = UNIT_NAMES.get(part.per, part.per)
    conditions = [", ".join(_condition(name, value) for name, value in row.when.items()) for row in part.rows]
    prices = [dollars(marked_up(row.micros, basis_points)) for row in part.rows]
    rows = [f"{price} with {when}" for price, when in zip(prices, conditions, strict=True)]
    return f"{dollars(marked_up(part.micros, basis_points))} per {unit}" + (f" ({'; '.join(rows)})" if rows else "")


def _condition(field: str, value: str | int | float | bool) -> str:
    if isinstance(value, bool):
        return field if value else f"no {field}"
    return f"{field} {value}"
