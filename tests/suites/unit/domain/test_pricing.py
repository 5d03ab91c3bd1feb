from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.money import AMOUNT_USD_MAX, MICROS_PER_CENT, MICROS_PER_USD
from shared.domain.pricing import api_price_micros, basis_points, micros_from_cents


@pytest.mark.parametrize(("ui_cents", "api_cents"), [(10, 11), (20, 21), (0, 0), (1, 2), (100, 105), (101, 107)])
def test_mark_up_is_rounded_up_to_a_cent(ui_cents: int, api_cents: int) -> None:
    """10 cents become 11 with 5 %, and a price in whole cents is not rounded."""
    assert api_cents * MICROS_PER_CENT == api_price_micros(ui_cents * MICROS_PER_CENT, 5)


def test_fractional_mark_up_is_exact() -> None:
    """2.5 % of 40 cents is one cent, and 2.5 % of 40.01 cents is a little more."""
    assert 410_000 == api_price_micros(400_000, Decimal("2.5"))
    assert 420_000 == api_price_micros(400_100, "2.5")


def test_price_is_whole_cents_without_mark_up() -> None:
    """Half a cent at 0 % is one cent."""
    assert 10_000 == api_price_micros(5_000, 0)


@given(ui=st.integers(0, AMOUNT_USD_MAX * MICROS_PER_USD), points=st.integers(0, 100_000))
def test_price_is_least_whole_cent_above_exact_price(ui: int, points: int) -> None:
    """The price is in whole cents, at least the exact price, and less than one cent above it."""
    price = api_price_micros(ui, Decimal(points) / 100)
    assert 0 == price % MICROS_PER_CENT
    assert 0 <= price * 10_000 - ui * (10_000 + points) < MICROS_PER_CENT * 10_000


@pytest.mark.parametrize(("cents", "micros"), [(10, 100_000), ("0.5", 5_000), (Decimal("0.0001"), 1), (0, 0)])
def test_cents_become_micros(cents: object, micros: int) -> None:
    """A price may be a whole number, an exact decimal or a text."""
    assert micros == micros_from_cents(cents)


@pytest.mark.parametrize(
    "cents",
    [
        -1,
        "-0.1",
        "0.00001",
        Decimal("1." + "0" * 40 + "1"),
        "NaN",
        "Infinity",
        "1e999999",
        "ten",
        "",
        True,
        0.5,
        None,
        [],
    ],
)
def test_inexact_amount_is_refused(cents: object) -> None:
    """Negative, too fine, infinite, non-numeric and float amounts raise ValueError."""
    with pytest.raises(ValueError, match=r"number|decimals|from 0 to"):
        micros_from_cents(cents)


@pytest.mark.parametrize("percent", [-1, "2.555", 1_001, "5%", True, 2.5])
def test_mark_up_must_be_whole_basis_points(percent: object) -> None:
    """A mark-up is from 0 to 1000 percent with at most two decimals."""
    with pytest.raises(ValueError, match=r"number|decimals|from 0 to"):
        basis_points(percent)


def test_negative_price_is_refused() -> None:
    """A negative price raises ValueError."""
    with pytest.raises(ValueError, match="negative"):
        api_price_micros(-1, 5)
