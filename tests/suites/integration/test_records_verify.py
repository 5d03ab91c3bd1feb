"""The full check of the records on a real SQLite file and a real PostgreSQL: no change of an archived row is missed."""

import hmac
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.records import schema
from shared.records.chain import LedgerLine
from shared.records.close_day import close_days
from shared.records.connect import Records
from shared.records.migrate import migrate
from shared.records.opening import open_records
from shared.records.seal import SEALS, erase_columns, keyed_hash, row_digest
from shared.records.verify import PARTS, Verification, verify_step
from shared.records.write import Batch
from tests.harness.archived import (
    DAY,
    KEYS,
    SIGNER,
    archive,
    day_ms,
    lines_of,
    make_account,
    make_batch,
    make_generation,
)

COMPARED_WITH_THE_STORE = {"accounts": {"name", "plan", "created_ms", "low", "checked_sequence"}}
OWN_PARTS = {**{name: number for number, name in enumerate(PARTS)}, "day_heads": PARTS.index("days")}
OWN_PARTS["day_trees"] = OWN_PARTS["day_heads"]
CHECKED = [*SEALS, "ledger_lines", "accounts", "usage", "day_heads", "day_trees", "days", "superseded"]


@pytest.fixture
async def records(database_url: str) -> AsyncIterator[Records]:
    """Open a database with two accounts, a credit after the signed day, and a row of every table."""
    async with open_records(database_url) as records:
        await migrate(records)
        await archive(records, make_batch("acct_1", "g1", "g2"))
        await archive(records, make_batch("acct_2", "g3"))
        await close_days(records, SIGNER, day_ms(DAY + 1))
        lines = lines_of("acct_1", "g1", "g2")
        lines.append(LedgerLine("acct_1", len(lines) + 1, day_ms(DAY + 1), "credit", 15, "g1"))
        credited = make_generation("g1", credit=15, credit_ms=day_ms(DAY + 1))
        await archive(records, Batch(generations=[credited], accounts=[make_account("acct_1", lines)]))
        await close_days(records, SIGNER, day_ms(DAY + 2))
        yield records


async def find_faults(connection: AsyncConnection, keys: Any = KEYS) -> set[str]:
    """Return the faults that a full check finds."""
    state = Verification()
    while not state.done:
        await verify_step(connection, state, keys, settled_ms=day_ms(DAY + 2))
    return {fault for fault, _, _ in state.faults}


def change(value: object) -> object:
    """Return another value of the same type."""
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1]) if value else b"\1"
    if isinstance(value, dict | list):
        return {"other": 1}
    return value + 1000 if isinstance(value, int | float) else f"{value or ''}x"


async def test_every_changed_column_of_every_row_is_found(records: Records) -> None:
    """A change of any column, and the removal of any row, is found; without one the check finds nothing."""
    missed = []
    async with records.read() as connection:
        assert set() == await find_faults(connection)
        for name in CHECKED:
            table = schema.tables.tables[name]
            rows = [dict(row) for row in (await connection.execute(select(table))).mappings()]
            for column in [one.name for one in table.c]:
                if column not in COMPARED_WITH_THE_STORE.get(name, ()) and not await find_change(
                    connection, table, rows[0], {column: changed_value(table, rows[0], column)}
                ):
                    missed.append(f"{name}.{column}")
            if not await find_change(connection, table, rows[-1], None):
                missed.append(f"removed from {name}")
    assert [] == missed


def changed_value(table: Table, row: dict[str, Any], column: str) -> object:
    """Return another value of a column, that fits its type."""
    if row[column] is None:
        return (
            {"other": 1} if column in ("metadata", "erased") else 1 if table.c[column].type.python_type is int else "x"
        )
    return change(row[column])


async def find_change(
    connection: AsyncConnection, table: Table, row: dict[str, Any], changes: dict[str, Any] | None
) -> bool:
    """Change or remove a row, and return whether a check finds it. The change is taken back."""
    mine = [key == row[key.name] for key in table.primary_key]
    inner = await connection.begin_nested()
    await connection.execute(
        table.delete().where(*mine) if changes is None else table.update().where(*mine).values(changes)
    )
    own = Verification(part=OWN_PARTS.get(table.name, 0))
    await verify_step(connection, own, KEYS, settled_ms=day_ms(DAY + 2))
    found = own.faults or await find_faults(connection)
    await inner.rollback()
    return bool(found)


async def test_inserted_and_forged_rows_are_found(records: Records) -> None:
    """A row with a right digest is found in a signed day, and so is a day that is signed by another key."""
    async with records.read() as connection:
        forged = dict((await connection.execute(select(schema.generations))).mappings().first() or {})
        inner = await connection.begin_nested()
        other = {**make_generation("g9"), **{name: forged[name] for name in ("salt", "day")}}
        other |= {"erased": None, "digest": row_digest("generations", {**other, "erased": None})}
        await connection.execute(schema.generations.insert().values(other))
        assert {"day_changed", "usage_sum"} <= await find_faults(connection)
        await inner.rollback()
        assert {"day_unsigned"} == await find_faults(connection, {SIGNER.key_id: bytes(32)})


async def test_erased_columns_leave_the_digests(records: Records) -> None:
    """Prompts and records are erased without a trace in the books, and a text put back is found."""
    async with records.write() as connection:
        for name in SEALS:
            table = schema.tables.tables[name]
            for row in (await connection.execute(select(table))).mappings().all():
                mine = [key == row[key.name] for key in table.primary_key]
                first = SEALS[name].erasable[:1]
                for names in (first, SEALS[name].erasable):
                    again = (await connection.execute(select(table).where(*mine))).mappings().one()
                    await connection.execute(
                        table.update().where(*mine).values(erase_columns(name, dict(again), names))
                    )
        assert set() == await find_faults(connection)
    async with records.read() as connection:
        rows = (await connection.execute(select(schema.generations.c.prompt, schema.generations.c.record))).all()
        assert {(None, None)} == {tuple(row) for row in rows}
        assert await find_change(connection, schema.generations, {"id": "g2"}, {"prompt": "a red boat"})
    await archive(records, make_batch("acct_1", "g1", "g2"))
    async with records.read() as connection:
        prompts = await connection.scalars(select(schema.generations.c.prompt))
        assert [None, None, None] == list(prompts)


def test_every_column_is_sealed_or_known_not_to_be() -> None:
    """A new column of a sealed table has to be added to the seal."""
    for name, seal in SEALS.items():
        sealed = {*seal.shown, *seal.internal, *seal.erasable, "salt", "digest", "day", "erased"}
        assert sealed == set(schema.tables.tables[name].c.keys()), name


@pytest.mark.parametrize("key", [b"", b"k" * 16, b"\x36\x5c" * 16, b"k" * 64])
def test_keyed_hash_is_an_hmac(key: bytes) -> None:
    """Stored commitments are those of the standard, for any key up to a block."""
    commit = keyed_hash(key)
    for message in (b"", b"a text", b"x" * 1000):
        assert hmac.digest(key, message, "sha256").hex() == commit(message)
