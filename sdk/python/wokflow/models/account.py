"""The JSON of the API: account. Generated from the OpenAPI document by sdk/scripts/python_models.py."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class SpendCaps:
    """The most that may be taken from the balance in a day, in a month (UTC) and in total. Null: no cap."""

    day_cents: int | None = None
    """In a day, in cents."""

    month_cents: int | None = None
    """In a calendar month, in cents."""

    total_cents: int | None = None
    """In total, in cents."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account, and its low-balance alert."""

    id: str
    """The account's id."""

    name: str
    """The owner's name."""

    plan: str
    """The plan: how much the account can run at once, and in a day."""

    state: Literal["active", "suspended", "closed"]
    """`suspended`: orders are refused."""

    created_at: datetime
    """When it was created. RFC 3339, UTC, milliseconds."""

    low_balance_cents: int
    """The low-balance threshold. 0: no alert."""

    spend_caps: SpendCaps | None = None
    """The caps of all its orders together. Null: none."""


@dataclass(frozen=True, kw_only=True)
class Balance:
    """GET /api/v1/balance: balance_cents = total_topup_cents - total_spent_cents, always."""

    balance_cents: int
    """The balance you can spend, always `total_topup_cents - total_spent_cents`. It is negative after a dispute of a
    payment whose money was spent: orders are refused then."""

    balance_usd: float
    """`balance_cents` in dollars, for display."""

    total_topup_cents: int
    """All top-ups, less what refunds and disputes of payments took back."""

    total_spent_cents: int
    """All charges minus all refunds, rounded up. A generation counts as soon as it is accepted."""

    balance_micros: int
    """The exact balance, in millionths of a dollar."""

    total_topup_micros: int
    """The exact sum of all top-ups."""

    total_spent_micros: int
    """The exact sum of all charges minus all refunds."""

    currency: Literal["USD"]
    """Always USD."""


@dataclass(frozen=True, kw_only=True)
class Transaction:
    """One movement of money; the amount is signed. `type` is topup, spend, refund or correction."""

    sequence: int
    """Its number in the account's ledger: the cursor for `before` and `after`."""

    type: Literal["topup", "spend", "refund", "correction"]
    """The type of transaction. A correction is a dispute of a payment, the end of a closed account's balance, or stands
    for lines that a restore from a backup lost or took back."""

    amount_cents: int
    """The signed amount, negative for a charge; a charge or refund is rounded up to a cent."""

    amount_usd: float
    """`amount_cents` in dollars, for display."""

    amount_micros: int
    """The exact signed amount, in millionths of a dollar."""

    created_at: datetime
    """When it was booked. RFC 3339, UTC, milliseconds."""

    generation_id: str | None
    """The generation of a charge or refund."""

    reference: str | None
    """The reference of a top-up or dispute, or the lines that a correction is about, such as 5-8."""


@dataclass(frozen=True, kw_only=True)
class UsageTotal:
    """The sum of all generations that ended in a period."""

    count: int
    """The number of generations that ended."""

    failed: int
    """The number of them that failed."""

    charged_micros: int
    """The amount charged when they were accepted, in millionths of a dollar."""

    refunded_micros: int
    """The amount refunded or credited since, in millionths of a dollar."""

    net_micros: int
    """The amount that they cost: charged minus refunded, in millionths of a dollar."""

    seconds: float
    """The length of their outputs in seconds, where known."""

    tokens: int
    """The number of tokens that their providers reported."""


@dataclass(frozen=True, kw_only=True)
class UsageEntry:
    """The sum of the generations of one day, model, kind, provider or key."""

    count: int
    """The number of generations that ended."""

    failed: int
    """The number of them that failed."""

    charged_micros: int
    """The amount charged when they were accepted, in millionths of a dollar."""

    refunded_micros: int
    """The amount refunded or credited since, in millionths of a dollar."""

    net_micros: int
    """The amount that they cost: charged minus refunded, in millionths of a dollar."""

    seconds: float
    """The length of their outputs in seconds, where known."""

    tokens: int
    """The number of tokens that their providers reported."""

    group: str
    """The value that they have in common: a UTC day such as `2026-10-01`, or the id of a model, kind, provider or key.
    Empty for generations without a key, and of a key that is not known any more."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """GET /api/v1/usage: the usage of an account. A generation counts on the day when it ended."""

    by: str
    """The grouping."""

    from_day: str
    """The first day, in UTC."""

    to_day: str
    """The day behind the last one, in UTC."""

    data: tuple[UsageEntry, ...]
    """The sums, in the order of their groups."""

    total: UsageTotal
    """The sum of all of them."""
