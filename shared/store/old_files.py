"""Frees the files that a rewrite of the append-only file replaces, a piece at a time.

When a rewrite ends, the server deletes the old files. Its next sync then waits until the file system has freed them: on
ext4, 170 ms for 300 MB, in which nothing is accepted. A deleted file that another process has open stays, so we open
each file, and shorten it in steps once the server has deleted it.
"""

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import Never

STEP_BYTES = 16 * 1024 * 1024
PAUSE_S = 0.02  # between two steps, for the server's syncs
WATCH_S = 1.0  # less than a file's life, which is the time between two rewrites


async def free_old_files(folder: Path, *, watch_s: float = WATCH_S) -> Never:
    """Watch the folder of the append-only file until cancelled, and free the files that the server deletes there."""
    opened: dict[int, int] = {}  # descriptors by inode
    try:
        while True:
            present = _open_new_files(folder, opened)
            for inode, descriptor in list(opened.items()):
                if inode not in present:
                    await _free(descriptor)
                    os.close(opened.pop(inode))
            await asyncio.sleep(watch_s)
    finally:
        for descriptor in opened.values():
            os.close(descriptor)


def _open_new_files(folder: Path, opened: dict[int, int]) -> set[int]:
    """Open the files that are new in the folder; return the inodes of all that are there."""
    present = set()
    with suppress(OSError):  # the server has not created the folder yet, or has just deleted a file
        for entry in os.scandir(folder):
            present.add(entry.inode())
            if entry.inode() not in opened:
                opened[entry.inode()] = os.open(entry.path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        return present
    return set(opened)


async def _free(descriptor: int) -> None:
    """Shorten a deleted file to nothing. A file that has another name, such as in a backup, stays as it is."""
    facts = os.fstat(descriptor)
    if facts.st_nlink > 0:
        return
    for size in range(facts.st_size - STEP_BYTES, 0, -STEP_BYTES):
        os.ftruncate(descriptor, size)
        await asyncio.sleep(PAUSE_S)
