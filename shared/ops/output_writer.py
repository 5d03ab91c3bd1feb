"""Outputs that are written piece by piece, so that no process holds a whole one."""

from hashlib import sha256
from typing import TYPE_CHECKING

from shared.ops.storage import Storage

if TYPE_CHECKING:
    from obstore import WritableFile


class OutputWriter:
    """An output that is written piece by piece. It does not exist before `close`, and never if it is dropped."""

    def __init__(self, storage: Storage, path: str, media_type: str) -> None:
        self._storage, self._path, self._media_type = storage, path, media_type
        self._hash = sha256()
        self._file: WritableFile | None = None

    @property
    def hash(self) -> str:
        """Return the SHA-256 of the bytes so far, in hex."""
        return self._hash.hexdigest()

    async def write(self, piece: bytes) -> None:
        """Append bytes. Raises StorageError."""
        await self._storage.run(f"write {self._path}", self._write, piece)

    async def close(self) -> None:
        """Publish the output, durably as configured. Raises StorageError."""
        await self._storage.run(f"write {self._path}", self._close)

    def _write(self, piece: bytes) -> None:
        self._hash.update(piece)
        if self._file is None:
            self._file = self._storage.open_file(self._path, self._media_type)
        self._file.write(piece)

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        self._storage.flush(self._path)
