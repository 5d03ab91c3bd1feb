from datetime import date
from decimal import Decimal

import pytest

from shared.domain.costs import Comparison, Day, Paid, Pair, compare, day_date, day_number

CENT = 10_000


def record(name: str, **changes: object) -> Paid:
    """A completed generation that we expected to cost a cent, under reference `ref-<name>`."""
    known = {"names": (f"ref-{name}", name), "made": True, "ours": CENT, "theirs": None, "inside": True}
    return Paid(id=name, **(known | changes))  # type: ignore[arg-type]


def test_days_are_counted_from_1970() -> None:
    """The store's number of a day is that of the calendar, both ways."""
    assert 20_000 == day_number(date(2024, 10, 4))
    assert date(2024, 10, 4) == day_date(20_000)


@pytest.mark.parametrize(
    ("gap", "tolerance", "off"), [(0, "0", False), (1, "0", True), (10_000, "1", False), (10_001, "1", True)]
)
def test_a_day_is_off_beyond_the_tolerance(gap: int, tolerance: str, off: bool) -> None:
    """The tolerance is a share of what can be compared: here of a dollar."""
    day = Day(provider="far", day=1, matched_micros=600_000, differs_ours=400_000, differs_theirs=400_000, gap=gap)
    assert off == day.off(Decimal(tolerance))


def test_a_day_costs_what_the_provider_says_where_it_does() -> None:
    """The cost of a day takes the provider's word before the catalogue's."""
    sums = {"matched_micros": 1, "differs_ours": 10, "differs_theirs": 20, "theirs_only_micros": 300}
    assert 4321 == Day(provider="far", day=1, ours_only_micros=4000, **sums).cost_micros


def test_a_bill_is_matched_by_reference_or_by_our_id() -> None:
    """A line finds its generation by the provider's reference or by our id, inside the days asked for or not."""
    found = compare({"ref-a": CENT, "b": CENT}, [record("a"), record("b", inside=False)])
    assert Comparison(matched=2, matched_micros=2 * CENT) == found
    assert not found.off(Decimal(0))


def test_the_providers_word_counts_before_the_catalogues() -> None:
    """What the provider reported for a generation is what its bill has to say."""
    assert 1 == compare({"ref-a": 3 * CENT}, [record("a", theirs=3 * CENT)]).matched
    differs = compare({"ref-a": CENT}, [record("a", theirs=3 * CENT)]).differs
    assert [Pair(reference="ref-a", generation="a", ours=3 * CENT, theirs=CENT)] == differs


def test_what_had_no_price_is_first_told_by_the_bill() -> None:
    """A finished generation without any price matches whatever the bill says; one that failed was to cost nothing."""
    assert 1 == compare({"ref-a": CENT}, [record("a", ours=None)]).matched
    assert 1 == compare({"ref-a": 0}, [record("a", ours=None, made=False)]).matched
    assert 1 == len(compare({"ref-a": CENT}, [record("a", ours=None, made=False)]).differs)


def test_either_side_may_have_what_the_other_has_not() -> None:
    """A line without a generation is theirs only; a generation of these days with a cost but no line is ours only."""
    outside, free = record("b", inside=False), record("c", ours=0)
    found = compare({"ref-x": 2 * CENT}, [record("a"), outside, free, record("d", ours=None, made=False)])
    assert [Pair(reference="ref-x", generation=None, ours=None, theirs=2 * CENT)] == found.theirs_only
    assert [Pair(reference="ref-a", generation="a", ours=CENT, theirs=None)] == found.ours_only


def test_money_that_nobody_can_explain_is_off() -> None:
    """A bill is off by what differs and by what only it has, not by what it does not ask for."""
    assert compare({"ref-x": 1}, []).off(Decimal(100))
    assert not compare({}, [record("a")]).off(Decimal(0))
    many = [record(str(number)) for number in range(100)]
    lines = {f"ref-{number}": CENT for number in range(99)}
    assert not compare({**lines, "ref-99": 2 * CENT}, many).off(Decimal(1))
    assert compare({**lines, "ref-99": 2 * CENT}, many).off(Decimal("0.9"))
