"""Connections to the database: SQLite in a file of ours, or PostgreSQL.

Everything is written by one transaction at a time, under a lock of the database. So a writer may read the store inside
its transaction, and what it writes is never older than what is there.
"""

import contextlib
import math
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import URL, event, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from shared.domain.errors import WokflowError
from shared.records.errors import RecordsDown, RecordsRefused, RecordsSlow, RecordsUnfit

SQLITE = "sqlite:///"
LOCK = 8_710_013  # of all writers and migrations, in PostgreSQL
CONNECT_S, COMMAND_S, WRITE_LOCK_S = 5.0, 50.0, 30.0
POOL, POOL_WAIT_S = 5, 5.0
STEPS = 10_000  # of SQLite between two readings of the clock
UNTIL = "until"  # when SQLite stops a statement
LATE_STATE, LATE_WORDS = "57014", "interrupted"  # a statement that was stopped
EMPTY_STATE, EMPTY_WORDS = "42P01", "no such table"  # no archiver has made the tables yet
REFUSAL_STATES = ("22", "23")  # classes of SQLSTATE: data, constraints
Transaction = AsyncConnection  # of `Records.read` and `Records.write`
PRAGMAS = (
    *("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={int(WRITE_LOCK_S * 1000)}"),
    *("foreign_keys=OFF", "secure_delete=ON"),  # erased texts are overwritten
)


class Records:
    """The database of ended generations, ledger lines, deliveries and accounts.

    A command of PostgreSQL takes at most `command_s`; None: as long as it needs.
    """

    def __init__(self, url: str, command_s: float | None = COMMAND_S) -> None:
        self.url = url
        self.is_sqlite = url.startswith(SQLITE)
        self._reader = _sqlite_engine(url, "BEGIN") if self.is_sqlite else _postgres_engine(url, command_s)
        self._writer = _sqlite_engine(url, "BEGIN IMMEDIATE") if self.is_sqlite else self._reader

    @contextlib.asynccontextmanager
    async def read(self, limit_s: float | None = None) -> AsyncIterator[AsyncConnection]:
        """Open a connection whose reads see one moment, and take at most `limit_s`.

        Raises RecordsDown, RecordsUnfit without tables, and RecordsSlow past the limit.
        """
        with _translated():
            async with self._reader.connect() as connection:
                if not self.is_sqlite:
                    await connection.execution_options(isolation_level="REPEATABLE READ")
                async with _limit_reads(connection, limit_s):
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

    async def maintain(self, *statements: str) -> list[int]:
        """Run statements outside of any transaction. Return the first number of each answer. Raises RecordsDown."""
        found = list[int]()
        with _translated():
            async with self._writer.connect() as connection:
                driver: Any = (await connection.get_raw_connection()).driver_connection
                for statement in statements:
                    reply = await driver.execute(statement)
                    found.append((await reply.fetchone() or (0,))[0] if self.is_sqlite else 0)
        return found

    async def close(self) -> None:
        """Close all connections."""
        await self._reader.dispose()
        if self._writer is not self._reader:
            await self._writer.dispose()


def _sqlite_engine(url: str, begin: str) -> AsyncEngine:
    path = Path(url.removeprefix(SQLITE))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    address = URL.create("sqlite+aiosqlite", database=str(path))
    pool = {"poolclass": AsyncAdaptedQueuePool, "pool_size": POOL, "max_overflow": 0, "pool_timeout": POOL_WAIT_S}
    engine = create_async_engine(address, **pool)

    @event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: Any, record: Any) -> None:
        until = record.info[UNTIL] = [math.inf]
        connection.run_async(lambda driver: driver.set_progress_handler(lambda: time.monotonic() > until[0], STEPS))
        connection.isolation_level = None  # we begin transactions ourselves: Python's own begin is late
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start_transaction(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _postgres_engine(url: str, command_s: float | None) -> AsyncEngine:
    """Return an engine for a URL that libpq would take, with its parameters for TLS and sockets."""

    async def connect() -> Any:
        settings = {"application_name": "wokflow", "jit": "off"}
        return await asyncpg.connect(url, timeout=CONNECT_S, command_timeout=command_s, server_settings=settings)

    pool = {"pool_size": POOL, "max_overflow": 0, "pool_timeout": POOL_WAIT_S, "pool_pre_ping": True}
    return create_async_engine("postgresql+asyncpg://", async_creator=connect, **pool)


@contextlib.asynccontextmanager
async def _limit_reads(connection: AsyncConnection, limit_s: float | None) -> AsyncIterator[None]:
    """Let the database itself stop a statement past the limit, so that nobody else waits for it."""
    if limit_s is None:
        yield
    elif connection.dialect.name == "postgresql":
        await connection.execute(text(f"SET LOCAL statement_timeout = {int(limit_s * 1000)}"))
        yield
    else:
        until = (await connection.get_raw_connection()).info[UNTIL]
        until[0] = time.monotonic() + limit_s
        try:
            yield
        finally:
            until[0] = math.inf


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Raise the errors of drivers as ours."""
    try:
        yield
    except SQLAlchemyError as error:
        raise _error_of(error)(f"{type(error).__name__}: {getattr(error, 'orig', None) or error}") from error
    except OverflowError as error:
        raise RecordsRefused(f"{error}") from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        raise RecordsDown(f"{type(error).__name__}: {error}") from error


def _error_of(error: SQLAlchemyError) -> type[WokflowError]:
    original = error.orig if isinstance(error, DBAPIError) else None
    state, words = str(getattr(original, "sqlstate", None) or ""), str(original)
    if state == LATE_STATE or words == LATE_WORDS:
        return RecordsSlow
    if state == EMPTY_STATE or words.startswith(EMPTY_WORDS):
        return RecordsUnfit
    is_refusal = isinstance(error, IntegrityError | DataError) or state.startswith(REFUSAL_STATES)
    return RecordsRefused if is_refusal else RecordsDown
