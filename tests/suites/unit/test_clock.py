"""The clock of a process, between two measurements of the store's."""

import time

import pytest

from shared.ops.clock import ROUND_TRIP_S_MAX, Clock

YEAR_2030_S = 1_893_456_000.0


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
