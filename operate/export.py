"""Export everything about an account as one archive, row by row, so that its size needs no memory."""

import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Annotated, Any

import msgspec
from msgspec import Struct

from operate.accounts import require_account
from operate.operator import Operator
from shared.domain.described import doc
from shared.domain.receipt import GENERATIONS
from shared.ops.storage import Storage
from shared.records.connect import Records
from shared.records.erase import list_known
from shared.records.export_account import TABLES, read_table, show_row
from shared.records.rows import generation_row
from shared.store import archive, erase
from shared.store.archive import GENERATION


class Exported(Struct, kw_only=True):
    """The contents of an archive."""

    account: Annotated[str, doc("The account's id.")]
    file: Annotated[str, doc("The archive.")]
    entries: Annotated[dict[str, int], doc("The number of entries of each of its parts.")]


async def export_account(operator: Operator, account: str, file: Path, storage: Storage, records: Records) -> Exported:
    """Write a ZIP file with everything about an account: rows as JSON lines, and its outputs.

    Raises Refused, StoreDown, RecordsDown, StorageError and OSError.
    """
    await require_account(operator, account)
    done = Exported(account=account, file=str(file), entries={})
    paths = list[str]()
    with zipfile.ZipFile(file, "x", zipfile.ZIP_DEFLATED) as archived:
        async with records.read() as connection:
            for name in TABLES:
                with archived.open(f"{name}.jsonl", "w", force_zip64=True) as lines:
                    async for row in read_table(connection, name, account):
                        _write_line(lines, done, name, row)
                        paths += _paths_of(row)
        with archived.open("recent_generations.jsonl", "w") as lines:
            async for row in _read_recent(operator, records, account):
                _write_line(lines, done, "recent_generations", row)
                paths += _paths_of(row)
        for path in paths:
            done.entries["files"] = done.entries.get("files", 0) + await _copy_file(archived, storage, path)
    return done


def _write_line(lines: IO[bytes], done: Exported, name: str, row: dict[str, Any]) -> None:
    lines.write(msgspec.json.encode(row) + b"\n")
    done.entries[name] = done.entries.get(name, 0) + 1


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
    with archived.open(f"files/{path}", "w", force_zip64=True) as copy:
        async for part in storage.read(path, 0, found.size_bytes):
            copy.write(part)
    return 1
