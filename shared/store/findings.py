"""What a check of the books can find, in words and as a report."""

from msgspec import Struct, field

FINDINGS_MAX = 1000

FAULTS = {
    "no_account": "the account's record is missing or has no totals",
    "ledger_sum": "the ledger's lines do not add up to the balance",
    "topup_sum": "the top-up lines do not add up to what was topped up",
    "spent_sum": "open reservations and settled costs do not add up to what was spent",
    "negative_balance": "the balance is below zero",
    "bad_line": "the ledger has a line that cannot be read",
    "two_reserves": "more than one reserve line",
    "two_settles": "more than one settle line",
    "settle_without_reserve": "a settle line without a reserve line before it",
    "refund_too_large": "the refund is not between nothing and the reservation",
    "two_credits": "more than one credit line",
    "credit_without_reserve": "a credit line without a reserve line before it",
    "credit_too_large": "the credit is not more than nothing and at most what it cost",
    "wrong_credit": "its credit is not what the credit line says",
    "no_reserve_line": "it has a reservation and no reserve line",
    "wrong_reserve": "its reservation is not what the reserve line says",
    "no_settle_line": "it has ended and has no settle line",
    "wrong_refund": "its cost is not the reservation less the refund",
    "settled_but_open": "it has a settle line and has not ended",
    "lost": "its reservation is open and it does not exist",
    "wrong_account": "it is listed for an account that is not its own",
    "not_in_open": "it is open and the sweeper does not know it",
    "no_backlog_place": "it waits and has no place in the backlog",
    "no_job": "it is open and has no job on its queue",
    "not_active": "it is on the queue and holds no slot of its account",
    "stale_active": "it holds a slot and is not an open generation of this account and provider",
    "not_busy": "it is on the queue and takes no place of its provider",
    "stale_busy": "it takes a place of a provider and is not an open generation of it",
    "stale_backlog": "it has a place and is not a waiting generation of this account and provider",
    "lost_delivery": "it is pending, has no job, and the sweeper does not know it",
}


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that is wrong. `fault` is a word of FAULTS."""

    at: str  # the account, or the key, where it was found
    id: str  # the generation, delivery or account it is about
    fault: str
    detail: str = ""

    @property
    def same(self) -> tuple[str, str, str]:
        """What two looks at one thing have in common: the amounts in `detail` move."""
        return self.at, self.id, self.fault


class Report(Struct, kw_only=True):
    """What was looked at so far, and what is wrong."""

    accounts_total: int = 0
    accounts: int = 0
    lines: int = 0
    generations: int = 0
    deliveries: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether there are FINDINGS_MAX findings: the check ended early and there may be more."""
        return len(self.findings) >= FINDINGS_MAX
