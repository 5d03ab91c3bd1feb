"""What providers cost us, held against what the catalogue expects. Amounts are micro-USD, days are UTC since 1970."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct, field

EPOCH = date(1970, 1, 1)
DAYS_MAX = 400  # as long as the store keeps them


class Day(Struct, frozen=True, kw_only=True):
    """One provider's day as the scripts added it up. `ours` is the catalogue's price, `theirs` the provider's."""

    provider: str
    day: int
    matched: int = 0  # generations where both are known and equal
    matched_micros: int = 0
    differs: int = 0  # where both are known
    differs_ours: int = 0
    differs_theirs: int = 0
    gap: int = 0  # sum of how far apart they are, so that too much here does not hide too little there
    ours_only: int = 0  # the provider says nothing
    ours_only_micros: int = 0
    theirs_only: int = 0  # the catalogue says nothing
    theirs_only_micros: int = 0
    unpriced: int = 0  # neither does
    late: int = 0  # of these, finished after the refund: paid for by us alone
    late_micros: int = 0
    uncertain: int = 0  # submits that nobody ever heard of again: the provider may have charged for them

    @property
    def date(self) -> str:
        """The day as people write it."""
        return day_date(self.day).isoformat()

    @property
    def cost_micros(self) -> int:
        """What it cost us, by the provider's word where there is one."""
        return self.matched_micros + self.differs_theirs + self.ours_only_micros + self.theirs_only_micros

    def off(self, tolerance_percent: Decimal) -> bool:
        """Whether what can be compared is further apart than the tolerance allows."""
        return beyond(self.gap, self.matched_micros + self.differs_ours, tolerance_percent)


class Paid(Struct, frozen=True, kw_only=True):
    """One ended generation, as its record tells what it cost. None: not known."""

    id: str
    names: tuple[str, ...]  # what a bill may call it
    made: bool  # by its provider, be it after the refund
    ours: int | None
    theirs: int | None
    inside: bool  # of the days that were asked for


class Pair(Struct, frozen=True, kw_only=True):
    """A line of a bill beside what we know of it. None: the other side has nothing."""

    reference: str
    generation: str | None
    ours: int | None
    theirs: int | None


class Comparison(Struct, kw_only=True):
    """A provider's bill against our records."""

    matched: int = 0
    matched_micros: int = 0
    differs: list[Pair] = field(default_factory=list)
    ours_only: list[Pair] = field(default_factory=list)
    theirs_only: list[Pair] = field(default_factory=list)

    def off(self, tolerance_percent: Decimal) -> bool:
        """Whether the bill asks for more or less than we can explain, by more than the tolerance allows."""
        gap = sum(abs((pair.theirs or 0) - (pair.ours or 0)) for pair in (*self.differs, *self.theirs_only))
        return beyond(gap, self.matched_micros + sum(pair.ours or 0 for pair in self.differs), tolerance_percent)


def compare(bill: Mapping[str, int], records: Iterable[Paid]) -> Comparison:
    """The lines of a bill (reference to amount) and our generations, each with its other half where there is one."""
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
        # Where nobody said a price before, the bill is the first to do so; what failed was to cost nothing.
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
    """Whether a gap is more than so many percent of what was expected."""
    return Decimal(gap) * 100 > tolerance_percent * expected


def day_number(day: date) -> int:
    """A day as the store counts it."""
    return (day - EPOCH).days


def day_date(day: int) -> date:
    """The other way round."""
    return EPOCH + timedelta(days=day)
