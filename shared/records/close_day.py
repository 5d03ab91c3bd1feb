"""Close days: build the trees of each UTC day that is over, and sign its root.

A row that is archived late belongs to the first day that is still open. So a closed day never grows.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain import merkle
from shared.domain.merkle import MerkleTree
from shared.domain.receipt import SignedDay, day_text
from shared.domain.times import DAY_MS
from shared.records import schema
from shared.records.connect import Records
from shared.records.day_trees import AccountDay, build_open_day
from shared.records.rows import Row
from shared.records.seal import SEALED_DAY, SEALS, read_open_day
from shared.records.write import upsert

DAY = "day"  # name of the tree of a day's accounts
BATCH = 5000


class Signer(Struct, frozen=True):
    """The key that signs days. `sign` returns a signature in hexadecimal."""

    key_id: str
    sign: Callable[[bytes], str]


async def close_days(records: Records, signer: Signer, now_ms: int) -> list[int]:
    """Close and sign every day that is over. Return those that were signed now. Several processes may do it.

    Raises RecordsDown.
    """
    over = now_ms // DAY_MS - 1
    async with records.read() as connection:
        open_day = await read_open_day(connection)
    if open_day <= over:
        async with records.write() as connection:
            closed = max(await read_open_day(connection) - 1, over)
            await upsert(connection, schema.facts, [{"name": SEALED_DAY, "value": str(closed)}])
    return [day for day in await _list_unsigned(records, over) if await _sign_day(records, signer, day, now_ms)]


async def _list_unsigned(records: Records, over: int) -> list[int]:
    """Return the closed days behind the last signed one that have rows, and the last closed day.

    Ledger lines alone make no day: they belong to the next one of these.
    """
    async with records.read() as connection:
        last = await connection.scalar(select(func.max(schema.days.c.day)))
        found = {over} if last is None or last < over else set()
        for name in SEALS:
            table, day = schema.tables.tables[name].c, -1 if last is None else last
            following = select(func.min(table.day)).where(table.day > bindparam("day"), table.day <= over)
            while (next_day := await connection.scalar(following, {"day": day})) is not None:
                day = int(next_day)
                found.add(day)
    return sorted(found)


async def _sign_day(records: Records, signer: Signer, day: int, now_ms: int) -> bool:
    """Build a day's trees and sign it. Return False if it has no records, or is signed already."""
    async with records.read() as connection:
        accounts = await build_open_day(connection, day)
        issuer = await read_issuer(connection)
    if not accounts:
        return False
    leaves = {account: one.leaf(account, day) for account, one in accounts.items()}
    tree = merkle.build(sorted(leaves.values()))
    async with records.write() as connection:
        if await connection.scalar(select(schema.days.c.day).where(schema.days.c.day >= day).limit(1)) is not None:
            return False
        row = {"day": day, "accounts": tree.size, "root": tree.root.hex(), "signed_ms": now_ms, "key_id": signer.key_id}
        statement = make_statement(row, await read_day_before(connection, day))
        signature = signer.sign(day_text(issuer, statement))
        await connection.execute(schema.days.insert().values(**row, signature=signature))
        await _write_accounts(connection, day, accounts, leaves)
        trees = [(account, name, found) for account, one in accounts.items() for name, found in one.trees.items()]
        rows = [tree_row(day, *found) for found in [*trees, ("", DAY, tree)]]
        for first in range(0, len(rows), BATCH):
            await connection.execute(schema.day_trees.insert(), rows[first : first + BATCH])
    return True


async def read_issuer(connection: AsyncConnection) -> str:
    """Return the identity of the books: that of the database."""
    return str(await connection.scalar(select(schema.facts.c.value).where(schema.facts.c.name == "id")) or "")


async def read_day_before(connection: AsyncConnection, day: int) -> tuple[int, str] | None:
    """Return the signed day before another one, and its root."""
    days = schema.days.c
    wanted = select(days.day, days.root).where(days.day < day).order_by(days.day.desc()).limit(1)
    found = (await connection.execute(wanted)).first()
    return (found.day, found.root) if found else None


def make_statement(row: Row, before: tuple[int, str] | None) -> SignedDay:
    """Return what the signature of a row of `days` covers."""
    previous_day, previous_root = before or (None, "")
    return SignedDay(
        day=row["day"],
        size=row["accounts"],
        root=row["root"],
        previous_day=previous_day,
        previous_root=previous_root,
        signed_ms=row["signed_ms"],
        key_id=row["key_id"],
        signature=row.get("signature", ""),
    )


async def _write_accounts(
    connection: AsyncConnection, day: int, accounts: dict[str, AccountDay], leaves: dict[str, bytes]
) -> None:
    heads, moved = list[Row](), list[Row]()
    for account, one in accounts.items():
        lines = {"after": one.after, "sequence": one.sequence, "hash": one.head}
        heads.append({"day": day, "account": account, **lines, "digest": leaves[account]})
        moved += [{"moved": account, "to": one.sequence}] if one.sequence else []
    move = update(schema.accounts).where(schema.accounts.c.id == bindparam("moved"))
    for first in range(0, len(heads), BATCH):
        await connection.execute(schema.day_heads.insert(), heads[first : first + BATCH])
    for first in range(0, len(moved), BATCH):
        await connection.execute(move.values(sealed_sequence=bindparam("to")), moved[first : first + BATCH])


def tree_row(day: int, account: str, name: str, tree: MerkleTree) -> dict[str, Any]:
    """Return the row of a tree."""
    about = {"day": day, "account": account, "name": name, "size": tree.size}
    return {**about, "root": tree.root.hex(), "chunks": tree.chunks}
