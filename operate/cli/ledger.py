"""wokflow ledger"""

import asyncio

import click
from rich.progress import Progress

from operate import ledger as books
from operate.cli import terminal
from operate.cli.command import CommandContext, Group, limit_option
from operate.cli.operator import with_operator
from operate.cli.show import table
from operate.ledger import LINES_MAX
from operate.operator import Operator
from shared.domain.money import dollars
from shared.store.findings import Report

REFRESH_S = 0.1
SCOPES = {
    "all": "everything",
    "changed": "changes since the last check",
    "store": "the store alone, because the database cannot be read",
}


ledger = Group("ledger", help="Show and check the ledger.")


@ledger.command()
@click.argument("account_id", metavar="ACCOUNT")
@limit_option(LINES_MAX, "entries")
@with_operator
async def show(context: CommandContext, operator: Operator, account_id: str, limit: int) -> None:
    """Show an account's ledger entries, newest first."""
    found = await books.list_entries(operator, account_id, limit)
    rows = [(line.at, line.kind, dollars(line.amount_micros), line.reference) for line in found]
    context.show(
        {"lines": found},
        table(("time", "kind", "amount", "reference"), rows) if rows else "This account has no ledger entries yet.",
    )


@ledger.command()
@click.option("--full", is_flag=True, help="Check everything, also every archived row in the database.")
@with_operator
async def check(context: CommandContext, operator: Operator, full: bool) -> None:
    """Check accounts, generations and deliveries, on the live system.

    With a database this takes open generations, and the accounts that moved money since the last check.

    Exit status 1 if the check finds a fault.
    """
    report, url = Report(), context.settings.records_url
    checking = asyncio.create_task(books.check_ledger(operator, report, url=url, full=full))
    console = terminal.open_console(stderr=True)
    with Progress(console=console, transient=True, disable=context.json or not console.is_terminal) as progress:
        bar = progress.add_task("accounts", total=None)
        while not checking.done():
            progress.update(bar, total=report.accounts_total or None, completed=report.accounts)
            await asyncio.wait([checking], timeout=REFRESH_S)
    done = await checking
    counts = {name: getattr(done, name) for name in ("accounts", "lines", "generations", "deliveries")}
    totals = ", ".join(f"{name} {number:,}" for name, number in counts.items())
    faults = [(one.id, one.fault, one.means, one.detail, one.at) for one in done.findings]
    context.show(
        done,
        f"Checked {SCOPES[done.scope]}: {totals}.",
        f"Found {len(faults)} faults{'' if done.complete else ' and stopped'}:" if faults else "The ledger balances.",
        *([table(("id", "fault", "meaning", "detail", "found at"), faults)] if faults else []),
    )
    if faults:
        click.get_current_context().exit(1)
