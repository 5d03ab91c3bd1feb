"""The stretching of poll intervals for providers with proven callbacks."""

import pytest

from workers.adapters.contract import Pending
from workers.timing import PROVEN_PERCENT, STRETCHED_S_MAX, stretched


@pytest.mark.parametrize(
    ("advised_s", "percent", "expected_s"),
    [(1, 0, 1), (1, PROVEN_PERCENT - 1, 1), (1, PROVEN_PERCENT, 4), (20, 100, STRETCHED_S_MAX), (60, 100, 60)],
)
def test_poll_interval_is_stretched_within_bounds_when_callbacks_are_proven(
    advised_s: float, percent: int, expected_s: float
) -> None:
    """Proven callbacks stretch the interval up to its bound and never below the advice, unproven ones do not."""
    assert Pending("ref", expected_s) == stretched(Pending("ref", advised_s), percent)
