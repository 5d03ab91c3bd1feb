"""Export everything about an account as one archive, row by row, so that its size needs no memory."""

import asyncio
import math
import zipfile
from collections.abc import AsyncIterator
from typing import IO, Annotated, Any

import msgspec
from msgspec import Struct

from operate.accounts import require_account
from operate.operator import Operator
from shared.domain.described import doc
from shared.domain.errors import Refused
from shared.domain.receipt import GENERATIONS
from shared.ops.storage import Storage
from shared.records.connect import Records
from shared.records.erase import list_known
from shared.records.export_account import TABLES, read_table, show_row
from shared.records.rows import generation_row
from shared.store import archive, erase
from shared.store.archive import GENERATION

NO_TIME = (1980, 1, 1, 0, 0, 0)
ROWS_AT_ONCE = 20  # before others are served
TOO_LARGE = "The account's archive is larger than {:.0f} MB. The operator can export it: `wokflow account export`."


class Exported(Struct, kw_only=True):
    """The contents of an archive."""

    account: Annotated[str, doc("The account's id.")]
    file: Annotated[str, doc("The archive.")]
    entries: Annotated[dict[str, int], doc("The number of entries of each of its parts.")]


async def export_account(
    operator: Operator,
    account: str,
    file: IO[bytes],
    storage: Storage,
    records: Records,
    *,
    bytes_max: float = math.inf,
) -> Exported:
    """Write a ZIP file with everything about an account: rows as JSON lines, and its outputs.

    Raises Refused, also past `bytes_max`, StoreDown, RecordsDown, StorageError and OSError.
    """
    await require_account(operator, account)
    done = Exported(account=account, file=str(getattr(file, "name", "")), entries={})
    paths = list[str]()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archived:
        async with records.read() as connection:
            for name in TABLES:
                paths += await _write_rows(archived, done, name, read_table(connection, name, account), bytes_max)
        recent = _read_recent(operator, records, account)
        paths += await _write_rows(archived, done, "recent_generations", recent, bytes_max)
        for path in paths:
            done.entries["files"] = done.entries.get("files", 0) + await _copy_file(archived, storage, path)
            _check_size(file, bytes_max)
    return done


async def _write_rows(
    archived: zipfile.ZipFile, done: Exported, name: str, rows: AsyncIterator[dict[str, Any]], bytes_max: float
) -> list[str]:
    """Write rows as JSON lines. Return the paths of their files in our storage."""
    paths, count = list[str](), 0
    with archived.open(f"{name}.jsonl", "w", force_zip64=True) as lines:
        async for row in rows:
            lines.write(msgspec.json.encode(row) + b"\n")
            paths += _paths_of(row)
            count += 1
            if count % ROWS_AT_ONCE == 0:
                await asyncio.sleep(0)
                _check_size(archived.fp, bytes_max)
    if count:
        done.entries[name] = count
    return paths


def _check_size(file: IO[bytes] | None, bytes_max: float) -> None:
    if file is not None and file.tell() > bytes_max:
        raise Refused("conflict", TOO_LARGE.format(bytes_max / 1_000_000))


def _paths_of(row: dict[str, Any]) -> list[str]:
    """Return the outputs of a generation that are in our storage."""
    files = [*row.get("files", ()), *row.get("late_files", ())]
    return [file["place"] for file in files if "://" not in file["place"]]


async def _read_recent(operator: Operator, records: Records, account: str) -> AsyncIterator[dict[str, Any]]:
    """Yield the account's generations in the store that the database does not have: open ones, and those of seconds."""
    async for ended, others in erase.scan_owned(operator.store, account):
        names = [name for name in (*ended, *others) if name.startswith(GENERATION)]
        ids = [name.removeprefix(GENERATION) for name in names]
        async with records.read() as connection:
            known = await list_known(connection, ids)
        for name, fields in zip(ids, await archive.read_hashes(operator.store, names), strict=True):
            if fields and name not in known:
                yield show_row(GENERATIONS, generation_row(name, fields))


async def _copy_file(archived: zipfile.ZipFile, storage: Storage, path: str) -> int:
    """Copy an output into the archive. Return 0 if its retention is over."""
    found = await storage.find(path)
    if found is None:
        return 0
    stored = zipfile.ZipInfo(f"files/{path}", NO_TIME)  # media does not get smaller
    with archived.open(stored, "w", force_zip64=True) as copy:
        async for part in storage.read(path, 0, found.size_bytes):
            copy.write(part)
    return 1
