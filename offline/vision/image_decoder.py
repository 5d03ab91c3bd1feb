"""Decodes image files that anybody may have sent: bounded in size, upright, the first frame in 8 bits."""

import io
import struct
import warnings
import zlib
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from msgspec import Struct
from PIL import ExifTags, Image, ImageOps

from offline.extras import import_extra
from offline.vision.limits import check_side

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF")
ANIMATED = ("GIF", "WEBP", "PNG", "AVIF")  # of these, several images are one that moves
PLAIN_MODES = ("L", "LA", "P", "RGB", "RGBA", "1")
TEXT_CHARS_MAX = 4_000
# Errors of Pillow's decoders for broken and hostile files.
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, OverflowError, struct.error, zlib.error)
_BROKEN_TOO = (Image.DecompressionBombError, ZeroDivisionError, AttributeError, MemoryError, RuntimeError)


class DecodedImage(Struct, frozen=True):
    """An image in mode L, LA, RGB or RGBA. `texts` are the file's own text fields by name, cut to a bound.

    `is_plain` says that the file itself is upright and in 8 bits of grey or red, green and blue.
    """

    image: Image.Image
    format: str
    texts: dict[str, str]
    is_plain: bool = True
    is_animated: bool = False


def decode_image(data: bytes, check: Callable[[int, int], None] = check_side) -> DecodedImage:
    """Decode an image file. Raises ValueError for a file that is unreadable or broken, or refused by `check`."""
    _load_decoders()
    with warnings.catch_warnings():
        # Pillow warns about odd files that it reads nevertheless, and about sizes that are checked below.
        warnings.simplefilter("ignore")
        try:
            source = Image.open(io.BytesIO(data), formats=[name for name in FORMATS if name in Image.OPEN])
        except (*_BROKEN, *_BROKEN_TOO):
            raise ValueError(
                "The file is not an image that can be read. Send PNG, JPEG, WebP, GIF, AVIF, HEIC, TIFF or BMP."
            ) from None
        check(*source.size)
        try:
            is_animated = source.format in ANIMATED and bool(getattr(source, "is_animated", False))
            source.load()
            texts = _texts(source)
            is_plain = source.mode in PLAIN_MODES and source.getexif().get(ExifTags.Base.Orientation, 1) == 1
            image = _in_8_bits(ImageOps.exif_transpose(source))
        except (*_BROKEN, *_BROKEN_TOO):
            raise ValueError(
                "The image file is broken: it ends early or its data are invalid. Send it again."
            ) from None
    return DecodedImage(image, source.format or "", texts, is_plain, is_animated)


def _load_decoders() -> None:
    Image.init()
    if "HEIF" not in Image.OPEN and find_spec("pillow_heif") is not None:
        register_heif = import_extra("pillow_heif").register_heif_opener
        register_heif(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)


def _in_8_bits(image: Image.Image) -> Image.Image:
    """Convert to one of four modes with the same colours. Drop an alpha channel that hides nothing."""
    if image.mode in ("I;16", "I;16B", "I;16L", "I;16N", "I", "F"):
        deep = np.asarray(image, dtype=np.float64)
        tops = (65_535,) if image.mode.startswith("I;16") else (1, 255, 65_535) if image.mode == "F" else (255, 65_535)
        top = next((top for top in tops if deep.max(initial=0) <= top), 65_535)
        image = Image.fromarray(np.clip(np.round(deep * (255 / top)), 0, 255).astype(np.uint8))
    clear = image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info
    grey = image.mode in ("1", "L", "LA", "La") and not isinstance(image.info.get("transparency"), tuple)
    if not clear:
        return image.convert("L" if grey else "RGB")
    converted = image.convert("RGBA")
    if converted.getchannel("A").getextrema() == (255, 255):
        return converted.convert("L" if grey else "RGB")
    return converted.convert("LA" if grey else "RGBA")


def _texts(source: Image.Image) -> dict[str, str]:
    """Return PNG text chunks, a JPEG's comment, and the description and comment of EXIF."""
    found = {str(name): value for name, value in source.info.items() if isinstance(value, str)}
    comment = source.info.get("comment")
    if isinstance(comment, bytes):
        found["comment"] = comment.decode("utf-8", "replace")
    exif = source.getexif()
    described = exif.get(ExifTags.Base.ImageDescription)
    if isinstance(described, str):
        found.setdefault("description", described)
    user_comment = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment)
    if isinstance(user_comment, bytes):
        coding = "utf-16-be" if user_comment.startswith(b"UNICODE\0") else "utf-8"
        found.setdefault("user comment", user_comment[8:].decode(coding, "replace"))
    return {
        name: text.strip("\0 \n\t")[:TEXT_CHARS_MAX] for name, text in list(found.items())[:50] if text.strip("\0 \n\t")
    }
