"""Makes an input image one that every provider reads: upright, one frame, 8 bits, JPEG or PNG. Runs in a sandbox."""

import io
from typing import Any

from PIL import Image

from offline.vision.image_decoder import DecodedImage, decode_image
from offline.vision.limits import check_area

READ_EVERYWHERE = ("PNG", "JPEG", "WEBP")
LOSSLESS = ("PNG", "GIF", "TIFF", "BMP")
JPEG_QUALITY = 92
PNG_BYTES_MAX = 8_000_000  # a larger one without transparency becomes a JPEG
DEEP_PNG = b"\x10"  # the bit depth in the header of a PNG
DEPTH_AT = 24


def prepare(data: bytes) -> dict[str, Any]:
    """Return the image as `data` with its `media_type`, and whether the file `is_animated`.

    There is no `data` if the file is good as it is. Only the first frame of an animation remains. Raises ValueError.
    """
    decoded = decode_image(data, check_area)
    deep = decoded.format == "PNG" and data[DEPTH_AT : DEPTH_AT + 1] == DEEP_PNG
    if decoded.format in READ_EVERYWHERE and decoded.is_plain and not decoded.is_animated and not deep:
        return {"is_animated": False}
    encoded, media_type = _encode(decoded)
    return {"data": encoded, "media_type": media_type, "is_animated": decoded.is_animated}


def _encode(decoded: DecodedImage) -> tuple[bytes, str]:
    """Encode the pixels, without the file's other facts: a photo's position is nobody's business."""
    image = decoded.image
    clear = image.mode in ("LA", "RGBA")
    if clear or decoded.format in LOSSLESS:
        encoded = _save(image, "PNG", compress_level=4)
        if clear or len(encoded) <= PNG_BYTES_MAX:
            return encoded, "image/png"
    return _save(image, "JPEG", quality=JPEG_QUALITY), "image/jpeg"


def _save(image: Image.Image, form: str, **options: int) -> bytes:
    file = io.BytesIO()
    profile = image.info.get("icc_profile") if image.mode in ("RGB", "RGBA") else None
    image.info.clear()
    image.save(file, form, icc_profile=profile, **options)
    return file.getvalue()


TASKS = {"prepare": prepare}
