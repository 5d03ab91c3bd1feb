"""Metered prices, for any rule and any input."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.price_rule import Component, PriceRule, Row, UnboundedPrice, Unit, marked_up

UNITS: tuple[Unit, ...] = ("output", "second", "megapixel", "1k_characters", "1m_input_tokens", "1m_output_tokens")
amounts = st.integers(0, 10**9)
values = st.sampled_from(["720p", "1080p", True, False, 1, 2, 4])
inputs = st.dictionaries(st.sampled_from(["resolution", "sound", "count"]), values)
components = st.builds(
    Component,
    unit=st.sampled_from([*UNITS, "order"]),
    micros=amounts,
    rows=st.lists(st.builds(Row, when=inputs, micros=amounts), max_size=4).map(tuple),
    multiplied_by=st.sampled_from([None, "count"]),
)
rules = st.builds(
    PriceRule,
    components=st.lists(components, min_size=1, max_size=4).map(tuple),
    minimum_micros=amounts,
    ceiling_micros=st.none() | amounts,
)
quantities = st.fixed_dictionaries(dict.fromkeys(UNITS, st.integers(0, 10**7)))


@given(rules, inputs, quantities, st.data())
def test_settlement_lies_between_minimum_and_reservation(
    rule: PriceRule, order: dict[str, Any], most: dict[Unit, int], data: st.DataObject
) -> None:
    """For any rule and any usage within the bounds: minimum <= settled <= reserved <= ceiling."""
    used = {unit: data.draw(st.integers(0, bound)) for unit, bound in most.items()}
    reserved = rule.reserve(order, most)
    settled = rule.settle(order, used, reserved)
    assert rule.minimum_micros <= settled <= reserved
    assert rule.ceiling_micros is None or reserved <= max(rule.ceiling_micros, rule.minimum_micros)


@given(rules, inputs, quantities)
def test_order_costs_its_reservation_when_it_used_the_most_or_reported_nothing(
    rule: PriceRule, order: dict[str, Any], most: dict[Unit, int]
) -> None:
    """Full usage costs the reservation, and so does an order without a usage report."""
    reserved = rule.reserve(order, most)
    assert reserved == rule.settle(order, most, reserved)
    assert not rule.units or reserved == rule.settle(order, {}, reserved)


def test_tokens_are_charged_exactly() -> None:
    """17 tokens in and 230 out, at 0.15 and 0.60 USD a million, are 140.55 micro-USD, rounded up once."""
    rule = PriceRule(
        components=(
            Component(unit="1m_input_tokens", micros=150_000),
            Component(unit="1m_output_tokens", micros=600_000),
        )
    )
    used: dict[Unit, int] = {"1m_input_tokens": 17, "1m_output_tokens": 230}
    assert 141 == rule.settle({}, used, reserved_micros=10_000)


def test_table_prices_a_second_by_resolution_and_sound() -> None:
    """The first row that fits replaces the price of a unit; true is not 1."""
    rows = (
        Row(when={"resolution": "1080p", "sound": True}, micros=90_000),
        Row(when={"resolution": "1080p"}, micros=60_000),
    )
    rule = PriceRule(components=(Component(unit="second", micros=40_000, rows=rows),))
    five_seconds: dict[Unit, int] = {"second": 5_000}
    assert 450_000 == rule.reserve({"resolution": "1080p", "sound": True}, five_seconds)
    assert 300_000 == rule.reserve({"resolution": "1080p", "sound": 1}, five_seconds)
    assert 200_000 == rule.reserve({"resolution": "720p"}, five_seconds)


def test_number_of_outputs_multiplies() -> None:
    """Four images cost four times one."""
    rule = PriceRule(components=(Component(unit="order", micros=30_000, multiplied_by="count"),))
    assert 120_000 == rule.reserve({"count": 4}, {})
    assert 30_000 == rule.reserve({}, {})


def test_unbounded_rule_is_refused_unless_it_has_a_ceiling() -> None:
    """A rule that counts what nothing bounds cannot be reserved for."""
    component = Component(unit="1m_output_tokens", micros=600_000)
    with pytest.raises(UnboundedPrice, match="1m_output_tokens"):
        PriceRule(components=(component,)).reserve({}, {})
    assert 50_000 == PriceRule(components=(component,), ceiling_micros=50_000).reserve({}, {})


@pytest.mark.parametrize(("ui_micros", "api_micros"), [(5_000, 5_250), (100_000, 105_000), (1, 2), (0, 0)])
def test_mark_up_is_exact(ui_micros: int, api_micros: int) -> None:
    """Half a cent plus 5 % is 0.525 cents."""
    assert api_micros == marked_up(ui_micros, 500)
