"""wokflow ledger"""

import asyncio

import click
from rich.console import Console
from rich.progress import Progress

from operate import books
from operate.books import LINES_MAX
from operate.cli.command import Desk, Group
from operate.cli.operate import with_operator
from operate.cli.show import dollars, table
from operate.operator import Operator
from shared.store.findings import Report

REFRESH_S = 0.1


@click.group(cls=Group)
def ledger() -> None:
    """The books."""


@ledger.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.option("--limit", type=click.IntRange(1, LINES_MAX), default=50, show_default=True, help="The newest so many.")
@with_operator
async def show(desk: Desk, operator: Operator, account_id: str, limit: int) -> None:
    """Show an account's ledger lines, newest first."""
    found = await books.lines(operator, account_id, limit)
    rows = [(line.at, line.kind, dollars(line.amount_micros), line.reference) for line in found]
    desk.show({"lines": found}, table(("time", "kind", "amount", "reference"), rows) if rows else "It has no line yet.")


@ledger.command()
@with_operator
async def check(desk: Desk, operator: Operator) -> None:
    """Check every account's money and that nothing open is forgotten, also while everything runs.

    Exit status 1 if anything is wrong.
    """
    report = Report()
    checking = asyncio.create_task(books.check_all(operator, report))
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=desk.json or not console.is_terminal) as progress:
        bar = progress.add_task("accounts", total=None)
        while not checking.done():
            progress.update(bar, total=report.accounts_total or None, completed=report.accounts)
            await asyncio.wait([checking], timeout=REFRESH_S)
    done = await checking
    counts = {name: getattr(done, name) for name in ("accounts", "lines", "generations", "deliveries")}
    said = ", ".join(f"{name} {number:,}" for name, number in counts.items())
    faults = [(one.id, one.fault, one.means, one.detail, one.at) for one in done.findings]
    desk.show(
        done,
        f"Checked: {said}.",
        f"Found {len(faults)}{'' if done.complete else ' and stopped'}:" if faults else "Everything adds up.",
        *([table(("id", "fault", "meaning", "detail", "where"), faults)] if faults else []),
    )
    if faults:
        click.get_current_context().exit(1)
