"""The ledger of an account in a period: its sums by day, and its lines."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.times import DAY_MS
from shared.records import schema
from shared.records.chain import LedgerLine
from shared.records.read import LINE


class DaySum(Struct, frozen=True):
    """The lines of one kind on a UTC day since 1970. `first` is the sequence of the first of them."""

    day: int
    kind: str
    amount: int
    count: int
    first: int


class LedgerSums(Struct, frozen=True):
    """The sums of a ledger from a day on, and its end in the database."""

    name: str
    balance: int
    sequence: int
    days: Sequence[DaySum]


async def sum_ledger(connection: AsyncConnection, account: str, from_day: int) -> LedgerSums | None:
    """Return the sums of an account's ledger from a day on, oldest first; None for an unknown account."""
    columns = schema.accounts.c
    wanted = select(columns.name, columns.ledger_balance, columns.ledger_sequence).where(columns.id == account)
    head = (await connection.execute(wanted)).first()
    if head is None:
        return None
    rows = await connection.execute(sums_statement(account, from_day))
    return LedgerSums(*head, [DaySum(row[0], row[1], *map(int, row[2:])) for row in rows])


def sums_statement(account: str, from_day: int) -> Select[Any]:
    """Return the query of the sums of a ledger."""
    columns = schema.ledger_lines.c
    day = (columns.at_ms // DAY_MS).label("day")
    sums = (func.sum(columns.amount), func.count(), func.min(columns.sequence))
    found = select(day, columns.kind, *sums).where(columns.account == account, columns.at_ms >= from_day * DAY_MS)
    return found.group_by(day, columns.kind).order_by(day, columns.kind)


async def list_period_lines(
    connection: AsyncConnection, account: str, days: tuple[int, int], after: int, count: int
) -> Sequence[LedgerLine]:
    """Return lines of some days, without the last one, behind a sequence, oldest first."""
    columns = schema.ledger_lines.c
    first_ms, end_ms = (day * DAY_MS for day in days)
    found = select(*LINE).where(
        columns.account == account, columns.sequence > after, columns.at_ms >= first_ms, columns.at_ms < end_ms
    )
    rows = await connection.execute(found.order_by(columns.sequence).limit(count))
    return [LedgerLine(*row) for row in rows]
