"""Sums of the usage, from the table that the archiver keeps next to the generations."""

from typing import Any

from msgspec import Struct
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.records import schema
from shared.records.rows import KEY_CHARS, USAGE_AMOUNTS

GROUPS_MAX = 1000
GROUPINGS = ("day", "model", "kind", "provider", "key")


class UsageFilter(Struct, frozen=True, kw_only=True):
    """The usage to sum: of UTC days since 1970, without `to_day` itself. An empty field allows every value."""

    from_day: int
    to_day: int
    account: str = ""
    model: str = ""
    kind: str = ""
    provider: str = ""
    key: str = ""


class UsageSum(Struct, frozen=True):
    """A sum of usage by the values in `group`. Amounts are micro-USD."""

    group: tuple[str | int, ...]
    count: int
    failed: int
    reserved: int
    charged: int  # before credits
    credited: int
    provider_cost: int
    seconds: float
    tokens: int


async def sum_usage(connection: AsyncConnection, by: tuple[str, ...], wanted: UsageFilter) -> list[UsageSum]:
    """Return the sums by some of GROUPINGS, in their order: at most GROUPS_MAX and one that says there are more."""
    rows = (await connection.execute(usage_statement(by, wanted))).all()
    size = len(by)
    return [UsageSum(tuple(row[:size]), *(_number(value) for value in row[size:])) for row in rows]


def usage_statement(by: tuple[str, ...], wanted: UsageFilter) -> Select[Any]:
    """Return the query of sums of usage."""
    columns = schema.usage.c
    groups = [columns[name] for name in by]
    statement = select(*groups, *(func.sum(columns[name]) for name in USAGE_AMOUNTS)).where(
        columns.day >= wanted.from_day, columns.day < wanted.to_day
    )
    for name in ("account", "model", "kind", "provider", "key"):
        if getattr(wanted, name):
            statement = statement.where(columns[name] == getattr(wanted, name))
    return statement.group_by(*groups).order_by(*groups).limit(GROUPS_MAX + 1)


async def name_keys(connection: AsyncConnection, account: str) -> dict[str, str]:
    """Return the ids of an account's keys, revoked ones too, by the part of their hash that usage has."""
    columns = schema.keys.c
    found = await connection.execute(select(columns.hash, columns.id).where(columns.account == account))
    return {row.hash[:KEY_CHARS]: row.id for row in found}


def _number(value: Any) -> Any:
    """Return a sum as a number: PostgreSQL's of whole numbers are decimals."""
    return round(value, 3) if isinstance(value, float) else int(value)
