"""Quotes and prices of the WOWFLOW API."""

from collections.abc import Sequence

from gateway.dialects.wowflow.bodies import Pricing, PricingPart, PricingRow, Quote, QuoteLine
from gateway.offers import AbleRoute
from shared.domain.catalogue import Model
from shared.domain.money import MICROS_PER_USD, cents_up
from shared.domain.price_rule import UNIT_SIZE, PricePart, Unit, flat, marked_up

UNIT_NAMES: dict[Unit, str] = {
    "1k_characters": "1,000 characters",
    "1m_input_tokens": "million input tokens",
    "1m_output_tokens": "million output tokens",
}


def pricing_of(model: Model) -> Pricing:
    """Return how the API price of a model is computed."""
    own = model.api_price_micros
    rule, points = (model.price, model.basis_points) if own is None else (flat(own), 0)
    least, most = rule.minimum_micros, rule.ceiling_micros
    bounds = [f"at least {_usd(marked_up(least, points))}"] if least else []
    bounds += [f"at most {_usd(marked_up(most, points))}"] if most is not None else []
    return Pricing(
        text=", ".join([" plus ".join(_part_text(part, points) for part in rule.parts), *bounds]),
        parts=tuple(
            PricingPart(
                unit=part.per,
                unit_micros=part.micros,
                rows=tuple(PricingRow(when=row.when, unit_micros=row.micros) for row in part.rows),
            )
            for part in rule.parts
        ),
        minimum_micros=least,
        ceiling_micros=most,
        markup_percent=points / 100,
    )


def _part_text(part: PricePart, points: int) -> str:
    unit = UNIT_NAMES.get(part.per, part.per)
    rows = [
        f"{_usd(marked_up(row.micros, points))} with {', '.join(f'{name} {value}' for name, value in row.when.items())}"
        for row in part.rows
    ]
    return f"{_usd(marked_up(part.micros, points))} per {unit}" + (f" ({'; '.join(rows)})" if rows else "")


def _usd(micros: int) -> str:
    whole, _, decimals = f"{micros / MICROS_PER_USD:.6f}".partition(".")
    return f"${whole}.{decimals.rstrip('0').ljust(2, '0')}"


def quote_entry(able: Sequence[AbleRoute], balance_micros: int) -> Quote:
    """Return the price of an order at its first route; every other one that may serve it has the same price."""
    first = able[0]
    sale, price = first.sale, first.sale.price
    micros = sale.reserved_micros
    lines = tuple(
        QuoteLine(
            unit=part.per,
            quantity=sale.most.get(part.per, 1) / UNIT_SIZE[part.per],
            unit_micros=part.micros,
        )
        for part in price.parts
    )
    return Quote(
        model=first.model.id,
        price_cents=cents_up(micros),
        price_usd=cents_up(micros) / 100,
        price_micros=micros,
        metered=sale.metered,
        breakdown=lines,
        minimum_micros=price.minimum_micros,
        ceiling_micros=price.ceiling_micros,
        markup_percent=price.basis_points / 100,
        providers=tuple(one.route.provider for one in able if one.sale.price == price),
        affordable=micros <= balance_micros,
    )
