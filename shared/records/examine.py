"""Facts about the database server, for the doctor."""

from msgspec import Struct
from sqlalchemy import text

from shared.records.connect import Records

POSTGRESQL_MIN = 140_000  # as server_version_num
PRIVILEGES = """SELECT has_schema_privilege(current_schema(), 'CREATE') AND COALESCE(bool_and(
    has_table_privilege(format('%I.%I', schemaname, tablename), 'INSERT')
    AND has_table_privilege(format('%I.%I', schemaname, tablename), 'UPDATE')), true)
  FROM pg_tables WHERE schemaname = current_schema()"""


class ServerFacts(Struct, frozen=True, kw_only=True):
    """The version of the server, whether that is late enough, the size of the database, and our rights."""

    version: str
    is_supported: bool
    size_bytes: int
    may_write: bool


async def read_server(records: Records) -> ServerFacts:
    """Return facts about the server of the database. Raises RecordsDown."""
    async with records.read() as connection:
        if records.is_sqlite:
            version = await connection.scalar(text("SELECT sqlite_version()"))
            size = await connection.scalar(
                text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
            )
            return ServerFacts(version=f"SQLite {version}", is_supported=True, size_bytes=size or 0, may_write=True)
        number = int(await connection.scalar(text("SELECT current_setting('server_version_num')")) or 0)
        size = await connection.scalar(text("SELECT pg_database_size(current_database())"))
        may_write = bool(await connection.scalar(text(PRIVILEGES)))
    version = f"PostgreSQL {number // 10_000}"
    is_supported = number >= POSTGRESQL_MIN
    return ServerFacts(version=version, is_supported=is_supported, size_bytes=size or 0, may_write=may_write)
