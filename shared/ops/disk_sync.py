"""Writes new files to disk, so that the output of a settled generation survives a power cut."""

import os
from collections.abc import Iterator
from pathlib import Path


class DiskSync:
    """`flush` writes files below a folder to disk, with the folders that lead to them.

    Each write is a flush of the disk, and the store's appends wait behind it. So the folders above a file's own are
    written with the first file there only.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written: set[Path] = set()  # folders whose own entries are on disk

    def flush(self, path: str) -> None:
        """Write a file to disk. Blocks. Raises OSError."""
        file = self._folder / path
        for step in self._unwritten(file):
            write_to_disk(step)
        self._written.add(file.parent)

    def _unwritten(self, file: Path) -> Iterator[Path]:
        yield file
        for above in file.parents:
            yield above
            if above == self._folder or file.parent in self._written:
                return


def write_to_disk(path: Path) -> None:
    """Write a file or folder to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
