"""The media type, hash and size of an output or input image, read from its bytes without a decoder."""

import hashlib

from msgspec import Struct

from shared.media.file_type import served_type
from shared.media.image_header import (
    HEAD_BYTES_MAX,
    TAIL_BYTES_MAX,
    DamagedImage,
    Size,
    is_whole,
    read_header,
)
from workers.media.errors import BadOutput

OUTPUT_BYTES_MAX = 512 * 1024 * 1024

# The media types that a kind of generation may deliver. A video may be an animated image.
ALLOWED: dict[str, str | tuple[str, ...]] = {
    "image": "image/",
    "upscale": "image/",
    "video": ("video/", "image/gif", "image/webp"),
    "voice": "audio/",
    "music": "audio/",
}
DEFAULT_TYPES = {
    "image": "image/png",
    "upscale": "image/png",
    "video": "video/mp4",
    "voice": "audio/mpeg",
    "music": "audio/mpeg",
}


class Media(Struct, frozen=True):
    """The media type, hash and, for images, size of some bytes."""

    media_type: str
    sha256: str
    size: Size | None  # width and height; None for video and audio, and for an image that hides its size


def inspect(data: bytes, kind: str) -> Media:
    """Return the media of an output of `kind`, decided by its bytes. Raises BadOutput."""
    head, tail = data[:HEAD_BYTES_MAX], data[-TAIL_BYTES_MAX:]
    media_type, size = inspect_ends(head, tail, len(data), kind)
    return Media(media_type, hashlib.sha256(data).hexdigest(), size)


def inspect_ends(head: bytes, tail: bytes, size_bytes: int, kind: str) -> tuple[str, Size | None]:
    """Return the media type and size of an output of `kind` from its first and last bytes. Raises BadOutput.

    `head` has HEAD_BYTES_MAX bytes and `tail` has TAIL_BYTES_MAX, or each is the whole output.
    """
    media_type = require_type(head, size_bytes, kind)
    try:
        header = read_header(head, size_bytes)
    except DamagedImage as error:
        raise BadOutput(f"the provider delivered a damaged {media_type}: it {error}") from error
    if header is not None and not is_whole(media_type, head, tail, size_bytes):
        raise BadOutput(f"the provider delivered a damaged {media_type}: it ends early")
    return media_type, header.size if header else None


def require_type(head: bytes, size_bytes: int, kind: str) -> str:
    """Return the media type of an output of `kind` by its first bytes, `size_bytes` so far. Raises BadOutput."""
    if not size_bytes:
        raise BadOutput("the provider delivered an empty output")
    if size_bytes > OUTPUT_BYTES_MAX:
        raise BadOutput(f"the provider delivered {size_bytes} bytes; at most {OUTPUT_BYTES_MAX} are kept")
    media_type = served_type(head)
    if media_type is None:
        raise BadOutput(
            f"the provider delivered {size_bytes} bytes that are not an image, video or audio file we serve"
        )
    if not media_type.startswith(ALLOWED.get(kind, "")):
        raise BadOutput(f"the provider delivered {media_type} for a generation of kind {kind}")
    return media_type
