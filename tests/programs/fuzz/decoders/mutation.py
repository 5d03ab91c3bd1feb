"""Hostile inputs: files with changed bytes, and texts of awkward parts.

The same seed and number give the same input.
"""

import io
import struct
from collections.abc import Callable
from functools import cache
from random import Random

from PIL import Image

SIDE = 12
FORMS = ("PNG", "JPEG", "GIF", "WEBP")
EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF)
SCRIPTS = (
    "\u00e9 \u00df \u0301 \u200d \u6f22 \u3072 \u05d0 \u0627 \u0e01 \U0001f600 \u0928 x\u00b2 \u00bd \u20ac \u2116"
)
MARKS = "' - -- @ # $ & _ / \\ ( [ { < > ; : ! ? \u2026 % + = ~ ` | ^ \u00b0"
WORDS = "a. I. U.S.A. e.g. 1 1, 1.1 Mr. word zz http:// <think> </think> ``` <|im_end|> fox pixel 120 bpm no with"
PARTS = (
    *SCRIPTS.split(),
    *MARKS.split(),
    *WORDS.split(),
    " ",
    "\n",
    "\n\n",
    "\t",
    "\u2028",
    "9" * 30,
    "- ",
    "1. ",
    '{"',
    '":',
    "]",
)


@cache
def seeds() -> list[bytes]:
    """Return small files of a real encoder, in every mode that the formats have."""
    modes = {
        "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
        "JPEG": ("L", "RGB", "CMYK"),
        "GIF": ("L", "P", "RGB"),
    }
    found = []
    for form in FORMS:
        for mode in modes.get(form, ("RGB", "RGBA")):
            found.append(encode(form, mode))
    found += [encode("JPEG", "RGB", progressive=True), encode("WEBP", "RGB", lossless=True)]
    found += [
        encode(form, "RGB", save_all=True, append_images=[Image.new("RGB", (SIDE, SIDE))]) for form in ("GIF", "WEBP")
    ]
    return found


def encode(form: str, mode: str, **options: object) -> bytes:
    """Return a small image file."""
    file = io.BytesIO()
    noise = Image.frombytes("RGB", (SIDE, SIDE), Random(SIDE).randbytes(SIDE * SIDE * 3))
    image = Image.new("I;16", (SIDE, SIDE)) if mode == "I;16" else noise.convert(mode)
    image.save(file, form, **options)
    return file.getvalue()


def hostile_file(chance: Random) -> bytes:
    """Return an image file with some bytes changed, cut out, doubled or replaced by the edges of numbers."""
    data = bytearray(chance.choice(seeds()))
    for _ in range(chance.choice((1, 1, 2, 4, 12))):
        place = chance.randrange(len(data)) if chance.random() < 0.5 else chance.randrange(min(len(data), 48))
        change(chance, data, place)
        if not data:
            break
    return bytes(data)


def change(chance: Random, data: bytearray, place: int) -> None:
    """Change the data at a place."""
    match chance.randrange(6):
        case 0 | 1:
            data[place] = chance.randrange(256)
        case 2:
            edge = chance.choice(EDGES)
            size = 1 if edge < 256 else 2 if edge < 65_536 else 4
            data[place : place + size] = struct.pack("<I" if chance.random() < 0.3 else ">I", edge)[-size:]
        case 3:
            del data[place : place + chance.randrange(1, 40)]
        case 4:
            data[place:place] = data[place : place + chance.randrange(1, 40)] * chance.randrange(1, 4)
        case _:
            data[place:place] = chance.choice((b"\xff", b"\0", b"\xff\xfe\0\2")) * chance.randrange(1, 400)


def hostile_text(chance: Random) -> str:
    """Return a text of a few parts, in a row or mixed."""
    parts = [chance.choice(PARTS) for _ in range(chance.choice((1, 1, 2, 3, 8)))]
    words = chance.choices(parts, k=chance.choice((1, 3, 10, 60)))
    text = "".join(words) if chance.random() < 0.7 else " ".join(words)
    return text or chance.choice(PARTS)


def hostile_base64(chance: Random) -> str:
    """Return base64 text with some signs changed."""
    signs = list(
        chance.choice(BASE64_STARTS) + chance.choice(("AAAA", "AAA=", "AA==", "iVBORw0KGgo=")) * chance.randrange(1, 9)
    )
    for _ in range(chance.randrange(4)):
        signs[chance.randrange(len(signs))] = chance.choice((" ", "\n", "=", "%", "%41", "é", "\0", "-", ",", ";", "A"))
    return "".join(signs)


BASE64_STARTS = ("data:image/png;base64,", "data:;base64,", "data:image/png;charset=utf-8;base64,", "data:,", "")
Maker = Callable[[Random], bytes | str]
