"""Token buckets: how many requests they let through, and what they say about the next one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.token_bucket import Rate, TokenBuckets


def test_bucket_allows_its_burst_and_then_its_rate() -> None:
    """A full bucket serves its burst at once, then one request per interval."""
    buckets, rate = TokenBuckets(callers_max=10), Rate(per_s=2, burst=3)
    assert [True, True, True, False] == [buckets.take("a", rate, 0.0).allowed for _ in range(4)]
    assert [True, False] == [buckets.take("a", rate, 0.5).allowed for _ in range(2)]


def test_bucket_names_the_time_until_the_next_request() -> None:
    """A refused caller that waits for the reported time is served."""
    buckets, rate = TokenBuckets(callers_max=10), Rate(per_s=2, burst=1)
    buckets.take("a", rate, 0.0)
    refused = buckets.take("a", rate, 0.1)
    assert pytest.approx(0.4) == refused.retry_after_s
    assert buckets.take("a", rate, 0.1 + refused.retry_after_s).allowed


def test_peek_takes_nothing() -> None:
    """Peeking shows the next request's grant, and leaves the token in the bucket."""
    buckets, rate = TokenBuckets(callers_max=10), Rate(per_s=2, burst=1)
    assert buckets.peek("a", rate, 0.0).allowed
    assert buckets.take("a", rate, 0.0).allowed
    assert not buckets.peek("a", rate, 0.0).allowed


def test_callers_do_not_share_a_bucket() -> None:
    """One caller's requests cost another one nothing."""
    buckets, rate = TokenBuckets(callers_max=10), Rate(per_s=1, burst=1)
    assert buckets.take("a", rate, 0.0).allowed
    assert buckets.take("b", rate, 0.0).allowed


def test_number_of_buckets_is_bounded() -> None:
    """A flood of new callers forgets the ones that were away longest."""
    buckets, rate = TokenBuckets(callers_max=3), Rate(per_s=1, burst=1)
    for number in range(100):
        buckets.take(str(number), rate, 0.0)
    assert 3 == len(buckets)
    assert not buckets.take("99", rate, 0.0).allowed


@given(st.lists(st.floats(0, 5), max_size=60), st.integers(1, 5), st.floats(0.1, 20))
def test_no_window_holds_more_than_burst_and_rate(gaps: list[float], burst: int, per_s: float) -> None:
    """Over any history, at most burst + rate x time requests get through."""
    buckets, rate, now_s, allowed = TokenBuckets(callers_max=2), Rate(per_s=per_s, burst=burst), 0.0, 0
    for gap in gaps:
        now_s += gap
        allowed += buckets.take("a", rate, now_s).allowed
    assert burst + per_s * now_s + 1e-6 >= allowed
