"""Compare a receipt that was issued before with the records as they are now."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.receipt import GENERATIONS, Receipt, generation_digest
from shared.records import schema
from shared.records.chain import LedgerLine, line_hash
from shared.records.read import LINE
from shared.records.verify_days import check_cover
from shared.records.verify_rows import is_intact


async def find_change(connection: AsyncConnection, receipt: Receipt) -> str:
    """Return a part of the records that was changed after the receipt was issued, "" if there is none.

    Any change of a signed day is found, also of another account.
    """
    generation = receipt.generation
    if not await _find_generation(connection, generation.id, generation_digest(generation)):
        return f"generation {generation.id}"
    lines = schema.ledger_lines.c
    for line in receipt.lines:
        wanted = select(*LINE).where(lines.account == generation.account, lines.sequence == line.sequence)
        row = (await connection.execute(wanted)).first()
        if row is None or line_hash(line.previous, LedgerLine(*row)) != line.hash:
            return f"ledger entry {line.sequence} of account {generation.account}"
    for one in receipt.days:
        if not await check_cover(connection, one.signed.day, one.signed.root):
            return f"day {one.signed.day}"
    return ""


async def _find_generation(connection: AsyncConnection, name: str, digest: bytes) -> bool:
    """Return whether a generation is intact, and has this digest now or had it before a credit or a late result."""
    table, old = schema.generations, schema.superseded.c
    row = (await connection.execute(select(table).where(table.c.id == name))).mappings().first()
    if row is None or not is_intact(GENERATIONS, dict(row)):
        return False
    before = select(old.id).where(old.name == GENERATIONS, old.id == name, old.digest == digest)
    return bytes(row["digest"]) == digest or (await connection.execute(before)).first() is not None
