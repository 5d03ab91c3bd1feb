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
from shared.store.findings import MEANINGS, Finding, Report
from shared.store.stats import record_full_check, record_ledger_check

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
    scope: Annotated[
        str,
        doc(
            "The part that was checked: `all`; with a database, accounts that `changed` since the last check; or the "
            "`store` alone, because the database could not be read.",
            enum=["all", "changed", "store"],
        ),
    ]
    complete: Annotated[bool, doc("Whether all of that was checked.")]


async def list_entries(operator: Operator, account_id: str, count: int) -> list[LineEntry]:
    """Return an account's newest `count` ledger entries, newest first. Raises Refused."""
    await require_account(operator, account_id)
    found = (await ledger.list_entries(operator.store, account_id, -count))[::-1]
    return [
        LineEntry(at=moment(one.at_ms), kind=one.kind, amount_micros=one.amount_micros, reference=one.reference)
        for one in found
    ]


async def check_ledger(
    operator: Operator, report: Report, *, limit_s: float | None = None, url: str = "", full: bool = False
) -> Checked:
    """Check the live system, filling `report`, for at most `limit_s`. Raises StoreDown.

    `url` is that of the database. With one, only changed accounts are checked, unless the check is `full`.
    """
    began_s, ended, scope = time.monotonic(), True, "all"
    try:
        async with asyncio.timeout(limit_s):
            scope = await _check_books(operator, report, url, full=full) if url else scope
            if not url or scope == "store":
                await check.check_ledger(operator.store, report)
        await record_ledger_check(operator.store, report, round((time.monotonic() - began_s) * 1000))
        if scope == "all":
            await record_full_check(operator.store, 0)  # its findings are those of this check
    except TimeoutError:
        ended = False
    return Checked(
        scope=scope,
        accounts=report.accounts,
        lines=report.lines,
        generations=report.generations,
        deliveries=report.deliveries,
        findings=tuple(_entry(finding) for finding in report.findings),
        complete=ended and not report.full,
    )


async def _check_books(operator: Operator, report: Report, url: str, *, full: bool) -> str:
    """Check the store and the database. Return the scope of the check: `store` if the database cannot be read."""
    from shared.records.books import FullCheck, advance, check_changed  # noqa: PLC0415  # SQLAlchemy, for this alone
    from shared.records.errors import RecordsDown, RecordsUnfit  # noqa: PLC0415
    from shared.records.opening import open_existing  # noqa: PLC0415

    try:
        async with open_existing(url) as records:
            if not full:
                await check_changed(operator.store, records, report)
                return "changed"
            state = FullCheck(report=report)
            while not state.ended_ms:
                await advance(operator.store, records, state)
            return "all"
    except (RecordsDown, RecordsUnfit):
        return "store"


def _entry(found: Finding) -> FindingEntry:
    means, detail = MEANINGS[found.fault], found.detail or None
    return FindingEntry(at=found.at, id=found.id, fault=found.fault, means=means, detail=detail)
