"""The type and size of an image file, read from the places where its format stores them, without a decoder.

A read takes a bounded number of steps whatever the bytes say, so it may run on an event loop. Pixels are decoded in a
sandbox only.
"""

from collections.abc import Callable

from msgspec import Struct

HEAD_BYTES_MAX = 1 << 20  # the first bytes, in which a size is searched for
TAIL_BYTES_MAX = 1 << 16  # the last bytes, in which the end of a file is searched for
STEPS_MAX = 1_024  # segments and fill bytes of a JPEG before its size

IMAGE_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
Size = tuple[int, int]  # width, height

_FILL, _TEMPORARY, _RESTARTS, _END, _SCAN = 0xFF, 0x01, range(0xD0, 0xD8), 0xD9, 0xDA
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # the other three are tables


class DamagedImage(ValueError):
    """The first bytes are an image's, and the rest is not; the message is a clause without a subject."""


class ImageHeader(Struct, frozen=True):
    """The media type of an image, and its width and height. No size: it is not within the first bytes."""

    media_type: str
    size: Size | None


def image_type(head: bytes) -> str | None:
    """Return the media type of an image by its first bytes, None for any other file."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((media_type for start, media_type in IMAGE_STARTS if head.startswith(start)), None)


def read_header(head: bytes, size_bytes: int) -> ImageHeader | None:
    """Return the header of an image file of `size_bytes` that begins with `head`, None for any other file.

    Raises DamagedImage for an image file without a size.
    """
    media_type = image_type(head)
    if media_type is None:
        return None
    size = _READERS[media_type](head)
    if size is None and size_bytes <= len(head):
        raise DamagedImage("has no size")
    if size is not None and 0 in size:
        raise DamagedImage(f"has a size of {size[0]} x {size[1]} pixels")
    return ImageHeader(media_type, size)


def is_whole(media_type: str, head: bytes, tail: bytes, size_bytes: int) -> bool:
    """Return whether an image file reaches its end. A provider that was cut off delivers the first bytes alone."""
    match media_type:
        case "image/png":
            return b"IEND" in tail
        case "image/jpeg":
            return b"\xff\xd9" in tail
        case "image/gif":
            return b";" in tail[-4_096:]
        case "image/webp":
            return _little(head, 4, 4) + 8 <= size_bytes + 1  # some writers leave the padding byte out
    return True


def _png_size(head: bytes) -> Size | None:
    if len(head) < 24 or head[8:16] != b"\0\0\0\rIHDR":
        return None
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


def _gif_size(head: bytes) -> Size | None:
    return (_little(head, 6, 2), _little(head, 8, 2)) if len(head) >= 13 else None


def _webp_size(head: bytes) -> Size | None:
    if len(head) < 30:
        return None
    match head[12:16]:
        case b"VP8 " if head[23:26] == b"\x9d\x01\x2a":
            return _little(head, 26, 2) & 0x3FFF, _little(head, 28, 2) & 0x3FFF
        case b"VP8L" if head[20] == 0x2F:
            bits = _little(head, 21, 4)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            return _little(head, 24, 3) + 1, _little(head, 27, 3) + 1
    return None


def _jpeg_size(head: bytes) -> Size | None:
    """Return the size in the first frame header. Raises DamagedImage where no segment begins."""
    place = 2
    for _ in range(STEPS_MAX):
        if place + 2 > len(head):
            return None
        mark, kind = head[place], head[place + 1]
        if mark != _FILL or kind in (0, _END, _SCAN):
            raise DamagedImage("has no size")
        if kind in _FRAMES:
            height, width = head[place + 5 : place + 7], head[place + 7 : place + 9]
            return (int.from_bytes(width, "big"), int.from_bytes(height, "big")) if len(width) == 2 else None
        if kind == _FILL:
            place += 1
        elif kind == _TEMPORARY or kind in _RESTARTS:
            place += 2
        else:
            place += 2 + max(int.from_bytes(head[place + 2 : place + 4], "big"), 2)
    raise DamagedImage(f"has no size within {STEPS_MAX} segments")


def _little(data: bytes, start: int, count: int) -> int:
    return int.from_bytes(data[start : start + count], "little")


_READERS: dict[str, Callable[[bytes], Size | None]] = {
    "image/png": _png_size,
    "image/jpeg": _jpeg_size,
    "image/gif": _gif_size,
    "image/webp": _webp_size,
}
