"""Back up a database of SQLite while archivers write to it. PostgreSQL has its own tools."""

import asyncio
import contextlib
import os
import sqlite3
from pathlib import Path

from msgspec import Struct

from shared.domain.errors import WokflowError
from shared.records.connect import SQLITE
from shared.records.schema import facts

SOUND = [("ok",)]


class RecordsBackupError(WokflowError):
    """A backup that failed; the message says why and what to do."""


class RecordsBackup(Struct, frozen=True, kw_only=True):
    """A finished backup: everything that was committed before it began, and maybe more."""

    file: str
    size_bytes: int


async def back_up_records(url: str, target: Path) -> RecordsBackup:
    """Copy the database at a URL to a file, which must not exist yet, and check the copy.

    Raises RecordsBackupError.
    """
    if not url:
        raise RecordsBackupError("This deployment has no database: DATABASE_URL is off.")
    if not url.startswith(SQLITE):
        raise RecordsBackupError("PostgreSQL has its own tools: use pg_dump, as docs/records.md says.")
    return await asyncio.to_thread(_copy, Path(url.removeprefix(SQLITE)), target)


def _copy(source: Path, target: Path) -> RecordsBackup:
    if not source.exists():
        raise RecordsBackupError(f"{source} does not exist: no archiver has made it yet, or DATABASE_URL is wrong.")
    if target.exists():
        raise RecordsBackupError(f"{target} exists already: name a new file, so that no older backup is lost.")
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.touch(mode=0o600)
        with contextlib.closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)) as database:
            database.execute("VACUUM INTO ?", (str(part),))
        with contextlib.closing(sqlite3.connect(part)) as copy:
            found = copy.execute("PRAGMA quick_check").fetchall()
            tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        if found != SOUND:
            raise RecordsBackupError(f"The copy is damaged ({found[0][0]}): check {source} and the disk.")
        if facts.name not in tables:
            raise RecordsBackupError(f"{source} has no records yet: wait until an archiver logs archiver.started.")
        _flush_file(part)
        part.rename(target)
    except (OSError, sqlite3.Error) as error:
        raise RecordsBackupError(f"Cannot copy {source} to {target}: {error}.") from None
    return RecordsBackup(file=str(target), size_bytes=target.stat().st_size)


def _flush_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
