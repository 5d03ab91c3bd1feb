"""The ledger: an account's entries, and the check of every account."""

import asyncio
import time
from typing import Annotated

from msgspec import Struct

from operate.accounts import require_account
from operate.operator import Operator
from operate.times import moment
from shared.domain.described import doc, timestamp
from shared.store import check, ledger
from shared.store.findings import FAULTS, Finding, Report
from shared.store.stats import record_ledger_check

LINES_MAX = 100_000


class LineEntry(Struct, kw_only=True):
    """A ledger entry: one movement of an account's money."""

    at: Annotated[str | None, timestamp("The time.")]
    kind: Annotated[str, doc("The kind of entry.")]
    amount_micros: Annotated[int, doc("The amount in micro-dollars.")]
    reference: Annotated[str, doc("The reference: of a payment, or a generation's id.")]


class FindingEntry(Struct, kw_only=True):
    """A fault that a check found: the account or key, its subject, and the meaning of the fault."""

    at: Annotated[str, doc("The account, or the key in the store, with the fault.")]
    id: Annotated[str, doc("The subject of the fault.")]
    fault: Annotated[str, doc("The kind of fault, for programs.")]
    means: Annotated[str, doc("The same for people.")]
    detail: Annotated[str | None, doc("More about it, in plain words.")]


class Checked(Struct, kw_only=True):
    """The result of a check. It is not `complete` if it ended early, at its bound of findings or of time."""

    accounts: Annotated[int, doc("How many accounts were checked.")]
    lines: Annotated[int, doc("How many ledger entries were checked.")]
    generations: Annotated[int, doc("How many generations were checked.")]
    deliveries: Annotated[int, doc("How many deliveries were checked.")]
    findings: Annotated[tuple[FindingEntry, ...], doc("The faults that were found.")]
    complete: Annotated[bool, doc("Whether everything was checked.")]


async def list_entries(operator: Operator, account_id: str, count: int) -> list[LineEntry]:
    """Return an account's newest `count` ledger entries, newest first. Raises Refused."""
    await require_account(operator, account_id)
    found = (await ledger.list_entries(operator.store, account_id, -count))[::-1]
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
