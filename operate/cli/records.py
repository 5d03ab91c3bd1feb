"""wokflow records"""

import asyncio
from pathlib import Path

import click

from operate.cli.command import CommandContext, Failure, Group, limit_option, open_context
from operate.cli.operator import with_operator
from operate.cli.show import table
from operate.operator import Operator
from operate.restored_records import MissingLine, find_missing, sweep_again
from shared.domain.money import dollars
from shared.records.backup import RecordsBackupError, back_up_records
from shared.records.errors import RecordsDown, RecordsUnfit
from shared.records.opening import open_records

MISSING_MAX = 1000

records = Group("records", help="Back up the database of the records, and find what a restore has lost.")


@records.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
def run_backup(file: Path) -> None:
    """Copy the SQLite database to FILE on the live system, and check the copy."""
    context = open_context()
    try:
        done = asyncio.run(back_up_records(context.settings.records_url, file.resolve()))
    except RecordsBackupError as error:
        raise Failure("no_backup", str(error)) from None
    context.show(done, f"Wrote {done.size_bytes:,} bytes to {done.file}.")


@records.command("missing")
@limit_option(MISSING_MAX, "entries of each kind")
@with_operator
async def run_missing(context: CommandContext, operator: Operator, limit: int) -> None:
    """List what the store, the database or both have lost in a restore."""
    if not context.settings.records_url:
        raise Failure("no_database", "This deployment has no database: DATABASE_URL is off.")
    async with open_records(context.settings.records_url) as database:
        try:
            found = await find_missing(operator, database, limit)
        except RecordsDown as error:
            raise Failure("database_down", f"Cannot read the database ({error}): check DATABASE_URL.") from None
        except RecordsUnfit as error:
            raise Failure("database_unfit", str(error)) from None
    generations = [(one.id, one.account) for one in found.generations]
    parts = (
        ("Ledger lines in place of lost ones", LINE_COLUMNS, [_row(one) for one in found.lines]),
        ("Top-ups to book again", LINE_COLUMNS, [_row(one) for one in found.top_ups]),
        ("Generations that only the ledger knows", ("id", "account"), generations),
        ("Accounts that the store has lost", ("account",), [(name,) for name in found.accounts]),
    )
    shown = [part for title, columns, rows in parts if rows for part in (f"{title}:", table(columns, rows))]
    context.show(found, *(shown or ["Nothing is missing."]))


@records.command("sweep")
@with_operator
async def run_sweep(context: CommandContext, operator: Operator) -> None:
    """Let the archivers compare all of the store with the database again, after a restore of either."""
    await sweep_again(operator)
    context.show({"requested": True}, "Requested. An archiver sweeps the store as soon as it has nothing else to do.")


LINE_COLUMNS = ("time", "account", "kind", "amount", "lines or reference")


def _row(line: MissingLine) -> tuple[str, str, str, str, str]:
    return line.at or "", line.account, line.kind, dollars(line.amount_micros), line.reference
