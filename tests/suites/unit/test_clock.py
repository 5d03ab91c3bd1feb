"""The clock of a process, between two measurements of the store's."""

import time

import pytest

from shared.ops.clock import CONFIRM_S, ROUND_TRIP_S_MAX, Clock

YEAR_2030_S = 1_893_456_000.0
DAY_S = 86_400


def test_clock_is_the_machine_s_before_the_first_measurement() -> None:
    """A process that has not reached the store yet has no better time than its machine's."""
    assert pytest.approx(time.time(), abs=5) == Clock().now_s()
    assert pytest.approx(0, abs=5) == Clock().skew_s


def test_clock_follows_the_store() -> None:
    """After a measurement the store's time counts, whatever the machine says."""
    clock, now_s = Clock(), time.monotonic()
    clock.adjust(YEAR_2030_S, asked_s=now_s - 0.2, answered_s=now_s)
    assert pytest.approx(YEAR_2030_S + 0.1, abs=30) == clock.now_s()
    assert YEAR_2030_S * 1000 <= clock.now_ms()
    assert clock.now_ms() <= clock.now_ns() // 1_000_000
    assert pytest.approx(time.time() - YEAR_2030_S, abs=30) == clock.skew_s


def test_clock_ignores_a_slow_answer_once_it_has_a_better_one() -> None:
    """An answer that took long says little about the time, and replaces no good measurement."""
    clock, now_s = Clock(), time.monotonic()
    clock.adjust(YEAR_2030_S, asked_s=now_s, answered_s=now_s)
    clock.adjust(0.0, asked_s=now_s - 2 * ROUND_TRIP_S_MAX, answered_s=now_s)
    assert YEAR_2030_S <= clock.now_s()


def test_clock_stays_when_an_answer_does_not_prove_it_wrong() -> None:
    """The round trip of an answer is its uncertainty: within that the clock does not jump."""
    clock, now_s = Clock(), time.monotonic()
    clock.adjust(YEAR_2030_S, asked_s=now_s, answered_s=now_s)
    offset_s = clock._offset_s
    clock.adjust(YEAR_2030_S + 0.3, asked_s=now_s, answered_s=now_s + 0.5)
    assert offset_s == clock._offset_s
    clock.adjust(YEAR_2030_S + 0.6, asked_s=now_s, answered_s=now_s + 0.5)
    assert pytest.approx(offset_s + 0.35) == clock._offset_s


def test_deletions_wait_for_two_measurements_that_agree() -> None:
    """One measurement, or one that contradicts the last, confirms no time; later ones that agree do."""
    clock, now_s = Clock(), time.monotonic()
    for after_s, store_s, confirmed in ((0, 0, False), (2, 2, False), (6, 6, True), (7, 900, False), (13, 906, True)):
        clock.adjust(YEAR_2030_S + store_s, asked_s=now_s + after_s, answered_s=now_s + after_s)
        assert confirmed == (clock.confirmed_ms() is not None), after_s


def test_deletions_use_the_earlier_of_two_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine or a store that is 40 days ahead deletes nothing before its time."""
    clock, now_s = Clock(), time.monotonic()
    for after_s in (0, CONFIRM_S):
        clock.adjust(YEAR_2030_S + after_s, asked_s=now_s - CONFIRM_S + after_s, answered_s=now_s - CONFIRM_S + after_s)
    monkeypatch.setattr(time, "time", lambda: YEAR_2030_S + 40 * DAY_S)
    assert pytest.approx(YEAR_2030_S * 1000, abs=60_000) == clock.confirmed_ms()
    monkeypatch.setattr(time, "time", lambda: YEAR_2030_S - 40 * DAY_S)
    assert pytest.approx((YEAR_2030_S - 40 * DAY_S) * 1000, abs=60_000) == clock.confirmed_ms()
