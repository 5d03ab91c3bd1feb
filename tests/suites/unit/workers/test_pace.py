"""Looks are stretched where callbacks prove to come, within bounds."""

import pytest

from workers.adapters.contract import Pending
from workers.timing import PROVEN_PERCENT, STRETCHED_S_MAX, stretched


@pytest.mark.parametrize(
    ("advised_s", "percent", "expected_s"),
    [(1, 0, 1), (1, PROVEN_PERCENT - 1, 1), (1, PROVEN_PERCENT, 4), (20, 100, STRETCHED_S_MAX), (60, 100, 60)],
)
def test_the_pace_is_the_advised_one_or_a_bounded_multiple(advised_s: float, percent: int, expected_s: float) -> None:
    """Unproven callbacks change nothing; proven ones stretch the pace, never past its bound, never below the advice."""
    assert Pending("ref", expected_s) == stretched(Pending("ref", advised_s), percent)
