"""Queries for what a restore has lost: of the store, of the database, or of both."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.records import schema
from shared.records.chain import MISSING, RESTORED, LedgerLine
from shared.records.read import LINE
from shared.records.restored import is_within, read_taken_back

TOP_UPS, SETTLE = ("top_up", "dispute"), "settle"


async def list_gaps(connection: AsyncConnection, count: int) -> list[LedgerLine]:
    """Return lines that stand for lost lines, or take back lines that the store has lost, newest first."""
    lines = schema.ledger_lines.c
    wanted = select(*LINE).where(lines.kind.in_((MISSING, RESTORED))).order_by(lines.at_ms.desc()).limit(count)
    return [LedgerLine(*row) for row in (await connection.execute(wanted)).all()]


async def list_lost_top_ups(connection: AsyncConnection, gaps: Sequence[LedgerLine]) -> list[LedgerLine]:
    """Return the top-ups and disputes that were taken back and not booked again under their reference."""
    lines, found = schema.ledger_lines.c, list[LedgerLine]()
    taken_back = await read_taken_back(connection, {gap.account for gap in gaps})
    for gap in gaps:
        first, _, last = gap.reference.partition("-")
        if gap.kind != RESTORED or is_within(gap.sequence, taken_back[gap.account]):
            continue
        booked = select(lines.reference).where(
            lines.account == gap.account, lines.sequence > gap.sequence, lines.kind.in_(TOP_UPS)
        )
        wanted = select(*LINE).where(
            *(lines.account == gap.account, lines.sequence.between(int(first), int(last))),
            *(lines.kind.in_(TOP_UPS), lines.reference.not_in(booked)),
        )
        found += [LedgerLine(*row) for row in (await connection.execute(wanted)).all()]
    return found


async def list_unarchived(connection: AsyncConnection, count: int) -> list[tuple[str, str]]:
    """Return account and id of settled generations that the database lacks, newer than its oldest one."""
    lines, generations = schema.ledger_lines.c, schema.generations.c
    oldest = select(func.coalesce(func.min(generations.closed_ms), 0)).scalar_subquery()
    known = select(generations.id).where(generations.id == lines.reference).exists()
    wanted = select(lines.account, lines.reference).where(lines.kind == SETTLE, lines.at_ms >= oldest, ~known)
    return [(row[0], row[1]) for row in (await connection.execute(wanted.limit(count))).all()]


async def list_account_ids(connection: AsyncConnection, after: str, count: int) -> list[str]:
    """Return ids of accounts in order, from behind `after` on."""
    ids = schema.accounts.c.id
    return list((await connection.scalars(select(ids).where(ids > after).order_by(ids).limit(count))).all())
