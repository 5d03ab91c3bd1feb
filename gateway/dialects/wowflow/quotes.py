"""Quotes and prices of the WOWFLOW API."""

from collections.abc import Mapping, Sequence

from msgspec import UNSET, UnsetType

from gateway.dialects.wowflow.bodies import Pricing, PricingPart, PricingRow, Quote, QuoteLine
from gateway.offers import AbleRoute
from shared.domain.catalogue import Model
from shared.domain.money import cents_up
from shared.domain.price_rule import TOKENS, UNIT_SIZE, Sale
from shared.domain.price_text import price_text
from shared.domain.quantities import tokens_of


def pricing_of(model: Model) -> Pricing:
    """Return how the API price of a model is computed."""
    rule, points = model.api_price
    return Pricing(
        text=price_text(rule, points),
        parts=tuple(
            PricingPart(
                unit=part.per,
                unit_micros=part.micros,
                rows=tuple(PricingRow(when=row.when, unit_micros=row.micros) for row in part.rows),
            )
            for part in rule.parts
        ),
        minimum_micros=rule.minimum_micros,
        ceiling_micros=rule.ceiling_micros,
        markup_percent=points / 100,
    )


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
        providers=tuple(one.route.provider for one in able if one.sale == sale),
        affordable=micros <= balance_micros,
        simulated=first.route.simulated,
    )


def usage_reported(sale: Sale | None, facts: Mapping[str, object]) -> bool | UnsetType:
    """Return whether the provider reported the tokens that a price counts; UNSET if it counts none."""
    if sale is None or not sale.price.units & TOKENS:
        return UNSET
    return sale.counts(tokens_of(facts))
