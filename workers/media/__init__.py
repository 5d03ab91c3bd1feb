"""The media type, hash and size of an output or input image, read from its bytes without a decoder."""

import hashlib

from msgspec import Struct

from shared.media.image_header import (
    HEAD_BYTES_MAX,
    TAIL_BYTES_MAX,
    DamagedImage,
    Size,
    image_type,
    is_whole,
    read_header,
)
from workers.media.errors import BadOutput

OUTPUT_BYTES_MAX = 512 * 1024 * 1024

STARTS = ((b"OggS", "audio/ogg"), (b"fLaC", "audio/flac"), (b"ID3", "audio/mpeg"))
IMAGE_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"heif", b"mif1", b"msf1")  # images in an MP4 container
AUDIO_BRANDS = (b"M4A ", b"M4B ")

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
    media_type = sniff(head)
    if media_type is None:
        raise BadOutput(
            f"the provider delivered {size_bytes} bytes that are not an image, video or audio file we serve"
        )
    if not media_type.startswith(ALLOWED.get(kind, "")):
        raise BadOutput(f"the provider delivered {media_type} for a generation of kind {kind}")
    return media_type


def sniff(head: bytes) -> str | None:
    """Return the media type of the first bytes, None if we do not serve it."""
    if media_type := image_type(head):
        return media_type
    for start, media_type in STARTS:
        if head.startswith(start):
            return media_type
    if head[:4] == b"RIFF":
        return "audio/wav" if head[8:12] == b"WAVE" else None
    if head[4:8] == b"ftyp" and head[8:12] not in IMAGE_BRANDS:
        return "audio/mp4" if head[8:12] in AUDIO_BRANDS else "video/mp4"
    if head.startswith(b"\x1aE\xdf\xa3") and b"webm" in head[:64]:  # Matroska names its type in the header
        return "video/webm"
    return "audio/mpeg" if _is_mp3_frame(head) else None


def _is_mp3_frame(head: bytes) -> bool:
    # A sync word, a known version, layer III, a valid bitrate and sample rate.
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return False
    return head[1] & 0x18 != 0x08 and head[2] & 0xF0 != 0xF0 and head[2] & 0x0C != 0x0C
