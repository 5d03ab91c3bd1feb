from decimal import Decimal

import pytest

from shared.domain.pricing import basis_points, micros_from_cents


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
