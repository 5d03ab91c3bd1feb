"""Prices in words."""

from msgspec import structs

from gateway.dialects.wowflow.quotes import pricing_of
from shared.domain.price_rule import PricePart, PriceRow, PriceRule
from tests.harness.factories import load_catalogue


def test_metered_price_is_explained_with_its_mark_up() -> None:
    """The text names each unit, its exceptions and the bounds, with the mark-up included."""
    rows = (PriceRow(when={"seconds": 10}, micros=35_000),)
    parts = (PricePart(per="second", micros=40_000, rows=rows), PricePart(per="1k_characters", micros=1_000))
    rule = PriceRule(parts=parts, minimum_micros=20_000, ceiling_micros=500_000)
    model = structs.replace(load_catalogue().models["test/image"], price=rule, api_price_micros=None, basis_points=500)
    assert (
        "$0.042 per second ($0.03675 with seconds 10) plus $0.00105 per 1,000 characters, at least $0.021, "
        "at most $0.525"
    ) == pricing_of(model).text
