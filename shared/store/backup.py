"""Backups of the store's append-only file while the store is running.

The append-only file is a folder with a base file, increments, and a manifest that names them. Between two rewrites the
server only appends, so a copy is the store at one moment. An incomplete command at the end is dropped when the copy is
loaded, and a Lua verb is one command.
"""

import asyncio
import shutil
from pathlib import Path

from msgspec import Struct

from shared.domain.errors import WokflowError
from shared.ops import clock
from shared.store.client import StoreClient

REWRITE_S = 600.0  # limit of a rewrite that is running at the start of a backup
POLL_S = 0.1
PERCENTAGE = "auto-aof-rewrite-percentage"


class BackupError(WokflowError):
    """A backup that failed; the message says why and what to do."""


class Backup(Struct, frozen=True, kw_only=True):
    """A finished backup. It has every write that was answered before `at_ms`."""

    folder: str
    at_ms: int
    files: int
    size_bytes: int


async def back_up(store: StoreClient, target: Path) -> Backup:
    """Copy the append-only file of a store on this machine into `target`, which must not exist yet.

    Raises BackupError, StoreDown.
    """
    source = await _find_append_only_folder(store)
    before = await _read_setting(store, PERCENTAGE)
    await store.call("CONFIG", "SET", PERCENTAGE, "0")
    try:
        await _wait_for_rewrite(store)
        at_ms = clock.now_ms()
        copied = await asyncio.to_thread(_copy, source, target)
    except OSError as error:
        raise BackupError(
            f"Cannot copy {error.filename} ({error.strerror}): check its permissions and the free space of the target."
        ) from None
    finally:
        await store.call("CONFIG", "SET", PERCENTAGE, before)
    return Backup(folder=str(target), at_ms=at_ms, files=len(copied), size_bytes=sum(copied))


async def _find_append_only_folder(store: StoreClient) -> Path:
    if await _read_setting(store, "appendonly") != "yes":
        raise BackupError(
            "The store does not write an append-only file: set `appendonly yes` there, or copy its snapshots."
        )
    folder = Path(await _read_setting(store, "dir")) / await _read_setting(store, "appenddirname")
    if not folder.is_dir():
        raise BackupError(f"{folder} is not on this machine: run the backup on the store's machine.")
    return folder


async def _read_setting(store: StoreClient, name: str) -> str:
    reply = await store.call("CONFIG", "GET", name)
    return str(reply[1].decode())


async def _wait_for_rewrite(store: StoreClient) -> None:
    """Wait for a rewrite that began before rewrites were disabled. Raises BackupError after REWRITE_S."""
    for _ in range(int(REWRITE_S / POLL_S)):
        info = (await store.call("INFO", "persistence")).decode()
        if "aof_rewrite_in_progress:0" in info and "aof_rewrite_scheduled:0" in info:
            return
        await asyncio.sleep(POLL_S)
    raise BackupError(f"The store has been rewriting its append-only file for {REWRITE_S:g} s: try again later.")


def _copy(source: Path, target: Path) -> list[int]:
    # The manifest is copied first, so that every file that it names is complete.
    if target.exists():
        raise BackupError(f"{target} exists already: name a new folder, so that no older backup is lost.")
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700, parents=True)
    files = sorted(source.iterdir(), key=lambda path: path.suffix != ".manifest")
    for path in files:
        shutil.copyfile(path, part / path.name)
    part.rename(target)
    return [(target / path.name).stat().st_size for path in files]
