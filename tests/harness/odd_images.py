"""Image files that are broken, enormous or made to keep a decoder busy, built when a test needs them."""

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache

from PIL import Image

from tests.harness.doubles.provider import a_png

PNG_START = b"\x89PNG\r\n\x1a\n"
JPEG_BYTES = 19_000_000


def chunk(name: bytes, body: bytes = b"") -> bytes:
    """Return a PNG chunk."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, *extra: bytes, pixels: int | None = None) -> bytes:
    """Return a PNG of black pixels that claims a size, with chunks before them. `pixels` bytes are in it."""
    rows = bytes((width * 3 + 1) * height if pixels is None else pixels)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return PNG_START + head + b"".join(extra) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND")


def saved(form: str, mode: str = "RGB", **options: object) -> bytes:
    """Return an ordinary image in a form and mode."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize((64, 48)).convert(mode).save(file, form, **options)
    return file.getvalue()


def frames(form: str, count: int) -> bytes:
    """Return an animation."""
    images = [Image.new("RGB", (64, 48), (number % 256, number // 256, 9)) for number in range(count)]
    return saved(form, save_all=True, append_images=images)


def scans(count: int) -> bytes:
    """Return a progressive JPEG that repeats its last scan."""
    data = saved("JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * count + data[-2:]


def ifds(count: int) -> bytes:
    """Return a TIFF whose directories form a long chain."""
    links = b"".join(struct.pack("<HI", 0, 8 + 6 * (number + 1)) for number in range(count))
    return b"II*\0" + struct.pack("<I", 8) + links


def exif_loop() -> bytes:
    """Return a JPEG whose EXIF directory contains itself."""
    ifd = struct.pack("<HHHII", 1, 0x8769, 4, 1, 8) + struct.pack("<I", 8)
    body = b"Exif\0\0II*\0" + struct.pack("<I", 8) + ifd
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(body) + 2) + body + saved("JPEG")[2:]


@cache
def bomb() -> bytes:
    """Return bytes that unpack to 60 MB."""
    return zlib.compress(bytes(60_000_000), 9)


ODD_IMAGES: dict[str, Callable[[], bytes]] = {
    "jpeg of fill bytes": lambda: b"\xff\xd8" + b"\xff" * JPEG_BYTES,
    "jpeg of comments": lambda: b"\xff\xd8" + b"\xff\xfe\0\4xx" * 300_000 + saved("JPEG")[2:],
    "jpeg of tables": lambda: b"\xff\xd8" + (b"\xff\xdb\0\x43\0" + b"\1" * 64) * 50_000 + saved("JPEG")[2:],
    "jpeg of scans": lambda: scans(3_000),
    "jpeg in four inks": lambda: saved("JPEG", "CMYK"),
    "jpeg with an endless directory": exif_loop,
    "jpeg with a large profile": lambda: saved("JPEG", icc_profile=bytes(4_000_000)),
    "half a jpeg": lambda: saved("JPEG")[:400],
    "png of chunks": lambda: png(8, 8, chunk(b"aaAa", b"x") * 100_000),
    "png of texts": lambda: png(8, 8, chunk(b"tEXt", b"a\0b") * 50_000),
    "png with a profile that unpacks to 60 MB": lambda: png(8, 8, chunk(b"iCCP", b"a\0\0" + bomb())),
    "png with a text that unpacks to 60 MB": lambda: png(8, 8, chunk(b"zTXt", b"a\0\0" + bomb())),
    "png that unpacks to 50 MB": lambda: png(4_096, 4_096),
    "png with more pixels than it claims": lambda: png(8, 8, pixels=60_000_000),
    "png of the largest size": lambda: png(2**31 - 1, 2**31 - 1, pixels=99),
    "png of 16 bits": lambda: saved("PNG", "I;16"),
    "half a png": lambda: a_png()[: len(a_png()) // 2],
    "gif of frames": lambda: frames("GIF", 300),
    "webp of frames": lambda: frames("WEBP", 60),
    "webp of the largest size": lambda: b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff" * 6,
    "tiff of directories": lambda: ifds(100_000),
    "bmp": lambda: saved("BMP"),
    "nothing": bytes,
}
