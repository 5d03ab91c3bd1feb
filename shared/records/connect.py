"""Connections to the database: SQLite in a file of ours, or PostgreSQL.

Everything is written by one transaction at a time, under a lock of the database. So a writer may read the store inside
its transaction, and what it writes is never older than what is there.
"""

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import URL, event, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from shared.records.errors import RecordsDown, RecordsRefused

SQLITE = "sqlite:///"
LOCK = 8_710_013  # of all writers and migrations, in PostgreSQL
CONNECT_S, COMMAND_S, WRITE_LOCK_S = 5.0, 60.0, 60.0
POOL = 5
REFUSAL_CODES = ("22", "23")  # classes of SQLSTATE: data, constraints
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={int(WRITE_LOCK_S * 1000)}", "foreign_keys=OFF")


class Records:
    """The database of ended generations, ledger lines, deliveries and accounts."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith(SQLITE)
        self._reader = _sqlite_engine(url, "BEGIN") if self.is_sqlite else _postgres_engine(url)
        self._writer = _sqlite_engine(url, "BEGIN IMMEDIATE") if self.is_sqlite else self._reader

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection whose reads see one moment. Raises RecordsDown."""
        with _translated():
            async with self._reader.connect() as connection:
                if not self.is_sqlite:
                    await connection.execution_options(isolation_level="REPEATABLE READ")
                yield connection

    @contextlib.asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Start the only writing transaction, and commit it at the end of the block.

        Raises RecordsDown, and RecordsRefused if the database refuses a row.
        """
        with _translated():
            async with self._writer.begin() as connection:
                if not self.is_sqlite:
                    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
                yield connection

    async def close(self) -> None:
        """Close all connections."""
        await self._reader.dispose()
        if self._writer is not self._reader:
            await self._writer.dispose()


def _sqlite_engine(url: str, begin: str) -> AsyncEngine:
    path = Path(url.removeprefix(SQLITE))
    path.parent.mkdir(parents=True, exist_ok=True)
    address = URL.create("sqlite+aiosqlite", database=str(path))
    engine = create_async_engine(address, poolclass=AsyncAdaptedQueuePool, pool_size=POOL, max_overflow=0)

    @event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # we begin transactions ourselves: Python's own begin is late
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start_transaction(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _postgres_engine(url: str) -> AsyncEngine:
    """Return an engine for a URL that libpq would take, with its parameters for TLS and sockets."""

    async def connect() -> Any:
        settings = {"application_name": "wokflow", "jit": "off"}
        return await asyncpg.connect(url, timeout=CONNECT_S, command_timeout=COMMAND_S, server_settings=settings)

    return create_async_engine(
        "postgresql+asyncpg://", async_creator=connect, pool_size=POOL, max_overflow=0, pool_pre_ping=True
    )


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Raise the errors of drivers as ours."""
    try:
        yield
    except SQLAlchemyError as error:
        found = RecordsRefused if _is_refusal(error) else RecordsDown
        raise found(f"{type(error).__name__}: {getattr(error, 'orig', None) or error}") from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        raise RecordsDown(f"{type(error).__name__}: {error}") from error


def _is_refusal(error: SQLAlchemyError) -> bool:
    if isinstance(error, IntegrityError | DataError):
        return True
    code = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
    return isinstance(code, str) and code.startswith(REFUSAL_CODES)
