"""Photos as phones take them, built with the decoder's own library: lying on their side, with a note of how to turn."""

import io
import struct
from functools import cache

import pillow_heif
from PIL import ExifTags, Image

WIDTH, HEIGHT = 128, 96  # as stored; the upright photo is HEIGHT x WIDTH
LEFT, RIGHT = "blue", "red"  # as stored; the upright photo is blue above red
TURN_RIGHT = 6  # EXIF's orientation of a photo that a phone took upright


def photo(form: str, size_bytes: int = 0) -> bytes:
    """Return a photo in JPEG, HEIF, AVIF or another form of Pillow, filled up to a size."""
    data = _small_photo(form)
    missing = max(size_bytes - len(data), 0)
    return data if not missing else _filled(form, data, missing)


def _filled(form: str, data: bytes, missing: int) -> bytes:
    """Add bytes that every decoder skips: comments to a JPEG, a free box to a HEIC."""
    if form == "JPEG":
        comment = b"\xff\xfe" + struct.pack(">H", 65_533) + bytes(65_531)
        return data[:-2] + comment * (missing // len(comment) + 1) + data[-2:]
    return data + struct.pack(">I4s", missing + 8, b"free") + bytes(missing)


@cache
def _small_photo(form: str) -> bytes:
    pillow_heif.register_heif_opener()
    image = Image.new("RGB", (WIDTH, HEIGHT), RIGHT)
    image.paste(LEFT, (0, 0, WIDTH // 2, HEIGHT))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = TURN_RIGHT
    file = io.BytesIO()
    image.save(file, form, exif=exif.tobytes())
    return file.getvalue()


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    """Return an image as a file."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()
