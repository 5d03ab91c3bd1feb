import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.domain.retry import (
    ATTEMPT_MAX,
    DELAYS_S,
    RETRY_AFTER_S_MAX,
    Verdict,
    next_attempt_ms,
    retry_after_s,
    verdict,
)

NOW_MS = 1_767_225_600_000
DICE = st.floats(0, 1, exclude_max=True)


def test_schedule_is_documented_one() -> None:
    """Ten attempts over three days have the documented delays, from 0 and 5 seconds to 24 hours."""
    waits_s = []
    attempt = 0
    while (due_ms := next_attempt_ms(attempt, NOW_MS, 0.5)) is not None:
        waits_s.append((due_ms - NOW_MS) / 1000)
        attempt += 1
    assert [0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400] == waits_s
    assert 3 <= sum(waits_s) / 86_400 < 4


@given(attempt=st.integers(0, ATTEMPT_MAX - 1), dice=DICE)
def test_jitter_is_at_most_a_tenth(attempt: int, dice: float) -> None:
    """Every attempt is due within 10 % of its scheduled time, never in the past."""
    due_ms = next_attempt_ms(attempt, NOW_MS, dice)
    assert due_ms is not None
    assert 0.9 * DELAYS_S[attempt] * 1000 - 1 <= due_ms - NOW_MS <= 1.1 * DELAYS_S[attempt] * 1000 + 1
    assert due_ms >= NOW_MS


@given(attempt=st.integers(0, ATTEMPT_MAX - 2), dice=DICE, asked_s=st.floats(0, 1e9))
def test_delay_grows_with_each_attempt(attempt: int, dice: float, asked_s: float) -> None:
    """With the same dice the delay never shrinks from one attempt to the next."""
    sooner, later = (next_attempt_ms(n, NOW_MS, dice, asked_s) for n in (attempt, attempt + 1))
    assert sooner is not None
    assert later is not None
    assert sooner <= later


@given(attempt=st.integers(0, ATTEMPT_MAX - 1), dice=DICE, asked_s=st.floats(0, 1e9))
def test_retry_after_is_respected_up_to_a_day(attempt: int, dice: float, asked_s: float) -> None:
    """An attempt is not made before the receiver's Retry-After, which is capped at a day."""
    due_ms = next_attempt_ms(attempt, NOW_MS, dice, asked_s)
    plain_ms = next_attempt_ms(attempt, NOW_MS, dice)
    assert due_ms is not None
    assert plain_ms is not None
    assert due_ms - NOW_MS >= min(asked_s, RETRY_AFTER_S_MAX) * 1000 - 1
    assert due_ms <= max(plain_ms, NOW_MS + RETRY_AFTER_S_MAX * 1000)


@given(attempt=st.integers(ATTEMPT_MAX, 10**6), dice=DICE, asked_s=st.floats(0, 1e9))
def test_schedule_ends_after_last_attempt(attempt: int, dice: float, asked_s: float) -> None:
    """The last attempt has no successor, whatever Retry-After says."""
    assert next_attempt_ms(attempt, NOW_MS, dice, asked_s) is None


def test_negative_attempt_raises_value_error() -> None:
    """An attempt below 0 raises instead of indexing from the end of the schedule."""
    with pytest.raises(ValueError, match="negative"):
        next_attempt_ms(-1, NOW_MS, 0.5)


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (200, "delivered"),
        (201, "delivered"),
        (204, "delivered"),
        (299, "delivered"),
        (410, "gone"),
        (None, "retry"),
        (101, "retry"),
        (300, "retry"),
        (301, "retry"),
        (304, "retry"),
        (308, "retry"),
        (400, "retry"),
        (401, "retry"),
        (404, "retry"),
        (429, "retry"),
        (500, "retry"),
        (503, "retry"),
        (600, "retry"),
    ],
)
def test_verdict_depends_on_status(status: int | None, meaning: Verdict) -> None:
    """Only 2xx delivers and only 410 is final; redirects, errors and missing answers are retried."""
    assert meaning == verdict(status)


@pytest.mark.parametrize(
    ("value", "asked_s"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("²", None),
        ("inf", None),
        ("1e308", None),
        ("0", 0),
        ("1.5", 1.5),
        (" 120 ", 120),
        ("86401", 86_400),
        ("9" * 5000, 86_400),
        ("Thu, 01 Jan 2026 00:02:00 GMT", 120),
        ("Thu, 01 Jan 2026 00:02:00", 120),
        ("Wed, 31 Dec 2025 23:00:00 GMT", 0),
        ("Fri, 01 Jan 2027 00:00:00 GMT", 86_400),
        ("Fri, 99 Jan 2027 00:00:00 GMT", None),
        ("Mon, 01 Jan 2035 00:00:00 +99999999999999", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", 86_400),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
    ],
)
def test_retry_after_is_seconds_or_date(value: str | None, asked_s: float | None) -> None:
    """Retry-After is seconds or a date; nonsense counts as absent, a past date as now, and years as a day."""
    assert asked_s == retry_after_s(value, NOW_MS / 1000)


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} (GMT|[+-][0-9]{4,20})"))
@example("Mon, 01 Jan 0001 00:00:00 +2359")
@example("Fri, 31 Dec 9999 23:59:59 -2359")
@example("Mon, 01 Jan 2035 00:00:00 +99999999999999")
def test_retry_after_of_any_text_is_bounded(value: str) -> None:
    """For any text, the result is absent or within a day."""
    asked_s = retry_after_s(value, NOW_MS / 1000)
    assert asked_s is None or 0 <= asked_s <= RETRY_AFTER_S_MAX
