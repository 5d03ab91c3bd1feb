"""Write one batch of ended records inside the only writing transaction. To write it again changes nothing."""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from msgspec import Struct, field
from sqlalchemy import JSON, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.records import schema
from shared.records.chain import Head, LedgerLine, chain
from shared.records.rows import USAGE_AMOUNTS, USAGE_FROM, USAGE_PLACE, Row, usage_of
from shared.records.seal import seal_rows

IDS_MAX = 500  # of one look-up
KEPT = {"revoked_ms"}  # columns that stay when a later write does not name a value


class Position(Struct, frozen=True):
    """How much of an account is in the database: the end of its ledger, and its last event."""

    head: Head = Head()
    events: int = 0


class AccountBatch(Struct, kw_only=True):
    """An account as the store has it, with its new ledger lines and events."""

    row: Row  # id, name, plan, created_ms, topup, spent, low
    lines: Sequence[LedgerLine] = ()  # from the database's position on, or earlier
    events: Sequence[Row] = ()


class Batch(Struct, kw_only=True):
    """Rows to write together."""

    generations: Sequence[Row] = ()
    deliveries: Sequence[Row] = ()
    accounts: Sequence[AccountBatch] = ()
    keys: Sequence[Row] = ()
    uploads: Sequence[Row] = ()
    audit: Sequence[Row] = ()


class Written(Struct):
    """The number of rows that were new, by table, and how far each account's ledger is in the database."""

    rows: dict[str, int] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)

    def add(self, table: Table, count: int) -> None:
        """Count new rows."""
        self.rows[table.name] = self.rows.get(table.name, 0) + count


async def read_positions(connection: AsyncConnection, accounts: Collection[str]) -> dict[str, Position]:
    """Return the position of each account that the database has."""
    columns = schema.accounts.c
    wanted = select(columns.id, columns.ledger_sequence, columns.ledger_balance, columns.ledger_hash, columns.events)
    found = await select_in(connection, wanted, columns.id, sorted(accounts))
    return {row[0]: Position(Head(row[1], row[2], row[3]), row[4]) for row in found}


async def write_batch(connection: AsyncConnection, batch: Batch) -> Written:
    """Write all rows of a batch. Raises ValueError if an account's lines do not continue those in the database."""
    written = Written()
    await _write_accounts(connection, batch.accounts, written)
    await _write_generations(connection, batch.generations, written)
    for table, rows in (
        (schema.deliveries, batch.deliveries),
        (schema.keys, sorted(batch.keys, key=lambda row: row["revoked_ms"] or 0)),
        (schema.uploads, batch.uploads),
        (schema.audit, batch.audit),
    ):
        await upsert(connection, table, _newest(rows))
        written.add(table, len(rows))
    return written


async def _write_accounts(connection: AsyncConnection, accounts: Sequence[AccountBatch], written: Written) -> None:
    positions = await read_positions(connection, [one.row["id"] for one in accounts])
    rows, lines, events = list[Row](), list[LedgerLine](), list[Row]()
    for one in accounts:
        was = positions.get(one.row["id"], Position())
        head, new = chain(was.head, one.lines)
        lines += new
        events += [event for event in one.events if event["number"] > was.events]
        last = max([was.events, *(event["number"] for event in one.events)])
        ledger = {"ledger_sequence": head.sequence, "ledger_balance": head.balance, "ledger_hash": head.hash}
        rows.append({**one.row, **ledger, "events": last})
        written.sequences[one.row["id"]] = head.sequence
    await upsert(connection, schema.accounts, rows)
    for table, new_rows in (
        (schema.ledger_lines, [_line_row(line) for line in lines]),
        (schema.account_events, events),
    ):
        if new_rows:
            await execute_many(connection, table.insert(), await seal_rows(connection, table, new_rows))
        written.add(table, len(new_rows))


def _line_row(line: LedgerLine) -> Row:
    return {name: getattr(line, name) for name in LedgerLine.__struct_fields__}


async def _write_generations(connection: AsyncConnection, rows: Sequence[Row], written: Written) -> None:
    """Write generations, and add to the usage only what each of them changes."""
    rows = _newest(rows)
    columns = [schema.generations.c[name] for name in USAGE_FROM]
    found = await select_in(connection, select(*columns), schema.generations.c.id, [row["id"] for row in rows])
    known = {row[0]: dict(zip(USAGE_FROM, row, strict=True)) for row in found}
    sums: dict[tuple[Any, ...], list[float]] = {}
    for row in rows:
        _add(sums, row, 1)
        if row["id"] in known:
            _add(sums, known[row["id"]], -1)
    await upsert(connection, schema.generations, rows)
    changed = [(place, amounts) for place, amounts in sorted(sums.items()) if any(amounts)]
    usage = [dict(zip(USAGE_PLACE + USAGE_AMOUNTS, (*place, *amounts), strict=True)) for place, amounts in changed]
    await _add_usage(connection, usage)
    written.add(schema.generations, len(rows) - len(known))


def _add(sums: dict[tuple[Any, ...], list[float]], row: Row, sign: int) -> None:
    place, amounts = usage_of(row)
    total = sums.setdefault(place, [0] * len(amounts))
    for at, amount in enumerate(amounts):
        total[at] += sign * amount


async def _add_usage(connection: AsyncConnection, rows: Sequence[Row]) -> None:
    if not rows:
        return
    insert = _insert(connection, schema.usage)
    added = {name: schema.usage.c[name] + insert.excluded[name] for name in USAGE_AMOUNTS}
    await execute_many(connection, insert.on_conflict_do_update(index_elements=list(USAGE_PLACE), set_=added), rows)


async def upsert(connection: AsyncConnection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows, or replace the columns that they name in the rows of the same key."""
    rows = await seal_rows(connection, table, rows)
    if not rows:
        return
    insert = _insert(connection, table)
    names = [column.name for column in table.primary_key]
    changed = {name: insert.excluded[name] for name in rows[0] if name not in names}
    for name in KEPT & changed.keys():
        changed[name] = func.coalesce(changed[name], table.c[name])
    await execute_many(connection, insert.on_conflict_do_update(index_elements=names, set_=changed), rows)


async def execute_many(connection: AsyncConnection, insert: Any, rows: Sequence[Row]) -> None:
    """Insert rows that name the same columns, without SQLAlchemy's conversion of each value of each row."""
    compiled = insert.compile(dialect=connection.dialect, column_keys=list(rows[0]))
    columns = [insert.table.c[name] for name in compiled.positiontup or rows[0]]
    values = [_values_of(column, rows) for column in columns]
    await connection.exec_driver_sql(str(compiled), list(zip(*values, strict=True)))


def _values_of(column: Any, rows: Sequence[Row]) -> list[Any]:
    values = [row[column.name] for row in rows]
    if isinstance(column.type, JSON):
        return [None if value is None else json.dumps(value) for value in values]
    return values


def _insert(connection: AsyncConnection, table: Table) -> Any:
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def _newest(rows: Iterable[Row]) -> list[Row]:
    """Return the last row of each id, by id: the order in which transactions lock them."""
    return [row for _, row in sorted({row["id"]: row for row in rows}.items())]


async def select_in(connection: AsyncConnection, statement: Any, column: Any, ids: Sequence[str]) -> list[Any]:
    """Return the rows of a statement whose column has one of the ids."""
    found: list[Any] = []
    for first in range(0, len(ids), IDS_MAX):
        found += (await connection.execute(statement.where(column.in_(ids[first : first + IDS_MAX])))).all()
    return found
