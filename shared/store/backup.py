"""A copy of the store's append-only file, taken while everything runs.

The file is a folder: a base, what was appended since, and a manifest that names them. While it is not rewritten, files
are only appended to, so a copy is the store as it was at one moment; a command that was cut off is left out when the
copy is loaded, and a script is one command.
"""

import asyncio
import shutil
import time
from pathlib import Path

from msgspec import Struct

from shared.domain.errors import WokflowError
from shared.store.client import StoreClient

REWRITE_S = 600.0  # how long a rewrite that is under way may take
LOOK_EVERY_S = 0.1
PERCENTAGE = "auto-aof-rewrite-percentage"


class BackupError(WokflowError):
    """There is no copy; the message says why and what to do."""


class Backup(Struct, frozen=True, kw_only=True):
    """A copy that was made. What was answered before `at_ms` is in it."""

    folder: str
    at_ms: int
    files: int
    size_bytes: int


async def back_up(store: StoreClient, target: Path) -> Backup:
    """Copy the append-only file of a store on this machine into `target`, which must not be there yet.

    Raises BackupError, StoreDown.
    """
    source = await _append_only_folder(store)
    before = await _setting(store, PERCENTAGE)
    await store.call("CONFIG", "SET", PERCENTAGE, "0")
    try:
        await _no_rewrite(store)
        at_ms = time.time_ns() // 1_000_000
        copied = await asyncio.to_thread(_copy, source, target)
    except OSError as error:
        raise BackupError(f"Cannot copy {error.filename}: {error.strerror}.") from None
    finally:
        await store.call("CONFIG", "SET", PERCENTAGE, before)
    return Backup(folder=str(target), at_ms=at_ms, files=len(copied), size_bytes=sum(copied))


async def _append_only_folder(store: StoreClient) -> Path:
    if await _setting(store, "appendonly") != "yes":
        raise BackupError("The store has no append-only file: set appendonly yes there, or copy its snapshots.")
    folder = Path(await _setting(store, "dir")) / await _setting(store, "appenddirname")
    if not folder.is_dir():
        raise BackupError(f"{folder} is not on this machine: run this where the store keeps its files.")
    return folder


async def _setting(store: StoreClient, name: str) -> str:
    reply = await store.call("CONFIG", "GET", name)
    return str(reply[1].decode())


async def _no_rewrite(store: StoreClient) -> None:
    """Wait for a rewrite that began before we forbade them."""
    for _ in range(int(REWRITE_S / LOOK_EVERY_S)):
        facts = (await store.call("INFO", "persistence")).decode()
        if "aof_rewrite_in_progress:0" in facts and "aof_rewrite_scheduled:0" in facts:
            return
        await asyncio.sleep(LOOK_EVERY_S)
    raise BackupError(f"The store has been rewriting its file for {REWRITE_S:g} s: try again later.")


def _copy(source: Path, target: Path) -> list[int]:
    """The sizes of what was copied, the manifest first: whatever it names is there."""
    if target.exists():
        raise BackupError(f"{target} is there already: name a new folder, so that no older backup is lost.")
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700, parents=True)
    files = sorted(source.iterdir(), key=lambda path: path.suffix != ".manifest")
    for path in files:
        shutil.copyfile(path, part / path.name)
    part.rename(target)
    return [(target / path.name).stat().st_size for path in files]
