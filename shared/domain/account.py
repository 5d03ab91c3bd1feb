"""Accounts and their API keys."""

from msgspec import Struct

from shared.domain.key_limits import NO_CAPS, NO_LIMITS, KeyLimits, SpendCaps, Spent

ACTIVE = "active"
LOW_MICROS_DEFAULT = 500_000  # low-balance alert of a new account: half a dollar


class Account(Struct, frozen=True, kw_only=True):
    """A paying account. Totals are micro-USD; a reservation counts as spent from the moment of the accept."""

    id: str
    name: str
    plan: str
    created_ms: int
    topup: int
    spent: int
    low: int = 0  # an order that takes the balance below this sends a `balance.low` event; 0: never
    caps: SpendCaps = NO_CAPS
    state: str = ACTIVE  # or suspended, or closed

    @property
    def balance(self) -> int:
        """Return the amount that can still be spent, micro-USD."""
        return self.topup - self.spent


class Key(Struct, frozen=True, kw_only=True):
    """An active API key without its secret."""

    id: str
    kind: str
    created_ms: int
    hint: str
    hash: str = ""
    name: str = ""
    limits: KeyLimits = NO_LIMITS
    caps: SpendCaps = NO_CAPS  # of its own budget
    spent: Spent = Spent()
    used_ms: int | None = None  # about when it was last used; None: never


class KeyHolder(Struct, frozen=True):
    """The account of an API key, and the limits of one that has some."""

    account: str
    limits: KeyLimits = NO_LIMITS
