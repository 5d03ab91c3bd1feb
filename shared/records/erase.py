"""Erase texts from the database: an account's, and those that are past their retention. Amounts and digests stay."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.generation import Outcome, read
from shared.domain.receipt import GENERATIONS
from shared.records import schema
from shared.records.connect import Records
from shared.records.rows import Row, generation_fields
from shared.records.seal import HALF, SEALS, erase_columns
from shared.records.write import select_in, upsert

BATCH = 500
DETAIL: Final = ("detail",)  # of an operator's action
ACTION = "account erase"  # its details are the protocol
BACK_MS = 86_400_000  # a record may have been archived so long after its end


class Erasable(Struct, frozen=True):
    """Rows of a table that hold texts, and paths of their files."""

    table: str
    rows: Sequence[Row]
    paths: Sequence[str]


async def list_owned(records: Records, account: str) -> AsyncIterator[Erasable]:
    """Yield an account's rows that hold texts. Each has to be erased before the next is read."""
    for name in SEALS:
        table = schema.tables.tables[name]
        if "account" not in table.c:
            continue
        wanted = select(table).where(table.c.account == account, func.length(table.c.salt) > HALF).limit(BATCH)
        while True:
            async with records.read() as connection:
                rows = [dict(row) for row in (await connection.execute(wanted)).mappings()]
            if not rows:
                break
            yield Erasable(name, rows, [path for row in rows for path in _paths_of(name, row)])


async def list_known(connection: AsyncConnection, names: Sequence[str]) -> set[str]:
    """Return those generations and deliveries that the database has."""
    known = set[str]()
    for table in (schema.generations, schema.deliveries):
        found = await select_in(connection, select(table.c.id), table.c.id, names)
        known |= {row.id for row in found}
    return known


def _paths_of(name: str, row: Row) -> list[str]:
    """Return the files of a row in our storage."""
    if name == "uploads":
        return [row["path"]] if row["path"] else []
    if name != GENERATIONS or row["record"] is None:
        return []
    found = read(row["id"], generation_fields(row["prompt"], row["metadata"], row["record"]))
    return [path for outcome in (found.outcome, found.late) for path in stored_paths(outcome)]


def stored_paths(outcome: Outcome | None) -> list[str]:
    """Return the outputs of an outcome that are in our storage."""
    return [output.place for output in outcome.outputs if "://" not in output.place] if outcome else []


async def erase_rows(records: Records, found: Erasable) -> None:
    """Erase the texts of rows."""
    async with records.write() as connection:
        for row in found.rows:
            await _erase_row(connection, found.table, row, SEALS[found.table].erasable)


async def _erase_row(connection: AsyncConnection, name: str, row: Row, columns: Sequence[str]) -> None:
    table = schema.tables.tables[name]
    mine = and_(*(key == row[key.name] for key in table.primary_key))
    await connection.execute(table.update().where(mine).values(erase_columns(name, row, columns)))


async def list_actions(connection: AsyncConnection, account: str) -> list[Row]:
    """Return operators' actions on an account and its generations whose details are not erased."""
    audit, generations = schema.audit, schema.generations.c
    own = select(generations.id).where(generations.account == account)
    mine = (audit.c.subject == account) | audit.c.subject.in_(own)
    wanted = select(audit).where(mine, audit.c.erased.is_(None), audit.c.what != ACTION)
    return [dict(row) for row in (await connection.execute(wanted)).mappings()]


async def erase_facts(records: Records, account: str) -> int:
    """Erase an account's name, and the details of actions on it. Return the number of actions."""
    async with records.write() as connection:
        rows = await list_actions(connection, account)
        for row in rows:
            await _erase_row(connection, "audit", row, DETAIL)
        named = schema.accounts.update().where(schema.accounts.c.id == account)
        await connection.execute(named.values(name=""))
    return len(rows)


async def settle_batches(records: Records) -> None:
    """Wait until a batch that an archiver has read from the store already is written."""
    async with records.write():
        pass


async def clean(records: Records) -> bool:
    """Remove what erased rows left in the database's files. Return False if a reader keeps SQLite from it.

    SQLite overwrites freed parts of its file itself; its log is emptied here. PostgreSQL vacuums the tables.
    """
    if records.is_sqlite:
        return await records.maintain("PRAGMA wal_checkpoint(TRUNCATE)") == [0]
    await records.maintain(*(f"VACUUM {name}" for name in (*SEALS, "accounts")))
    return True


async def erase_past(records: Records, name: str, columns: Sequence[str], cutoff_ms: int) -> int:
    """Erase columns of the rows of a table that ended before a moment, at most one batch. Return their number."""
    table, fact = schema.tables.tables[name], f"erased {name} {columns[0]}"
    ended = table.c[SEALS[name].time]
    async with records.write() as connection:
        known = await connection.scalar(select(schema.facts.c.value).where(schema.facts.c.name == fact))
        within = (ended >= int(known or 0) - BACK_MS) & (ended < cutoff_ms)
        has_text = table.c[columns[0]].is_not(None)
        wanted = select(table).where(within, has_text, table.c.digest.is_not(None)).order_by(ended).limit(BATCH)
        rows = [dict(row) for row in (await connection.execute(wanted)).mappings()]
        for row in rows:
            await _erase_row(connection, name, row, columns)
        last: Any = rows[-1][ended.name] if len(rows) == BATCH else cutoff_ms
        await upsert(connection, schema.facts, [{"name": fact, "value": str(last)}])
    return len(rows)
