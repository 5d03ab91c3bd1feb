"""Files to upload."""

import os
from pathlib import Path
from typing import BinaryIO

File = str | os.PathLike[str] | bytes | BinaryIO


def read_file(file: File) -> bytes:
    """Return the bytes of a path, of an open file, or as they are. Raises OSError."""
    if isinstance(file, bytes):
        return file
    return Path(file).read_bytes() if isinstance(file, str | os.PathLike) else file.read()
