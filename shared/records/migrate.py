"""Migrations: applied at the start of an archiver, by one process at a time, and never by an older program."""

import secrets
from pathlib import Path

from sqlalchemy import Connection, select

from shared.records.connect import Records
from shared.records.errors import RecordsUnfit
from shared.records.opening import open_records, read_revision
from shared.records.schema import REVISION, facts

FOLDER = Path(__file__).parent / "migrations"
ID_BYTES = 8


async def migrate(records: Records) -> str:
    """Migrate the database to the newest schema, and return its identity. A second process waits for the first.

    To build an index of a large table may take long. Raises RecordsDown, and RecordsUnfit if a later version of Wokflow
    has migrated it.
    """
    async with open_records(records.url, None) as own, own.write() as connection:
        found = await read_revision(connection)
        if found != REVISION:
            await connection.run_sync(_upgrade, found)
        identity = await connection.scalar(select(facts.c.value).where(facts.c.name == "id"))
        if identity is None:
            identity = secrets.token_hex(ID_BYTES)
            await connection.execute(facts.insert().values(name="id", value=identity))
    return str(identity)


def _upgrade(connection: Connection, found: str) -> None:
    # Alembic takes as long to import as all of SQLAlchemy, and most starts have nothing to migrate.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found and found not in known:
        raise RecordsUnfit(
            f"The database was written by a later version of Wokflow (schema {found}; this version knows {REVISION}). "
            "Start that version, or restore a backup from before the upgrade: docs/records.md."
        )
    command.upgrade(config, "head")
