"""Sandbox tasks that read image files of strangers: their type and size, and whether they are whole."""

import io
import struct
import warnings
import zlib
from collections.abc import Callable
from typing import Any

from PIL import Image

MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif", "AVIF": "image/avif"}
SIDE_PX_MAX = 65_535
# Pillow's decoders raise these for files that are broken, or made to break them.
BROKEN = (OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, OverflowError, struct.error, zlib.error)
BROKEN_TOO = (ZeroDivisionError, AttributeError, MemoryError, Image.DecompressionBombError)

# The last bytes of a whole file. A provider that was cut off delivers the first bytes alone.
ENDS: dict[str, Callable[[bytes], bool]] = {
    "PNG": lambda data: b"IEND" in data[-64:],
    "JPEG": lambda data: b"\xff\xd9" in data[-4_096:],
    "GIF": lambda data: b";" in data[-64:],
    "WEBP": lambda data: int.from_bytes(data[4:8], "little") + 8 <= len(data) + 1,
    "AVIF": lambda data: True,
}


def describe(data: bytes) -> dict[str, Any]:
    """Return the media type, width and height of an image file, from its header.

    Raises ValueError, with a sentence for the caller, for other files, broken ones and ones that end early.
    """
    Image.MAX_IMAGE_PIXELS = None  # nothing is decoded here
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns about odd files that it reads all the same
        try:
            with Image.open(io.BytesIO(data), formats=[name for name in MEDIA_TYPES if name in _openers()]) as image:
                name, (width, height) = image.format or "", image.size
        except (*BROKEN, *BROKEN_TOO):
            raise ValueError("the file is not an image that can be read (PNG, JPEG, WebP, GIF, AVIF)") from None
    if not (0 < width <= SIDE_PX_MAX and 0 < height <= SIDE_PX_MAX):
        raise ValueError(f"the image has {width} x {height} pixels")
    if not ENDS[name](data):
        raise ValueError("the image ends early")
    return {"media_type": MEDIA_TYPES[name], "width": width, "height": height}


def _openers() -> dict[str, Any]:
    Image.init()
    return Image.OPEN


TASKS: dict[str, Callable[..., Any]] = {"describe": describe}
