"""Our costs at the providers, compared with the catalogue. Amounts are micro-USD, days are UTC days since 1970."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct, field

EPOCH = date(1970, 1, 1)
DAYS_MAX = 400  # retention of the sums in the store


class Day(Struct, frozen=True, kw_only=True):
    """Sums of one provider and day. `ours` is the catalogue's price of a generation, `theirs` the provider's."""

    provider: str
    day: int
    matched: int = 0  # generations with both prices, equal
    matched_micros: int = 0
    differs: int = 0  # generations with both prices, not equal
    differs_ours: int = 0
    differs_theirs: int = 0
    gap: int = 0  # sum of the absolute differences, so that opposite differences do not cancel out
    ours_only: int = 0  # generations without a price from the provider
    ours_only_micros: int = 0
    theirs_only: int = 0  # generations without a price in the catalogue
    theirs_only_micros: int = 0
    unpriced: int = 0  # generations without any price
    late: int = 0  # of all these, finished after the refund: paid by us alone
    late_micros: int = 0
    uncertain: int = 0  # submits of unknown outcome: the provider may have charged for them

    @property
    def date(self) -> str:
        """Return the day as an ISO date."""
        return day_date(self.day).isoformat()

    @property
    def cost_micros(self) -> int:
        """Return the cost of the day: the provider's prices if known, otherwise the catalogue's."""
        return self.matched_micros + self.differs_theirs + self.ours_only_micros + self.theirs_only_micros

    def off(self, tolerance_percent: Decimal) -> bool:
        """Return whether the comparable prices differ by more than the tolerance."""
        return beyond(self.gap, self.matched_micros + self.differs_ours, tolerance_percent)


class Paid(Struct, frozen=True, kw_only=True):
    """The cost of an ended generation. None: not known."""

    id: str
    names: tuple[str, ...]  # references that a bill may use for it
    made: bool  # the provider finished it, possibly after the refund
    ours: int | None
    theirs: int | None
    inside: bool  # settled in the requested days


class Pair(Struct, frozen=True, kw_only=True):
    """A bill's line and our record of it. None: missing on that side."""

    reference: str
    generation: str | None
    ours: int | None
    theirs: int | None


class Comparison(Struct, kw_only=True):
    """A provider's bill compared with our records."""

    matched: int = 0
    matched_micros: int = 0
    differs: list[Pair] = field(default_factory=list)
    ours_only: list[Pair] = field(default_factory=list)
    theirs_only: list[Pair] = field(default_factory=list)

    def off(self, tolerance_percent: Decimal) -> bool:
        """Return whether the bill differs from our records by more than the tolerance."""
        gap = sum(abs((pair.theirs or 0) - (pair.ours or 0)) for pair in (*self.differs, *self.theirs_only))
        return beyond(gap, self.matched_micros + sum(pair.ours or 0 for pair in self.differs), tolerance_percent)


def compare(bill: Mapping[str, int], records: Iterable[Paid]) -> Comparison:
    """Match the lines of a bill, amounts by reference, with our generations."""
    found, left = Comparison(), dict(bill)
    for record in records:
        reference = next((name for name in record.names if name in left), None)
        ours = record.ours if record.theirs is None else record.theirs
        if reference is None:
            if record.inside and ours:
                pair = Pair(reference=record.names[0], generation=record.id, ours=ours, theirs=None)
                found.ours_only.append(pair)
            continue
        theirs = left.pop(reference)
        # Without any price so far, the bill's price is accepted; a failed generation is expected to be free.
        expected = (theirs if record.made else 0) if ours is None else ours
        if expected == theirs:
            found.matched += 1
            found.matched_micros += theirs
        else:
            found.differs.append(Pair(reference=reference, generation=record.id, ours=expected, theirs=theirs))
    for reference, theirs in left.items():
        found.theirs_only.append(Pair(reference=reference, generation=None, ours=None, theirs=theirs))
    return found


def beyond(gap: int, expected: int, tolerance_percent: Decimal) -> bool:
    """Return whether a gap is more than `tolerance_percent` of the expected amount."""
    return Decimal(gap) * 100 > tolerance_percent * expected


def day_number(day: date) -> int:
    """Return the number of a day: days since 1970."""
    return (day - EPOCH).days


def day_date(day: int) -> date:
    """Return the date of a day's number."""
    return EPOCH + timedelta(days=day)
