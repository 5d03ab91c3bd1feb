"""Findings of the ledger check: their codes, their texts, and the report."""

from msgspec import Struct, field

FINDINGS_MAX = 1000

FAULTS = {
    "no_account": "the account's record is missing or has no totals",
    "ledger_sum": "the sum of the ledger entries is not the balance",
    "topup_sum": "the sum of the top-up entries is not the account's total of top-ups",
    "spent_sum": "the sum of open reservations and settled costs is not the account's total spent",
    "dispute_sum": "the sum of the dispute entries is not the account's total of disputes",
    "negative_balance": "the balance is negative, by more than open or lost disputes took",
    "budget_sum": "the budget of a key or an account has counted less than its generations cost",
    "bad_line": "a ledger entry cannot be read",
    "two_reserves": "the generation has more than one reserve entry",
    "two_settles": "the generation has more than one settle entry",
    "settle_without_reserve": "the generation has a settle entry without a reserve entry before it",
    "refund_too_large": "the refund is negative or more than the reservation",
    "two_credits": "the generation has more than one credit entry",
    "credit_without_reserve": "the generation has a credit entry without a reserve entry before it",
    "credit_too_large": "the credit is not positive or is more than the cost",
    "wrong_credit": "the generation's credit differs from its credit entry",
    "no_reserve_line": "the generation has a reservation but no reserve entry",
    "wrong_reserve": "the generation's reservation differs from its reserve entry",
    "no_settle_line": "the generation has ended but has no settle entry",
    "wrong_refund": "the generation's cost is not its reservation minus its refund",
    "settled_but_open": "the generation has a settle entry but has not ended",
    "unreadable": "the record cannot be read",
    "lost": "the reservation is open but the generation does not exist",
    "wrong_account": "the generation is listed for another account than its own",
    "stale_open": "the sweeper's index has a generation that does not exist or has ended",
    "not_in_open": "the generation is open but is missing from the sweeper's index",
    "no_backlog_place": "the generation waits but is missing from the backlog",
    "no_job": "the generation is open but has no job on its queue",
    "not_active": "the generation is on the queue but holds no slot of its account",
    "stale_active": "the slot is held by a generation that is not open for this account and provider",
    "not_busy": "the generation is on the queue but does not count for its provider's concurrency",
    "stale_busy": "the provider's concurrency counts a generation that is not open there",
    "stale_backlog": "the backlog has a generation that does not wait for this account and provider",
    "lost_delivery": "the delivery is pending but has no job and is missing from the sweeper's index",
    "stale_delivery": "the sweeper's index has a delivery that does not exist or has ended",
    "stale_job": "the queue has a job whose generation or delivery does not wait for it",
}

RECORDS_FAULTS = {  # of the database
    "line_missing": "the database lacks ledger entries before this one",
    "line_changed": "the archived ledger entry does not have its hash: it or the one before it was changed",
    "head_differs": "the account's archived ledger entries or events do not end where the database says",
    "total_differs": "the sum of the account's archived ledger entries is not its balance",
    "amount_differs": "the archived generation's amounts differ from its ledger entries",
    "row_changed": "the archived row does not have its digest: it was changed",
    "row_missing": "the database lacks a row that another one names",
    "day_changed": "the signed day does not have its rows: some were changed, removed or added",
    "day_unsigned": "the day's root is not signed by a known key",
    "usage_sum": "the usage is not the sum of its generations",
    "archive_differs": "the store's ledger differs from the archived one",
}
MEANINGS = FAULTS | RECORDS_FAULTS


class Finding(Struct, frozen=True, kw_only=True):
    """An inconsistency in the store. `fault` is a code of MEANINGS."""

    at: str  # the account, or the key in the store, with the inconsistency
    id: str  # of the generation, delivery or account
    fault: str
    detail: str = ""

    @property
    def identity(self) -> tuple[str, str, str]:
        """Return the part that two passes have in common: the amounts in `detail` change."""
        return self.at, self.id, self.fault


class Report(Struct, kw_only=True):
    """The progress and the findings of a ledger check."""

    accounts_total: int = 0
    accounts: int = 0
    lines: int = 0
    generations: int = 0
    deliveries: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Return whether the check ended early, at FINDINGS_MAX findings."""
        return len(self.findings) >= FINDINGS_MAX
