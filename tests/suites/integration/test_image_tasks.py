"""Image files of strangers, read in a sandbox."""

import io
import random
import struct
import zlib
from collections.abc import AsyncIterator

import pytest
from PIL import Image

from shared.sandbox.pool import InputRefused, Sandbox, TookTooLong

LIMIT_S = 10.0


@pytest.fixture
async def images() -> AsyncIterator[Sandbox]:
    """Provide a sandbox that reads images."""
    sandbox = Sandbox("shared.media.image_tasks", children=1)
    yield sandbox
    await sandbox.close()


def an_image(form: str, size: tuple[int, int] = (64, 48)) -> bytes:
    """Return an image file."""
    file = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(file, form)
    return file.getvalue()


def a_chunk(name: bytes, data: bytes) -> bytes:
    """Return a PNG chunk."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@pytest.mark.parametrize(
    ("form", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("GIF", "image/gif"), ("WEBP", "image/webp")]
)
async def test_image_is_described(images: Sandbox, form: str, media_type: str) -> None:
    """Type and size come from the bytes."""
    expected = {"media_type": media_type, "width": 64, "height": 48}
    assert expected == await images.run("describe", an_image(form), limit_s=LIMIT_S)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
async def test_image_is_refused_when_it_ends_early(images: Sandbox, form: str) -> None:
    """The first half of a file is not an image that anybody may be charged for."""
    noise = Image.frombytes("RGB", (64, 64), random.Random(7).randbytes(64 * 64 * 3))
    file = io.BytesIO()
    noise.save(file, form)
    with pytest.raises(InputRefused):
        await images.run("describe", file.getvalue()[: len(file.getvalue()) // 2], limit_s=LIMIT_S)


@pytest.mark.parametrize(
    "data",
    [b"", b"<html>", b"\xff\xd8" + b"\xff" * 3_000_000, b"\xff\xd8" + b"\xff\xfe\x00\x04xx" * 300_000],
    ids=["empty", "html", "jpeg of FF", "jpeg of comments"],
)
async def test_hostile_file_is_refused_or_ended(images: Sandbox, data: bytes) -> None:
    """A file that is none, or that keeps its decoder busy, ends within its time."""
    with pytest.raises((InputRefused, TookTooLong)):
        await images.run("describe", data, limit_s=2.0)


async def test_png_of_many_chunks_ends_within_its_time(images: Sandbox) -> None:
    """A header behind a hundred thousand chunks is read, or given its end."""
    header = a_chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
    data = b"\x89PNG\r\n\x1a\n" + header + a_chunk(b"aaAa", b"x") * 100_000 + a_chunk(b"IEND", b"")
    try:
        answer = await images.run("describe", data, limit_s=2.0)
    except (InputRefused, TookTooLong):
        return
    assert (8, 8) == (answer["width"], answer["height"])
