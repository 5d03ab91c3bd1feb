"""The ledger: an account's entries, and the check of every account."""

import asyncio
import time

from msgspec import Struct

from operate.accounts import require_account
from operate.operator import Operator
from operate.times import moment
from shared.store import check, ledger
from shared.store.findings import FAULTS, Finding, Report
from shared.store.stats import record_ledger_check

LINES_MAX = 100_000


class LineEntry(Struct, kw_only=True):
    """A ledger entry: one movement of an account's money."""

    at: str | None
    kind: str
    amount_micros: int
    reference: str


class FindingEntry(Struct, kw_only=True):
    """A fault that a check found: the account or key, its subject, and the meaning of the fault."""

    at: str
    id: str
    fault: str
    means: str
    detail: str | None


class Checked(Struct, kw_only=True):
    """The result of a check. It is not `complete` if it ended early, at its bound of findings or of time."""

    accounts: int
    lines: int
    generations: int
    deliveries: int
    findings: tuple[FindingEntry, ...]
    complete: bool


async def list_entries(operator: Operator, account_id: str, count: int) -> list[LineEntry]:
    """Return an account's newest `count` ledger entries, newest first. Raises Refused."""
    await require_account(operator, account_id)
    found = (await ledger.lines(operator.store, account_id, -count))[::-1]
    return [
        LineEntry(at=moment(one.at_ms), kind=one.kind, amount_micros=one.amount_micros, reference=one.reference)
        for one in found
    ]


async def check_ledger(operator: Operator, report: Report, *, limit_s: float | None = None) -> Checked:
    """Check every account on the live system, filling `report`, for at most `limit_s`. Raises StoreDown."""
    began_s, ended = time.monotonic(), True
    try:
        async with asyncio.timeout(limit_s):
            await check.check_ledger(operator.store, report)
        await record_ledger_check(operator.store, report, round((time.monotonic() - began_s) * 1000))
    except TimeoutError:
        ended = False
    return Checked(
        accounts=report.accounts,
        lines=report.lines,
        generations=report.generations,
        deliveries=report.deliveries,
        findings=tuple(_entry(finding) for finding in report.findings),
        complete=ended and not report.full,
    )


def _entry(found: Finding) -> FindingEntry:
    means, detail = FAULTS[found.fault], found.detail or None
    return FindingEntry(at=found.at, id=found.id, fault=found.fault, means=means, detail=detail)
