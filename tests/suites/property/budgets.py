"""The model of budgets. One sum does for day, month and total, because a test takes less than a day."""

from typing import Any

from msgspec import Struct, field

PERIODS = ("day", "month", "total")
Caps = tuple[int | None, int | None, int | None]
NO_CAPS: Caps = (None, None, None)


class Budget(Struct):
    """The caps of a day, a month and in total, and what was counted since the last reset, micro-dollars."""

    caps: Caps
    spent: int = 0
    epoch: int = 1


class Budgets(Struct):
    """All budgets by their ids, and those of each key's hash."""

    known: dict[str, Budget] = field(default_factory=dict)
    of_keys: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def find_over(self, ids: list[str], price: int) -> list[Any] | None:
        """Return the reply for the first cap that an order passes, or None."""
        for name in ids if price else []:
            budget = self.known[name]
            for period, cap in zip(PERIODS, budget.caps, strict=True):
                if cap is not None and budget.spent + price > cap:
                    return ["over_budget", name, period, cap, budget.spent]
        return None

    def count(self, ids: list[str], price: int) -> list[tuple[str, int]]:
        """Count an order. Return the budgets and their epochs, for a refund."""
        for name in ids if price else []:
            self.known[name].spent += price
        return [(name, self.known[name].epoch) for name in ids if price]

    def give_back(self, counted: list[tuple[str, int]], amount: int) -> None:
        """Give back a part of an order to the budgets that still count it."""
        for name, epoch in counted:
            budget = self.known.get(name)
            if budget is not None and budget.epoch == epoch:
                budget.spent -= amount

    def set_caps(self, name: str, caps: Caps, *, fresh: bool) -> None:
        """Set the caps of a budget, which counts from zero if it is new or fresh."""
        budget = self.known.setdefault(name, Budget(caps, epoch=0))
        if fresh or budget.epoch == 0:
            budget.epoch, budget.spent = budget.epoch + 1, 0
        budget.caps = caps

    def drop_key(self, hashed: str) -> None:
        """Forget a key, and the budgets that count no other key."""
        for name in self.of_keys.pop(hashed, ()):
            if not any(name in others for others in self.of_keys.values()):
                self.known.pop(name, None)

    @property
    def facts(self) -> dict[str, tuple[str, int]]:
        """Return the caps and sum of each budget."""
        return {name: (words_of(one.caps), one.spent) for name, one in self.known.items()}


def words_of(caps: Caps) -> str:
    """Return caps as the verbs take them."""
    return " ".join("-" if cap is None else str(cap) for cap in caps)
