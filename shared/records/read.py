"""Small reads of the records. Each takes a connection of `Records.read`, so that several see one moment."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.generation import Generation, read
from shared.records import schema
from shared.records.chain import LedgerLine
from shared.records.rows import generation_fields

LINE = [schema.ledger_lines.c[name] for name in LedgerLine.__struct_fields__]


async def find_generation(connection: AsyncConnection, account: str, generation_id: str) -> Generation | None:
    """Return an ended generation of an account ("": of any), or None. One that was erased is None."""
    columns = schema.generations.c
    row = (
        await connection.execute(
            select(columns.account, columns.prompt, columns.metadata, columns.record).where(columns.id == generation_id)
        )
    ).first()
    if row is None or row.record is None or (account and row.account != account):
        return None
    return read(generation_id, generation_fields(row.prompt, row.metadata, row.record))


async def find_fields(connection: AsyncConnection, generation_id: str) -> list[bytes]:
    """Return the fields of an ended generation, as the store had them; none if it is not there, or was erased."""
    columns = schema.generations.c
    wanted = select(columns.prompt, columns.metadata, columns.record).where(
        columns.id == generation_id, columns.record.is_not(None)
    )
    row = (await connection.execute(wanted)).first()
    return generation_fields(row.prompt, row.metadata, row.record) if row is not None else []


async def list_generations(
    connection: AsyncConnection, account: str, count: int, *, before: tuple[int, str] | None = None
) -> list[Generation]:
    """Return up to `count` ended generations of an account, newest first, from before a (created_ms, id)."""
    columns = schema.generations.c
    wanted = select(columns.id, columns.prompt, columns.metadata, columns.record).where(
        columns.account == account, columns.record.is_not(None)
    )
    if before is not None:
        at_ms, name = before
        wanted = wanted.where(columns.created_ms <= at_ms, (columns.created_ms < at_ms) | (columns.id < name))
    newest = wanted.order_by(columns.created_ms.desc(), columns.id.desc()).limit(count)
    return [
        read(row.id, generation_fields(row.prompt, row.metadata, row.record))
        for row in (await connection.execute(newest)).all()
    ]


async def list_lines(
    connection: AsyncConnection, account: str, *, after: int = 0, until: int | None = None, count: int | None = None
) -> Sequence[LedgerLine]:
    """Return the ledger lines of an account behind a sequence, oldest first."""
    wanted = select(*LINE).where(schema.ledger_lines.c.account == account, schema.ledger_lines.c.sequence > after)
    if until is not None:
        wanted = wanted.where(schema.ledger_lines.c.sequence <= until)
    found = await connection.execute(wanted.order_by(schema.ledger_lines.c.sequence).limit(count))
    return [LedgerLine(*row) for row in found.all()]


async def read_amounts(connection: AsyncConnection, account: str, references: Sequence[str]) -> dict[str, int]:
    """Return the amounts of an account's lines with these references."""
    lines = schema.ledger_lines.c
    wanted = select(lines.reference, lines.amount).where(lines.account == account, lines.reference.in_(references))
    return {row.reference: row.amount for row in (await connection.execute(wanted)).all()}
