"""Reads and small writes for callers who wait: bounded, and not tried while the database is known to be away."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.errors import Refused
from shared.ops import redaction
from shared.records.connect import SQLITE, Records
from shared.records.errors import RecordsDown, RecordsSlow, RecordsUnfit
from shared.records.opening import open_records

LIMIT_S = 3.0  # of one statement; the database itself stops it
PATIENCE_S = 5.0  # for a connection and all statements of a read
SEARCHES_MAX = 2  # reads at a time that follow no index, or may take longer; the others wait
AWAY_S = 2.0  # a database that was away, or without tables, is not tried again for so long
REASON_CHARS_MAX = 200

Connection = AsyncConnection
Result = TypeVar("Result")
Query = Callable[[Connection], Awaitable[Result]]
Opening = Callable[[Records], AbstractAsyncContextManager[Connection]]

log = structlog.get_logger()


class History:
    """The records of what has ended. Without a database, every read raises RecordsUnfit."""

    def __init__(self, records: Records | None) -> None:
        self._records = records
        self._away_until_s = 0.0
        self._reason = ""
        self._failure: type[RecordsDown | RecordsUnfit] = RecordsDown
        self._searches = asyncio.Semaphore(SEARCHES_MAX)

    async def search(self, query: Query[Result], limit_s: float = LIMIT_S) -> Result:
        """Return the result of a query that may take long. Other reads keep connections for themselves.

        Raises what `read` raises.
        """
        async with self._searches:
            return await self.read(query, limit_s)

    async def read(self, query: Query[Result], limit_s: float = LIMIT_S) -> Result:
        """Return the result of a query, whose reads see one moment.

        Raises RecordsUnfit if there are no records, RecordsDown, and RecordsSlow for a statement past the limit.
        """
        return await self._run(query, lambda records: records.read(limit_s), limit_s)

    async def change(self, query: Query[Result]) -> Result:
        """Return the result of a query that writes, in the one writing transaction.

        Raises RecordsUnfit if there are no records, RecordsDown, and RecordsRefused for a row that breaks a rule.
        """
        return await self._run(query, Records.write, LIMIT_S)

    async def _run(self, query: Query[Result], opening: Opening, limit_s: float) -> Result:
        records = self._records
        if records is None or _is_absent(records):
            raise RecordsUnfit("This deployment has no records.")
        if time.monotonic() < self._away_until_s:
            raise self._failure(self._reason)
        try:
            async with asyncio.timeout(PATIENCE_S + limit_s), opening(records) as connection:
                return await query(connection)
        except RecordsSlow:
            raise
        except (RecordsDown, RecordsUnfit, TimeoutError) as error:
            self._reason = redaction.foreign().error(error, REASON_CHARS_MAX)
            self._away_until_s = time.monotonic() + AWAY_S
            self._failure = RecordsUnfit if isinstance(error, RecordsUnfit) else RecordsDown
            if self._failure is RecordsDown:
                log.warning("records.away", error=self._reason)
            raise self._failure(self._reason) from None

    async def require(self, query: Query[Result], limit_s: float = LIMIT_S) -> Result:
        """Return the result of a query. Raises Refused if there are no records, or they cannot be read now."""
        try:
            return await (self.search if limit_s > LIMIT_S else self.read)(query, limit_s)
        except RecordsUnfit:
            raise Refused("unavailable", "This deployment keeps no history: its operator has set none up.") from None
        except RecordsSlow:
            raise too_slow(limit_s) from None
        except RecordsDown:
            raise away() from None


@contextlib.asynccontextmanager
async def open_history(url: str) -> AsyncIterator[History]:
    """Open the records at a URL, "" for none. They may be away, and come back."""
    if not url:
        yield History(None)
        return
    async with open_records(url) as records:
        yield History(records)


def away() -> Refused:
    """Return the refusal of a read that needs the database while it is away."""
    return Refused("unavailable", "The history cannot be read at the moment. Try again.", retry_after_s=int(AWAY_S))


def too_slow(limit_s: float = LIMIT_S) -> Refused:
    """Return the refusal of a search that takes too long."""
    return Refused("invalid_request", f"This takes longer than {limit_s:g} s. Narrow it with `from` and `to`.")


def _is_absent(records: Records) -> bool:
    """Return whether the database is a file that no archiver has written yet."""
    if not records.is_sqlite:
        return False
    path = Path(records.url.removeprefix(SQLITE))
    return not path.exists() or not path.stat().st_size
