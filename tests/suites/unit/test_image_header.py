"""The header of image files: types, sizes and ends, for files of a real encoder and for hostile ones."""

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shared.media import image_header
from shared.media.image_header import (
    HEAD_BYTES_MAX,
    STEPS_MAX,
    TAIL_BYTES_MAX,
    DamagedImage,
    ImageHeader,
    is_whole,
    read_header,
)

FORMS = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
SIZE = (33, 21)


def an_image(form: str, mode: str = "RGB", **options: object) -> bytes:
    """Return an image file of a real encoder."""
    file = io.BytesIO()
    Image.new(mode, SIZE, 40).save(file, form, **options)
    return file.getvalue()


def header_of(data: bytes) -> ImageHeader | None:
    """Return the header as a worker reads it, from the first bytes."""
    return read_header(data[:HEAD_BYTES_MAX], len(data))


@pytest.mark.parametrize(
    ("form", "mode", "options"),
    [
        ("PNG", "RGB", {}),
        ("PNG", "P", {"optimize": True}),
        ("PNG", "I;16", {}),
        ("JPEG", "RGB", {}),
        ("JPEG", "CMYK", {}),
        ("JPEG", "L", {"progressive": True, "comment": b"x" * 60_000}),
        ("JPEG", "RGB", {"icc_profile": b"x" * 600_000}),
        ("GIF", "P", {}),
        ("WEBP", "RGB", {}),
        ("WEBP", "RGB", {"lossless": True}),
        ("WEBP", "RGBA", {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0"}),
    ],
)
def test_header_has_type_and_size(form: str, mode: str, options: dict[str, object]) -> None:
    """Type and size are found in every form of the four formats, and the file is whole."""
    data = an_image(form, mode, **options)
    assert ImageHeader(FORMS[form], SIZE) == header_of(data)
    assert is_whole(FORMS[form], data, data[-TAIL_BYTES_MAX:], len(data))


@pytest.mark.parametrize("form", FORMS)
def test_image_is_not_whole_when_it_ends_early(form: str) -> None:
    """The first half of a file is not whole."""
    data = an_image(form)
    half = data[: len(data) // 2]
    assert not is_whole(FORMS[form], half, half, len(half))


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(40),
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(20),
        b"GIF89a" + bytes(20),
        b"GIF89a",
        b"RIFF\0\0\0\0WEBPVP8 " + bytes(40),
        b"\xff\xd8" + b"\xff" * 19_000_000,
        b"\xff\xd8" + b"\xff\xfe\0\2" * (STEPS_MAX + 1) + b"\xff\xc0\0\x11\x08\0\1\0\1",
        b"\xff\xd8\xff\xfe\0\0" * 1_000,
        b"\xff\xd8\xff\xfe\xff\xff" + bytes(100),
        b"\xff\xd8\xff\xd9",
    ],
    ids=range(10),
)
def test_image_without_size_is_damaged(data: bytes) -> None:
    """An image whose size is missing, zero, or hidden behind too many segments is damaged."""
    with pytest.raises(DamagedImage):
        header_of(data)


def test_size_is_unknown_when_it_lies_far_in_the_file() -> None:
    """A JPEG with megabytes of metadata before its size is an image without a known size."""
    data = b"\xff\xd8" + (b"\xff\xe1\xff\xff" + bytes(65_533)) * 32 + an_image("JPEG")[2:]
    assert ImageHeader("image/jpeg", None) == header_of(data)


@pytest.mark.parametrize("data", [b"", b"\xff", b"\xff\xd8", b"GIF", b"<html>", b"RIFF\0\0\0\0AVI ", b"BM", b"II*\0"])
def test_other_file_has_no_header(data: bytes) -> None:
    """Files of other formats have no header."""
    assert header_of(data) is None


def test_png_of_many_chunks_has_a_size() -> None:
    """The size comes first, so that any number of chunks may follow."""
    chunk = struct.pack(">I", 1) + b"aaAax" + struct.pack(">I", zlib.crc32(b"aaAax"))
    data = an_image("PNG")
    assert ImageHeader("image/png", SIZE) == header_of(data[:33] + chunk * 100_000 + data[33:])


class CountedBytes(bytes):
    """Bytes that count how often they are read."""

    reads = 0

    def __getitem__(self, place: object) -> object:
        """Count and read."""
        CountedBytes.reads += 1
        return super().__getitem__(place)  # type: ignore[index]


@given(st.sampled_from([an_image(form)[:40] for form in FORMS]), st.lists(st.binary(max_size=80), max_size=8))
def test_header_is_read_in_bounded_steps(start: bytes, pieces: list[bytes]) -> None:
    """Any bytes give a header or DamagedImage after a bounded number of reads."""
    CountedBytes.reads = 0
    for data in (start + b"".join(pieces), start[:3] + b"".join(piece * 9_999 for piece in pieces)):
        try:
            header = read_header(CountedBytes(data), len(data))
            assert header is None or header.media_type in image_header._READERS
        except DamagedImage:
            pass
    assert CountedBytes.reads < 8 * STEPS_MAX
