"""The ledger check of budgets: the total of a budget is at least the cost of its generations in the store.

Generations leave the store in time, so a budget may have counted more. A budget that was deleted, or whose count
began again, has nothing to compare.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from shared.store import keys
from shared.store.client import StoreClient
from shared.store.stored_lists import READ_ERRORS

NOTE_WORDS = 4  # budget, epoch, day, month


class BudgetSums(Struct):
    """The costs of generations by budget and epoch, micro-USD."""

    known: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, notes: str, amount: int) -> None:
        """Add a generation's cost to the budgets that its record names."""
        words = notes.split()
        for at in range(0, len(words) - NOTE_WORDS + 1, NOTE_WORDS):
            place = words[at], words[at + 1]
            self.known[place] = self.known.get(place, 0) + amount


async def find_faults(store: StoreClient, sums: BudgetSums) -> list[tuple[str, str]]:
    """Return each budget that counted too little, or whose day or month exceeds its total, with the reason."""
    faults = []
    for (name, epoch), least in sums.known.items():
        raw: list[bytes] = await store.call("HGETALL", keys.budget(name))
        fields = {raw[at].decode(): raw[at + 1].decode(errors="replace") for at in range(0, len(raw), 2)}
        if fields.get("epoch") == epoch:
            faults += [(name, detail) for detail in _compare(fields, least)]
    return faults


def _compare(fields: Mapping[str, str], least: int) -> Iterator[str]:
    try:
        day, month, total = (int(fields[f"spent_{period}"]) for period in ("day", "month", "total"))
    except READ_ERRORS:
        yield "it cannot be read"
        return
    if total < least:
        yield f"{total} instead of at least {least} micro-USD"
    if min(day, month) < 0 or max(day, month) > total:
        yield f"{day} in a day, {month} in a month and {total} micro-USD in total"
