"""Prices, for any rule, any input and any usage."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.price_rule import PricePart, PriceRow, PriceRule, Sale, UnboundedPrice, Unit, flat, marked_up
from shared.domain.price_text import price_text

UNITS: tuple[Unit, ...] = ("output", "second", "megapixel", "1k_characters", "1m_input_tokens", "1m_output_tokens")
amounts = st.integers(0, 10**9)
values = st.sampled_from(["720p", "1080p", True, False, 1, 2, 4])
inputs = st.dictionaries(st.sampled_from(["resolution", "sound", "count"]), values)
parts = st.builds(
    PricePart,
    per=st.sampled_from([*UNITS, "order"]),
    micros=amounts,
    rows=st.lists(st.builds(PriceRow, when=inputs, micros=amounts), max_size=4).map(tuple),
)
rules = st.builds(
    PriceRule,
    parts=st.lists(parts, min_size=1, max_size=4).map(tuple),
    minimum_micros=amounts,
    ceiling_micros=st.none() | amounts,
)
quantities = st.fixed_dictionaries(dict.fromkeys(UNITS, st.integers(0, 10**7)))
mark_ups = st.integers(0, 20_000)


def sale(rule: PriceRule, order: dict[str, Any], most: dict[Unit, int], basis_points: int = 0) -> Sale:
    return Sale(rule.agreed(order, basis_points), most)


@given(rules, inputs, quantities, mark_ups, st.data())
def test_settlement_lies_between_minimum_and_reservation(
    rule: PriceRule, order: dict[str, Any], most: dict[Unit, int], basis_points: int, data: st.DataObject
) -> None:
    """For any rule and any usage: minimum <= settled <= reserved <= ceiling."""
    sold = sale(rule, order, most, basis_points)
    tokens = {unit: data.draw(st.integers(0, 10**8)) for unit in UNITS if unit.endswith("tokens")}
    settled = sold.settle(outputs=data.draw(st.none() | st.integers(0, 20)), tokens=tokens)
    assert marked_up(rule.minimum_micros, basis_points) <= settled <= sold.reserved_micros
    if rule.ceiling_micros is not None:
        assert sold.reserved_micros <= marked_up(max(rule.ceiling_micros, rule.minimum_micros), basis_points)


@given(rules, inputs, quantities)
def test_order_costs_its_reservation_when_it_used_the_most(
    rule: PriceRule, order: dict[str, Any], most: dict[Unit, int]
) -> None:
    """All outputs and all tokens cost the reservation; more of them cost no more."""
    sold = sale(rule, order, most)
    assert sold.reserved_micros == sold.settle(outputs=most["output"], tokens=most)
    assert sold.reserved_micros == sold.settle(outputs=None, tokens={unit: 2 * count for unit, count in most.items()})


@given(rules, inputs, quantities, mark_ups, st.none() | st.integers(0, 20))
def test_order_costs_its_quote_when_nothing_is_metered(
    rule: PriceRule, order: dict[str, Any], most: dict[Unit, int], basis_points: int, outputs: int | None
) -> None:
    """A price without outputs, seconds, pixels and tokens is charged as quoted, whatever a provider reports."""
    sold = sale(rule, order, most, basis_points)
    if not sold.metered:
        assert sold.reserved_micros == sold.settle(outputs=outputs, tokens=dict.fromkeys(most, 1))


@given(quantities)
def test_order_without_a_token_count_costs_its_reservation(most: dict[Unit, int]) -> None:
    """A provider that reports no usage, or half of it, is charged as if everything was used."""
    rule = PriceRule(
        parts=(PricePart(per="1m_input_tokens", micros=10**6), PricePart(per="1m_output_tokens", micros=10**7))
    )
    sold = sale(rule, {}, most)
    for tokens in (None, {"1m_input_tokens": 0}, {"second": 0}):
        assert sold.reserved_micros == sold.settle(tokens=tokens)  # type: ignore[arg-type]


def test_tokens_are_charged_exactly() -> None:
    """17 tokens in and 230 out, at 0.15 and 0.60 USD a million, are 140.55 micro-USD, rounded up once."""
    rule = PriceRule(
        parts=(PricePart(per="1m_input_tokens", micros=150_000), PricePart(per="1m_output_tokens", micros=600_000))
    )
    most: dict[Unit, int] = {"1m_input_tokens": 1_000, "1m_output_tokens": 4_096}
    assert 141 == sale(rule, {}, most).settle(tokens={"1m_input_tokens": 17, "1m_output_tokens": 230})


def test_table_prices_a_second_by_resolution_and_sound() -> None:
    """The first row that fits replaces the price of a unit; true is not 1."""
    rows = (
        PriceRow(when={"resolution": "1080p", "sound": True}, micros=90_000),
        PriceRow(when={"resolution": "1080p"}, micros=60_000),
    )
    rule = PriceRule(parts=(PricePart(per="second", micros=40_000, rows=rows),))
    most: dict[Unit, int] = {"second": 5_000}
    assert 450_000 == sale(rule, {"resolution": "1080p", "sound": True}, most).reserved_micros
    assert 300_000 == sale(rule, {"resolution": "1080p", "sound": 1}, most).reserved_micros
    assert 200_000 == sale(rule, {"resolution": "720p"}, most).reserved_micros


def test_missing_outputs_are_not_charged() -> None:
    """Three of four images cost three quarters of the price of four."""
    rule = PriceRule(parts=(PricePart(per="output", micros=30_000), PricePart(per="megapixel", micros=1_000)))
    sold = sale(rule, {}, {"output": 4, "megapixel": 4_000_000})
    assert 124_000 == sold.reserved_micros
    assert 93_000 == sold.settle(outputs=3)
    assert 0 == sold.settle(outputs=0)


def test_unbounded_rule_is_refused_unless_it_has_a_ceiling() -> None:
    """A price that counts what nothing bounds has no reservation."""
    part = PricePart(per="1m_output_tokens", micros=600_000)
    with pytest.raises(UnboundedPrice, match="1m_output_tokens"):
        _ = sale(PriceRule(parts=(part,)), {}, {}).reserved_micros
    assert 50_000 == sale(PriceRule(parts=(part,), ceiling_micros=50_000), {}, {}).reserved_micros


@pytest.mark.parametrize(("ui_micros", "api_micros"), [(5_000, 5_250), (100_000, 105_000), (1, 2), (0, 0)])
def test_mark_up_is_exact(ui_micros: int, api_micros: int) -> None:
    """Half a cent plus 5 % is 0.525 cents."""
    assert api_micros == marked_up(ui_micros, 500) == flat(ui_micros).agreed({}, 500).cost({})


def test_only_a_price_without_conditions_is_flat() -> None:
    """A price per order is flat, unless a table or another unit makes it depend on the input."""
    rows = (PriceRow(when={"sound": True}, micros=2),)
    assert 7 == flat(7).flat_micros
    assert PriceRule(parts=(PricePart(per="order", micros=1, rows=rows),)).flat_micros is None
    assert PriceRule(parts=(PricePart(per="output", micros=1),)).flat_micros is None


def test_price_is_explained_in_words() -> None:
    """The words of a price name each condition; a field that is true or false needs no value."""
    rows = (
        PriceRow(when={"resolution": "1080p", "sound": True}, micros=90_000),
        PriceRow(when={"sound": False}, micros=30_000),
    )
    rule = PriceRule(parts=(PricePart(per="second", micros=40_000, rows=rows),))
    words = "$0.04 per second ($0.09 with resolution 1080p, sound; $0.03 with no sound)"
    assert words == price_text(rule, 0)
