"""Open the records of a process, as DATABASE_URL says."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from sqlalchemy import inspect, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.records.connect import COMMAND_S, SQLITE, Records
from shared.records.errors import RecordsUnfit
from shared.records.schema import REVISION, facts


@contextlib.asynccontextmanager
async def open_records(url: str, command_s: float | None = COMMAND_S) -> AsyncIterator[Records]:
    """Open the database without touching it: it may be away, and come back. Close it at the end."""
    records = Records(url, command_s)
    try:
        yield records
    finally:
        await records.close()


@contextlib.asynccontextmanager
async def open_existing(url: str) -> AsyncIterator[Records]:
    """Open a database that an archiver has set up. Raises RecordsDown and RecordsUnfit; no file is made."""
    if url.startswith(SQLITE) and not await asyncio.to_thread(Path(url.removeprefix(SQLITE)).exists):
        raise RecordsUnfit("There is no database yet: start `python -m workers archive`.")
    async with open_records(url) as records:
        await read_identity(records)
        yield records


async def read_identity(records: Records) -> str:
    """Return the identity of the database. The archiver migrates it at its start.

    Raises RecordsDown, and RecordsUnfit if it has another schema than this version.
    """
    async with records.read() as connection:
        found = await read_revision(connection)
        if not found:
            raise RecordsUnfit("The database has no tables yet: start `python -m workers archive`.")
        if found != REVISION:
            raise RecordsUnfit(f"The database has schema {found}; this version needs {REVISION}: docs/records.md.")
        return str(await connection.scalar(select(facts.c.value).where(facts.c.name == "id")) or "")


async def read_revision(connection: AsyncConnection) -> str:
    """Return the schema's revision, "" for an empty database."""
    names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    if "alembic_version" not in names:
        return ""
    return str(await connection.scalar(text("SELECT version_num FROM alembic_version")) or "")
