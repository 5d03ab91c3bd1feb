"""Prices in words."""

from msgspec import UNSET, structs

from gateway.dialects.wowflow.quotes import pricing_of, quote_entry, usage_reported
from gateway.offers import AbleRoute
from shared.domain.price_rule import PricePart, PriceRow, PriceRule, Sale, flat
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


def test_quote_says_whether_it_would_be_simulated() -> None:
    """A quote of a simulated route says so before anything is ordered."""
    model = load_catalogue().models["test/noop"]
    for simulated in (True, False):
        route = structs.replace(model.routes[0], simulated=simulated)
        sale = model.sale({}, "a boat")
        assert simulated is quote_entry([AbleRoute(model, route, {}, sale, 1)], 0).simulated


def test_missing_usage_report_is_shown() -> None:
    """A price by tokens says whether the provider reported them; another price says nothing."""
    parts = (PricePart(per="1m_input_tokens", micros=9), PricePart(per="1m_output_tokens", micros=9))
    sale = Sale(PriceRule(parts=parts).agreed({}), {})
    assert usage_reported(sale, {"prompt_tokens": 1, "completion_tokens": 2}) is True
    assert usage_reported(sale, {"prompt_tokens": 1}) is False
    assert usage_reported(Sale(flat(9).agreed({}), {}), {}) is UNSET is usage_reported(None, {})
