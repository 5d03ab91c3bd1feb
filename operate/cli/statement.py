"""wokflow statement"""

import asyncio
import csv
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from operate.cli.command import Command, CommandContext, open_context, open_store
from operate.cli.show import fields, table
from shared.domain.money import dollars

if TYPE_CHECKING:
    from operate.statement import Statement

MOVEMENTS = ("topups", "charges", "refunds", "corrections")
FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("statement", cls=Command)
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("month")
@click.option("--pdf", type=FILE, help="Write the statement to this file as PDF.")
@click.option("--csv", "table_file", type=FILE, help="Write every line of the month to this file as CSV.")
def run_statement(account_id: str, month: str, pdf: Path | None, table_file: Path | None) -> None:
    """Show an account's statement of a month such as 2026-10: opening balance, movements, closing balance."""
    context = open_context()
    found = asyncio.run(_read(context, account_id, month, pdf, table_file))
    names = ("opening", *MOVEMENTS, "closing")
    sums = {name: dollars(getattr(found, f"{name}_micros")) for name in names}
    rows = [
        (one.day, *(dollars(getattr(one, f"{name}_micros")) for name in (*MOVEMENTS, "balance"))) for one in found.days
    ]
    context.show(
        found,
        fields({"account": found.account, "name": found.name, "month": found.month, "lines": found.lines} | sums),
        table(("day", *MOVEMENTS, "balance"), rows),
    )


async def _read(
    context: CommandContext, account: str, month: str, pdf: Path | None, table_file: Path | None
) -> "Statement":
    # The driver of the database takes longer to load than the rest of a command.
    from operate import statement  # noqa: PLC0415
    from shared.records.history import open_history  # noqa: PLC0415

    async with open_store(context.settings) as store, open_history(context.settings.records_url) as history:
        found = await statement.read_statement(store, history, account, month)
        if pdf:
            await asyncio.to_thread(pdf.write_bytes, statement.render_pdf(found, context.settings.base_url))
        if table_file:
            await write_csv(table_file, statement.COLUMNS, statement.scan_rows(history, found))
        return found


async def write_csv(path: Path, columns: Sequence[str], batches: AsyncIterator[list[tuple[object, ...]]]) -> None:
    """Write rows to a file as they are read."""
    with await asyncio.to_thread(path.open, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        async for batch in batches:
            await asyncio.to_thread(writer.writerows, batch)
