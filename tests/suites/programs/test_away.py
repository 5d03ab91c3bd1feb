"""The verdict of the program that takes the database away."""

from tests.programs.away.__main__ import Course, Sample, violations


def sample(at_s: float, waiting: int, age_s: float, megabytes: float) -> Sample:
    """Return the state of the store at a moment."""
    return Sample(at_s=at_s, waiting=waiting, age_s=age_s, megabytes=megabytes)


def test_violations_lists_every_broken_promise() -> None:
    """Missing history, a lag that nobody sees, a growing store, an archiver that stays behind, and wrong books."""
    away = [sample(10, 600, 10, 4), sample(600, 36_000, 600, 90)]
    assert [] == list(violations(Course(orders=9, archived=9, caught_up_s=1.0, away=away)))
    away[1] = sample(600, 36_000, 60, 900)
    broken = Course(orders=9, archived=8, away=away, findings=["a cent is missing"])
    assert 5 == len(list(violations(broken))), list(violations(broken))
