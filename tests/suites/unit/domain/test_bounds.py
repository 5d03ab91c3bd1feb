"""Daily bounds: their words for the script, and their refusals."""

import pytest

from shared.domain.bounds import NAMES, DailyBounds, line_of, refusal_of
from shared.domain.catalogue import Plan

PLAN = Plan(name="free", daily_quota=50, concurrency=1, backlog_max=1)


def test_plan_bounds_attempts_by_three_times_its_quota() -> None:
    """Attempts are three times the quota unless the plan says otherwise, and unlimited with an unlimited quota."""
    assert DailyBounds(attempts=150) == PLAN.bounds
    assert "- - - - -" == Plan(name="pro", daily_quota=None, concurrency=1, backlog_max=1).bounds.words
    own = Plan(name="own", daily_quota=1, concurrency=1, backlog_max=1, daily_attempts=9, daily_mb_stored=2)
    assert "account - 9 - 2000000 -\n" == line_of("account", own.bounds)


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        ("account", "limit_exceeded"),
        ("network:0a1b", "limit_exceeded"),
        ("guests", "guest_limit_exceeded"),
        ("all", "capacity_exceeded"),
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_refusal_names_its_scope_and_the_end_of_the_day(scope: str, code: str, name: str) -> None:
    """Each scope has a code, and each refusal a sentence and the seconds until midnight UTC."""
    refused = refusal_of(scope, name, 5, 1_500)
    assert (code, 2, scope.partition(":")[0], name) == (
        refused.code,
        refused.retry_after_s,
        refused.scope,
        refused.bound,
    )
    assert refused.reason.endswith("The day ends at midnight UTC.")
