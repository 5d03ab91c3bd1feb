"""The media type, hash and size of an output or input image, read from its bytes."""

import hashlib
from collections.abc import Callable
from io import BytesIO

from msgspec import Struct
from PIL.GifImagePlugin import GifImageFile
from PIL.Image import DecompressionBombError
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from workers.media.errors import BadOutput

OUTPUT_BYTES_MAX = 512 * 1024 * 1024

# The classes are used directly: Image.open rejects images of more than 179 megapixels, which upscalers deliver. Its
# guard is about decoding, which does not happen here.
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
    size: tuple[int, int] | None  # width and height; None for video and audio, and for huge images


def inspect(data: bytes, kind: str) -> Media:
    """Return the media of an output of `kind`, decided by its bytes. Raises BadOutput."""
    if not data:
        raise BadOutput("the provider delivered an empty output")
    if len(data) > OUTPUT_BYTES_MAX:
        raise BadOutput(f"the provider delivered {len(data)} bytes; at most {OUTPUT_BYTES_MAX} are kept")
    media_type = sniff(data)
    if media_type is None:
        raise BadOutput(f"the provider delivered {len(data)} bytes that are not an image, video or audio file we serve")
    if not media_type.startswith(ALLOWED.get(kind, "")):
        raise BadOutput(f"the provider delivered {media_type} for a generation of kind {kind}")
    return Media(media_type, hashlib.sha256(data).hexdigest(), _image_size(data, media_type))


def sniff(data: bytes) -> str | None:
    """Return the media type of the first bytes, None if we do not serve it."""
    for start, media_type in STARTS:
        if data.startswith(start):
            return media_type
    if data.startswith(b"RIFF"):
        return RIFF_FORMS.get(data[8:12])
    if data[4:8] == b"ftyp" and data[8:12] not in IMAGE_BRANDS:
        return "audio/mp4" if data[8:12] in AUDIO_BRANDS else "video/mp4"
    if data.startswith(b"\x1aE\xdf\xa3") and b"webm" in data[:64]:  # Matroska names its type in the header
        return "video/webm"
    return "audio/mpeg" if _is_mp3_frame(data) else None


def _is_mp3_frame(data: bytes) -> bool:
    # A sync word, a known version, layer III, a valid bitrate and sample rate.
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
        return None  # a huge WebP or GIF may be a valid result; it is stored without its size
    except (SyntaxError, OSError, ValueError) as error:
        raise BadOutput(f"the provider delivered a damaged {media_type}: {error}") from error
