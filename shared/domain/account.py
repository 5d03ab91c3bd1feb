"""An account: who pays."""

from msgspec import Struct

LOW_MICROS_DEFAULT = 500_000  # a new account is told when its balance falls below half a dollar


class Account(Struct, frozen=True, kw_only=True):
    """Totals in micro-USD; a reservation counts as spent from the moment of the accept."""

    id: str
    name: str
    plan: str
    created_ms: int
    topup: int
    spent: int
    low: int = 0  # an order that takes the balance below this is told to the account's webhooks; 0: never

    @property
    def balance(self) -> int:
        """What can still be spent, micro-USD."""
        return self.topup - self.spent


class Key(Struct, frozen=True, kw_only=True):
    """An active API key, as far as it may be shown."""

    id: str
    kind: str
    created_ms: int
    hint: str
