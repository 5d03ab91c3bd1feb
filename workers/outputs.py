"""Copies a provider's outputs to our storage, before they expire and after a look at what they really are.

OutputError
├── BadOutput     final: no bytes, or not what was ordered; the generation has failed
└── CopyFailed    for now: the output was not fetched; copy again later, the provider is not asked anew
    └── NotStored the provider has it, and our storage did not take it
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Protocol
from urllib.parse import urlsplit

from msgspec import Struct
from PIL.GifImagePlugin import GifImageFile
from PIL.Image import DecompressionBombError
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from shared.ops.storage import Storage, StorageError, new_path
from workers.adapters.contract import Blob, Link
from workers.egress_errors import BadUrl, EgressError, TooLarge

OUTPUT_BYTES_MAX = 512 * 1024 * 1024
OUTPUTS_MAX = 16
INLINE_BYTES_MAX = 256 * 1024  # hashing more than this would hold up the event loop

# The classes are used directly: Image.open refuses pictures of more than 179 megapixels, which upscalers deliver, and
# that guard is about decoding, which does not happen here.
IMAGES: dict[str, Callable[[BytesIO], ImageFile]] = {
    "image/png": PngImageFile,
    "image/jpeg": JpegImageFile,
    "image/webp": WebPImageFile,
    "image/gif": GifImageFile,
}
STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
)
RIFF_FORMS = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
IMAGE_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"heif", b"mif1", b"msf1")  # pictures in an MP4 container
SOUND_BRANDS = (b"M4A ", b"M4B ")

# What the outputs of a kind are; a film may come as a moving picture.
ORDERED: dict[str, str | tuple[str, ...]] = {
    "image": "image/",
    "upscale": "image/",
    "video": ("video/", "image/gif", "image/webp"),
    "voice": "audio/",
    "music": "audio/",
}
USUAL = {
    "image": "image/png",
    "upscale": "image/png",
    "video": "video/mp4",
    "voice": "audio/mpeg",
    "music": "audio/mpeg",
}


class OutputError(Exception):
    """Base of what `keep` raises."""


class BadOutput(OutputError):
    """The provider delivered something nobody can use. Copying it again would not help."""


class CopyFailed(OutputError):
    """The output exists but is not in our storage yet. Call `keep` again later with the same token."""


class NotStored(CopyFailed):
    """The output can be fetched, and our storage refuses it."""


class Fetched(Protocol):
    """What the guarded session answers."""

    @property
    def status(self) -> int:
        """HTTP status."""
        ...

    @property
    def data(self) -> bytes:
        """The whole body."""
        ...


class Get(Protocol):
    """`Egress.get`: one bounded request to an address that is checked first."""

    async def __call__(self, url: str, /, *, body_bytes_max: int) -> Fetched:
        """Fetch `url`."""
        ...


class Kept(Struct, frozen=True):
    """An output: in our storage, or at its provider's where that is a URL."""

    place: str
    media_type: str
    size_bytes: int = 0
    sha256: str = ""
    width: int | None = None  # of images
    height: int | None = None
    expires_ms: int | None = None  # until when the provider keeps what is only there


class Look(Struct, frozen=True):
    """What the bytes of an output say about themselves."""

    media_type: str
    sha256: str
    size: tuple[int, int] | None


async def keep(
    storage: Storage,
    egress_get: Get,
    outputs: Sequence[Blob | Link],
    *,
    kind: str,
    token: str,
    now_ms: int,
    expires_ms: int,
) -> tuple[Kept, ...]:
    """Store the outputs of a generation of `kind`, one at a time to hold one in memory. Raises BadOutput, CopyFailed.

    One that is larger than what we keep stays with its provider, until `expires_ms`. Running it again with the same
    token on the same day replaces what it stored before.
    """
    if len(outputs) > OUTPUTS_MAX:
        raise BadOutput(f"the provider delivered {len(outputs)} outputs; at most {OUTPUTS_MAX} are kept")
    kept: list[Kept] = []
    for index, output in enumerate(outputs):
        data = await _bytes_of(output, egress_get)
        if data is None:
            kept += linked([output], kind, expires_ms)
            continue
        look = inspect(data, kind) if len(data) <= INLINE_BYTES_MAX else await asyncio.to_thread(inspect, data, kind)
        path = new_path(token, look.media_type, now_ms, index)
        try:
            await storage.put(path, data, look.media_type)
        except StorageError as error:
            raise NotStored(str(error)) from error
        width, height = look.size or (None, None)
        kept.append(Kept(path, look.media_type, len(data), look.sha256, width, height))
    return tuple(kept)


def linked(outputs: Sequence[Blob | Link], kind: str, expires_ms: int) -> tuple[Kept, ...]:
    """The outputs where their provider has them; () unless it has all of them."""
    links = [output for output in outputs if isinstance(output, Link)]
    usual = USUAL.get(kind, "application/octet-stream")
    if len(links) < len(outputs):
        return ()
    return tuple(Kept(link.url, link.media_type or usual, expires_ms=expires_ms) for link in links)


def inspect(data: bytes, kind: str) -> Look:
    """Type, hash and, for images, width and height. The bytes decide, and they are what was ordered or nothing."""
    if not data:
        raise BadOutput("the provider delivered an empty output")
    if len(data) > OUTPUT_BYTES_MAX:
        raise BadOutput(f"the provider delivered {len(data)} bytes; at most {OUTPUT_BYTES_MAX} are kept")
    media_type = sniff(data)
    if media_type is None:
        raise BadOutput(f"the provider delivered {len(data)} bytes that are no image, video or sound we serve")
    if not media_type.startswith(ORDERED.get(kind, "")):
        raise BadOutput(f"the provider delivered {media_type} for a generation of kind {kind}")
    return Look(media_type, hashlib.sha256(data).hexdigest(), _image_size(data, media_type))


def sniff(data: bytes) -> str | None:
    """Media type of the first bytes, None if they are none we serve."""
    for start, media_type in STARTS:
        if data.startswith(start):
            return media_type
    if data.startswith(b"RIFF"):
        return RIFF_FORMS.get(data[8:12])
    if data[4:8] == b"ftyp" and data[8:12] not in IMAGE_BRANDS:
        return "audio/mp4" if data[8:12] in SOUND_BRANDS else "video/mp4"
    if data.startswith(b"\x1aE\xdf\xa3") and b"webm" in data[:64]:  # Matroska says so in its header
        return "video/webm"
    return "audio/mpeg" if _is_mp3_frame(data) else None


def _is_mp3_frame(data: bytes) -> bool:
    """Sync word, a known version, layer III, a valid bitrate and sample rate."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE6 != 0xE2:
        return False
    return data[1] & 0x18 != 0x08 and data[2] & 0xF0 != 0xF0 and data[2] & 0x0C != 0x0C


def _image_size(data: bytes, media_type: str) -> tuple[int, int] | None:
    image_class = IMAGES.get(media_type)
    if image_class is None:
        return None
    try:
        with image_class(BytesIO(data)) as image:
            return image.size
    except DecompressionBombError:
        return None  # a huge WebP or GIF may be what was asked for; it is kept without its size
    except (SyntaxError, OSError, ValueError) as error:
        raise BadOutput(f"the provider delivered a damaged {media_type}: {error}") from error


async def _bytes_of(output: Blob | Link, egress_get: Get) -> bytes | None:
    """The output's bytes; None if they are more than we keep."""
    if isinstance(output, Blob):
        return output.data
    host = urlsplit(output.url).hostname  # the rest of a provider's link is often a signature: never shown
    try:
        fetched = await egress_get(output.url, body_bytes_max=OUTPUT_BYTES_MAX)
    except TooLarge:
        return None
    except BadUrl as error:
        raise BadOutput(f"{host} did not deliver an output: {error.message}") from error
    except EgressError as error:
        raise CopyFailed(f"{host} did not deliver an output: {error.message}") from error
    if fetched.status != 200:
        raise CopyFailed(f"{host} answered {fetched.status} for an output")
    return fetched.data
