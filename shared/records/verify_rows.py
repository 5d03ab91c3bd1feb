"""Check archived rows: each has the digest of its columns, each account its lines, and each day's usage its sums."""

from typing import Any

from sqlalchemy import case, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.times import DAY_MS
from shared.records import schema
from shared.records.rows import USAGE_AMOUNTS, USAGE_PLACE
from shared.records.seal import HALF, SALT_BYTES, SEALS, row_digest, row_id

ROWS_MAX = 2000  # of one step
ROUNDING = 1e-6

Faults = list[tuple[str, str, str]]
Place = list[str | int]


async def check_rows(connection: AsyncConnection, *, name: str, place: Place, faults: Faults) -> tuple[int, bool]:
    """Check the next rows of a sealed table. Return their number, and whether they are the last ones."""
    rows = await _read_page(connection, name, place)
    faults += [("row_changed", row_id(row), name) for row in rows if not is_intact(name, row)]
    return len(rows), len(rows) < ROWS_MAX


def is_intact(name: str, row: dict[str, Any]) -> bool:
    """Return whether a row is as it was sealed. A part that was erased is empty, and its commitment stands for it."""
    if not row["salt"] or not row["digest"] or row["day"] is None:
        return False
    erasable, erased = SEALS[name].erasable, row["erased"] or {}
    fits = all(isinstance(value, str) and column in erasable and not row[column] for column, value in erased.items())
    salt_bytes = HALF if len(erased) == len(erasable) else SALT_BYTES
    return fits and len(row["salt"]) == salt_bytes and row_digest(name, row) == bytes(row["digest"])


async def check_accounts(connection: AsyncConnection, *, place: Place, faults: Faults) -> tuple[int, bool]:
    """Check that the lines, events and signed days of accounts end where their positions say."""
    accounts, events, lines, heads = (
        table.c for table in (schema.accounts, schema.account_events, schema.ledger_lines, schema.day_heads)
    )
    last = [
        func.coalesce(select(func.max(number)).where(account == accounts.id).scalar_subquery(), 0)
        for account, number in (
            (events.account, events.number),
            (lines.account, lines.sequence),
            (heads.account, heads.sequence),
        )
    ]
    wanted = select(accounts.id, accounts.events, accounts.ledger_sequence, accounts.sealed_sequence, *last)
    if place:
        wanted = wanted.where(accounts.id > place[0])
    rows = (await connection.execute(wanted.order_by(accounts.id).limit(ROWS_MAX))).all()
    for name, *positions in rows:
        place[:] = [name]
        if positions[:3] != positions[3:]:
            faults.append(("head_differs", name, ""))
    return len(rows), len(rows) < ROWS_MAX


async def check_superseded(connection: AsyncConnection, *, place: Place, faults: Faults) -> tuple[int, bool]:
    """Check that each replaced digest is of a row that has changed since."""
    rows = await _read_page(connection, "superseded", place)
    for name in {row["name"] for row in rows}:
        old = {row["id"]: row["day"] for row in rows if row["name"] == name}
        table = schema.tables.tables[name].c if name in SEALS else None
        known: dict[str, int] = {}
        if table is not None and "id" in table:
            found = await connection.execute(select(table.id, table.day).where(table.id.in_(sorted(old))))
            known = {one: day for one, day in found.all()}
        faults += [("row_missing", one, name) for one, day in old.items() if (known.get(one) or 0) <= day]
    return len(rows), len(rows) < ROWS_MAX


async def check_usage(connection: AsyncConnection, *, place: Place, faults: Faults) -> tuple[int, bool]:
    """Compare the usage of the next day with the generations that ended on it."""
    usage, rows = schema.usage.c, schema.generations.c
    last = place[0] if place else -1
    ended = func.min(rows.closed_ms) / DAY_MS
    days = [
        await connection.scalar(select(func.min(usage.day)).where(usage.day > last)),
        await connection.scalar(select(ended).where(rows.closed_ms >= (int(last) + 1) * DAY_MS)),
    ]
    day = min((int(one) for one in days if one is not None), default=None)
    if day is None:
        return 0, True
    place[:] = [day]
    paid = func.coalesce(rows.provider_cost, rows.expected_cost, 0)
    amounts = (rows.reserved, rows.cost, func.coalesce(rows.credit, 0), paid, rows.seconds, rows.tokens)
    failed = func.sum(case((rows.state == "failed", 1), else_=0))
    sums = [func.count(), failed, *(func.coalesce(func.sum(amount), 0) for amount in amounts)]
    keys = [getattr(rows, name) for name in USAGE_PLACE[1:]]
    within = (rows.closed_ms >= day * DAY_MS) & (rows.closed_ms < (day + 1) * DAY_MS)
    expected = {
        tuple(row[: len(keys)]): [float(one) for one in row[len(keys) :]]
        for row in (await connection.execute(select(*keys, *sums).where(within).group_by(*keys))).all()
    }
    named = [getattr(usage, name) for name in (*USAGE_PLACE[1:], *USAGE_AMOUNTS)]
    found = {
        tuple(row[: len(keys)]): [float(one) for one in row[len(keys) :]]
        for row in (await connection.execute(select(*named).where(usage.day == day))).all()
    }
    for one in expected.keys() | found.keys():
        pairs = zip(expected.get(one, [0.0] * len(sums)), found.get(one, [0.0] * len(sums)), strict=True)
        if any(abs(left - right) > ROUNDING * max(1.0, abs(left)) for left, right in pairs):
            faults.append(("usage_sum", one[0], f"day {day}"))
    return len(found), False


async def _read_page(connection: AsyncConnection, name: str, place: Place) -> list[dict[str, Any]]:
    """Return the next rows of a table in the order of its key, and move the place behind them."""
    table = schema.tables.tables[name]
    keys = list(table.primary_key)
    wanted = select(table).order_by(*keys).limit(ROWS_MAX)
    if place:
        wanted = wanted.where(tuple_(*keys) > tuple_(*place))
    rows = [dict(row) for row in (await connection.execute(wanted)).mappings()]
    if rows:
        place[:] = [rows[-1][key.name] for key in keys]
    return rows
