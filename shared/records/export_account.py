"""Everything that the database has about an account, row by row, as plain values."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.generation import Outcome, Output, read
from shared.domain.receipt import GENERATIONS
from shared.records import schema
from shared.records.rows import Row, delivery_fields, generation_fields, named_fields
from shared.records.seal import SEAL_COLUMNS

PAGE = 1000
TABLES = ("accounts", "keys", "account_events", "uploads", "ledger_lines", GENERATIONS, "deliveries", "usage")
OURS = {  # columns that are about the operator's business, or secret
    *SEAL_COLUMNS,
    *("record", "hash", "target", "provider_cost", "expected_cost", "sealed_sequence", "checked_sequence"),
}


async def read_table(connection: AsyncConnection, name: str, account: str) -> AsyncIterator[dict[str, Any]]:
    """Yield an account's rows of a table."""
    table = schema.tables.tables[name]
    owner = table.c.id if name == "accounts" else table.c.account
    wanted = select(table).where(owner == account).order_by(*table.primary_key)
    async with connection.stream(wanted.execution_options(yield_per=PAGE)) as result:
        async for row in result.mappings():
            yield show_row(name, dict(row))


def show_row(name: str, row: Row) -> dict[str, Any]:
    """Return a row as its account may see it, with the contents of its record."""
    shown = {column: value for column, value in row.items() if column not in OURS}
    if row.get("record") is None:
        return shown
    if name == GENERATIONS:
        return shown | _show_generation(row["id"], generation_fields(row["prompt"], row["metadata"], row["record"]))
    fields = named_fields(delivery_fields(row["record"]))
    return shown | {"log": fields.get("log", b"").decode(errors="replace")}


def _show_generation(name: str, fields: Sequence[bytes]) -> dict[str, Any]:
    found = read(name, fields)
    outcome = found.outcome or Outcome()
    details = {"input": found.spec.input, "text": outcome.text, "error": outcome.error, "facts": outcome.facts}
    late = [_show_output(output) for output in found.late.outputs] if found.late else []
    return details | {"files": [_show_output(output) for output in outcome.outputs], "late_files": late}


def _show_output(output: Output) -> dict[str, Any]:
    return dict(zip(Output.__struct_fields__, msgspec.structs.astuple(output), strict=True))
