"""wokflow ledger"""

import asyncio
import time

import click
from rich.console import Console
from rich.progress import Progress

from shared.cli.account import existing
from shared.cli.command import Desk, Group, with_store
from shared.cli.show import dollars, moment, table
from shared.store import ledger as books
from shared.store.check import check as check_books
from shared.store.connect import Store
from shared.store.findings import FAULTS, Report
from shared.store.survey import keep_check

LINES_MAX = 100_000
REFRESH_S = 0.1


@click.group(cls=Group)
def ledger() -> None:
    """The books."""


@ledger.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.option("--limit", type=click.IntRange(1, LINES_MAX), default=50, show_default=True, help="The newest so many.")
@with_store
async def show(desk: Desk, store: Store, account_id: str, limit: int) -> None:
    """Show an account's ledger lines, newest first."""
    await existing(store, account_id)
    found = (await books.lines(store, account_id, -limit))[::-1]
    rows = [(moment(line.at_ms), line.kind, dollars(line.amount_micros), line.reference) for line in found]
    facts = [
        {"at": at, "kind": kind, "amount_micros": line.amount_micros, "reference": reference}
        for (at, kind, _, reference), line in zip(rows, found, strict=True)
    ]
    desk.show({"lines": facts}, table(("time", "kind", "amount", "reference"), rows) if rows else "It has no line yet.")


@ledger.command()
@with_store
async def check(desk: Desk, store: Store) -> None:
    """Check every account's money and that nothing open is forgotten, also while everything runs.

    Exit status 1 if anything is wrong.
    """
    report, began_s = Report(), time.monotonic()
    checking = asyncio.create_task(check_books(store, report))
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=desk.json or not console.is_terminal) as progress:
        bar = progress.add_task("accounts", total=None)
        while not checking.done():
            progress.update(bar, total=report.accounts_total or None, completed=report.accounts)
            await asyncio.wait([checking], timeout=REFRESH_S)
    await checking
    await keep_check(store, report, round((time.monotonic() - began_s) * 1000))
    counts = {name: getattr(report, name) for name in ("accounts", "lines", "generations", "deliveries")}
    findings = [
        {
            "at": finding.at,
            "id": finding.id,
            "fault": finding.fault,
            "means": FAULTS[finding.fault],
            "detail": finding.detail or None,
        }
        for finding in report.findings
    ]
    said = ", ".join(f"{name} {number:,}" for name, number in counts.items())
    faults = [(entry["id"], entry["fault"], entry["means"], entry["detail"], entry["at"]) for entry in findings]
    desk.show(
        counts | {"findings": findings, "complete": not report.full},
        f"Checked: {said}.",
        f"Found {len(faults)}{' and stopped' if report.full else ''}:" if faults else "Everything adds up.",
        *([table(("id", "fault", "meaning", "detail", "where"), faults)] if faults else []),
    )
    if findings:
        click.get_current_context().exit(1)
