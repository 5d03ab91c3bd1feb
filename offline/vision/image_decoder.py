"""Decodes image files that anybody may have sent: bounded in size, upright, the first frame in 8 bits."""

import io
import struct
import warnings
import zlib

import numpy as np
from msgspec import Struct
from PIL import ExifTags, Image, ImageOps

from offline.vision.limits import check_side

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
TEXT_CHARS_MAX = 4_000
# Errors of Pillow's decoders for broken and hostile files.
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, OverflowError, struct.error, zlib.error)
_BROKEN_TOO = (Image.DecompressionBombError, ZeroDivisionError, AttributeError, MemoryError)


class DecodedImage(Struct, frozen=True):
    """An image in mode L, LA, RGB or RGBA. `texts` are the file's own text fields by name, cut to a bound."""

    image: Image.Image
    format: str
    texts: dict[str, str]


def decode_image(data: bytes) -> DecodedImage:
    """Decode an image file. Raises ValueError for a file that is unreadable, broken or too large."""
    Image.init()
    with warnings.catch_warnings():
        # Pillow warns about odd files that it reads nevertheless, and about sizes that are checked below.
        warnings.simplefilter("ignore")
        try:
            source = Image.open(io.BytesIO(data), formats=[name for name in FORMATS if name in Image.OPEN])
        except (*_BROKEN, *_BROKEN_TOO):
            raise ValueError(
                "The file is not an image that can be read. Send PNG, JPEG, WebP, GIF, BMP or TIFF."
            ) from None
        check_side(*source.size)
        try:
            source.load()
            texts = _texts(source)
            image = _in_8_bits(ImageOps.exif_transpose(source))
        except (*_BROKEN, *_BROKEN_TOO):
            raise ValueError(
                "The image file is broken: it ends early or its data are invalid. Send it again."
            ) from None
    return DecodedImage(image, source.format or "", texts)


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
