"""Files that a rewrite of the store's append-only file replaces."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from shared.ops.settings import Settings
from shared.store import old_files
from shared.store.append_log import FOLDER
from shared.store.old_files import free_old_files
from tests.harness.processes import Process, make_folder, socket_answers

STEP = 1000


@pytest.fixture
async def folder(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Path]:
    """Watch a folder, and free its deleted files in small steps."""
    monkeypatch.setattr(old_files, "STEP_BYTES", STEP)
    monkeypatch.setattr(old_files, "PAUSE_S", 0.001)
    path = make_folder("log") / "late"
    task = asyncio.create_task(free_old_files(path, watch_s=0.01))
    await asyncio.sleep(0.02)
    path.mkdir()
    yield path
    task.cancel()
    await asyncio.wait({task})
    assert [] == opened_in(os.getpid(), path)


def opened_in(pid: int, folder: Path) -> list[str]:
    """Return the files below `folder` that a process has open; the paths of deleted ones end with (deleted)."""
    links = Path(f"/proc/{pid}/fd").iterdir()
    found = [os.readlink(link) for link in links if link.is_symlink() and os.path.lexists(link)]
    return [path for path in found if path.startswith(str(folder))]


async def write_watched(path: Path, size: int) -> None:
    """Write a file and wait until it is watched."""
    path.write_bytes(b"x" * size)
    while str(path) not in opened_in(os.getpid(), path.parent):
        await asyncio.sleep(0.01)


async def test_deleted_file_is_freed_in_steps(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deleted file is shortened step by step, and closed at the end."""
    await write_watched(folder / "old", 5 * STEP + 1)
    steps: list[int] = []
    truncate = os.ftruncate
    monkeypatch.setattr(os, "ftruncate", lambda file, size: (steps.append(size), truncate(file, size)))
    (folder / "old").unlink()
    while opened_in(os.getpid(), folder):
        await asyncio.sleep(0.01)
    assert [4001, 3001, 2001, 1001, 1] == steps


async def test_file_with_another_name_is_left_alone(folder: Path) -> None:
    """A file that was moved, or that a backup links to, keeps its bytes."""
    await write_watched(folder / "old", 5 * STEP)
    os.link(folder / "old", folder.parent / "backup")
    (folder / "old").unlink()
    while opened_in(os.getpid(), folder.parent):
        await asyncio.sleep(0.01)
    assert 5 * STEP == (folder.parent / "backup").stat().st_size


async def test_rewrite_of_the_store_leaves_only_the_new_files() -> None:
    """After a rewrite the embedded store's process has the new files open, and soon no deleted one."""
    settings = Settings(data_dir=str(make_folder("data")), drain_s=1)
    store = Process("embedded", sys.executable, "-m", "shared.store.embedded", env={"DATA_DIR": settings.data_dir})
    await store.start().wait_until(lambda: socket_answers(settings.store_socket), "answer")
    log = Path(settings.data_dir) / "store" / FOLDER
    await store.wait_until(lambda: 3 == len(opened_in(store.pid, log)), "watch of base, increment and manifest")
    before = {path.name for path in log.iterdir()}
    async with Redis.from_url(settings.store_url) as redis:
        await redis.set("name", "value")
        await redis.bgrewriteaof()
        await store.wait_until(lambda: before.isdisjoint(opened_names(store.pid, log)), "close of the old files")
        assert b"value" == await redis.get("name")
    await store.stop()


def opened_names(pid: int, folder: Path) -> set[str]:
    """Return the names of the files that a process has open; the manifest is always a new file of the same name."""
    return {Path(path).name for path in opened_in(pid, folder)} - {"appendonly.aof.manifest"}
