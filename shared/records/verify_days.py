"""Check signed days: each is signed by a known key, names the day before it, and covers the rows that there are."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain import merkle
from shared.domain.receipt import ReceiptInvalid, check_signature, day_text
from shared.records import schema
from shared.records.close_day import DAY, make_statement, read_day_before, read_issuer, tree_row
from shared.records.day_trees import build_signed_day
from shared.records.verify_rows import Faults, Place


async def check_day(
    connection: AsyncConnection, *, place: Place, faults: Faults, keys: Mapping[str, bytes]
) -> tuple[int, bool]:
    """Check the next signed day. Return the number of its accounts, and whether it was the last."""
    days = schema.days.c
    wanted = select(schema.days).where(days.day > (place[0] if place else -1)).order_by(days.day).limit(1)
    row = (await connection.execute(wanted)).mappings().first()
    if row is None:
        await _check_rest(connection, faults)
        return 0, True
    place[:] = [row["day"]]
    statement = make_statement(dict(row), await read_day_before(connection, row["day"]))
    try:
        signed = day_text(await read_issuer(connection), statement)
        check_signature(keys, statement.key_id, statement.signature, signed, f"day {row['day']}")
    except ReceiptInvalid as error:
        faults.append(("day_unsigned", str(row["day"]), str(error)))
    if not await check_cover(connection, row["day"], row["root"]):
        faults.append(("day_changed", str(row["day"]), ""))
    return int(row["accounts"]), False


async def check_cover(connection: AsyncConnection, day: int, root: str) -> bool:
    """Return whether the rows of a day, and the trees that are stored of it, lead to its root."""
    accounts = await build_signed_day(connection, day)
    leaves = {account: one.leaf(account, day) for account, one in accounts.items()}
    tree = merkle.build(sorted(leaves.values()))
    trees = [(account, name, found) for account, one in accounts.items() for name, found in one.trees.items()]
    heads = {(account, one.after, one.sequence, one.head, leaves[account]) for account, one in accounts.items()}
    expected = {tuple(tree_row(day, *found).values()) for found in [*trees, ("", DAY, tree)]}
    return (
        tree.root.hex() == root
        and heads == await _read_heads(connection, day)
        and expected
        == {
            (*row[:-1], bytes(row[-1] or b""))
            for row in (await connection.execute(select(schema.day_trees).where(schema.day_trees.c.day == day))).all()
        }
    )


async def _read_heads(connection: AsyncConnection, day: int) -> set[tuple[Any, ...]]:
    heads = schema.day_heads.c
    wanted = select(heads.account, heads.after, heads.sequence, heads.hash, heads.digest).where(heads.day == day)
    return {(*row[:-1], bytes(row[-1] or b"")) for row in (await connection.execute(wanted)).all()}


async def _check_rest(connection: AsyncConnection, faults: Faults) -> None:
    """Find heads and trees of days that are not signed."""
    for table in (schema.day_heads, schema.day_trees):
        known = select(schema.days.c.day)
        found = await connection.scalar(select(func.min(table.c.day)).where(table.c.day.not_in(known)))
        if found is not None:
            faults.append(("day_unsigned", str(found), f"{table.name} without a root"))
