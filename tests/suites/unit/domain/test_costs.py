from datetime import date
from decimal import Decimal

import pytest

from shared.domain.costs import Comparison, Day, Paid, Pair, compare, day_date, day_number

CENT = 10_000


def record(name: str, **changes: object) -> Paid:
    """Return a completed generation with an expected cost of a cent and reference `ref-<name>`."""
    known = {"names": (f"ref-{name}", name), "made": True, "ours": CENT, "theirs": None, "inside": True}
    return Paid(id=name, **(known | changes))  # type: ignore[arg-type]


def test_day_number_counts_from_1970() -> None:
    """Day numbers and dates convert both ways."""
    assert 20_000 == day_number(date(2024, 10, 4))
    assert date(2024, 10, 4) == day_date(20_000)


@pytest.mark.parametrize(
    ("gap", "tolerance", "off"), [(0, "0", False), (1, "0", True), (10_000, "1", False), (10_001, "1", True)]
)
def test_day_is_off_when_gap_exceeds_tolerance(gap: int, tolerance: str, off: bool) -> None:
    """The tolerance is a share of the comparable costs, here of a dollar."""
    day = Day(provider="far", day=1, matched_micros=600_000, differs_ours=400_000, differs_theirs=400_000, gap=gap)
    assert off == day.off(Decimal(tolerance))


def test_day_cost_prefers_provider_prices() -> None:
    """The cost of a day uses the provider's prices if known, otherwise the catalogue's."""
    sums = {"matched_micros": 1, "differs_ours": 10, "differs_theirs": 20, "theirs_only_micros": 300}
    assert 4321 == Day(provider="far", day=1, ours_only_micros=4000, **sums).cost_micros


def test_bill_line_matches_by_reference_or_id() -> None:
    """A line matches a generation by the provider's reference or our id, also outside the requested days."""
    found = compare({"ref-a": CENT, "b": CENT}, [record("a"), record("b", inside=False)])
    assert Comparison(matched=2, matched_micros=2 * CENT) == found
    assert not found.off(Decimal(0))


def test_reported_cost_wins_over_catalogue() -> None:
    """The bill is compared with the cost that the provider reported, if there is one."""
    assert 1 == compare({"ref-a": 3 * CENT}, [record("a", theirs=3 * CENT)]).matched
    differs = compare({"ref-a": CENT}, [record("a", theirs=3 * CENT)]).differs
    assert [Pair(reference="ref-a", generation="a", ours=3 * CENT, theirs=CENT)] == differs


def test_unpriced_generation_matches_any_amount() -> None:
    """A finished generation without a price matches any amount; a failed one is expected to be free."""
    assert 1 == compare({"ref-a": CENT}, [record("a", ours=None)]).matched
    assert 1 == compare({"ref-a": 0}, [record("a", ours=None, made=False)]).matched
    assert 1 == len(compare({"ref-a": CENT}, [record("a", ours=None, made=False)]).differs)


def test_unmatched_lines_and_generations_are_listed() -> None:
    """A line without a generation is theirs only; a generation with a cost but without a line is ours only."""
    outside, free = record("b", inside=False), record("c", ours=0)
    found = compare({"ref-x": 2 * CENT}, [record("a"), outside, free, record("d", ours=None, made=False)])
    assert [Pair(reference="ref-x", generation=None, ours=None, theirs=2 * CENT)] == found.theirs_only
    assert [Pair(reference="ref-a", generation="a", ours=CENT, theirs=None)] == found.ours_only


def test_bill_is_off_when_unexplained_amount_exceeds_tolerance() -> None:
    """A bill is off by differing and unmatched lines, not by generations that it does not list."""
    assert compare({"ref-x": 1}, []).off(Decimal(100))
    assert not compare({}, [record("a")]).off(Decimal(0))
    many = [record(str(number)) for number in range(100)]
    lines = {f"ref-{number}": CENT for number in range(99)}
    assert not compare({**lines, "ref-99": 2 * CENT}, many).off(Decimal(1))
    assert compare({**lines, "ref-99": 2 * CENT}, many).off(Decimal("0.9"))
