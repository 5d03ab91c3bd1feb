"""Generations and amounts that have left the store: read from the database, and put back for a credit."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from operate.operator import Operator
from shared.domain.generation import Generation, read
from shared.records.errors import RecordsDown, RecordsUnfit
from shared.records.history import Connection, away, open_history
from shared.records.read import find_fields, read_amounts
from shared.store import generations

REVIVED_MS = 86_400_000

Result = TypeVar("Result")


async def find_archived(operator: Operator, generation_id: str) -> Generation | None:
    """Return a generation from the database, None if it is not there. Raises Refused while the database is away."""
    fields = await _query(operator, lambda connection: find_fields(connection, generation_id))
    return read(generation_id, fields) if fields else None


async def revive(operator: Operator, generation_id: str) -> None:
    """Put a generation back into the store for a day, as the database has it. Raises Refused."""
    fields = await _query(operator, lambda connection: find_fields(connection, generation_id))
    if fields:
        await generations.revive(operator.store, generation_id, fields, REVIVED_MS)


async def find_amounts(operator: Operator, account: str, references: Sequence[str]) -> dict[str, int]:
    """Return the amounts of an account's ledger lines by reference. Raises Refused while the database is away."""
    return await _query(operator, lambda connection: read_amounts(connection, account, references)) or {}


async def _query(operator: Operator, query: Callable[[Connection], Awaitable[Result]]) -> Result | None:
    try:
        async with open_history(operator.records_url) as history:
            return await history.read(query)
    except RecordsUnfit:
        return None
    except RecordsDown:
        raise away() from None
