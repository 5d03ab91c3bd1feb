"""Images that are refused by their header, before a pixel is decoded."""

import io
from collections.abc import Callable

import pytest
from PIL import Image, ImageFile

from offline.vision.image_decoder import decode_image
from offline.vision.preparation import prepare


def a_header(width: int, height: int) -> bytes:
    """Return a PNG of a few kB with that many pixels."""
    file = io.BytesIO()
    Image.new("1", (width, height)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("decode", "size", "words"),
    [(decode_image, (4_097, 16), "4096 pixels"), (prepare, (9_000, 8_000), "64 megapixels")],
)
def test_image_with_too_many_pixels_is_refused_before_they_are_decoded(
    decode: Callable[[bytes], object], size: tuple[int, int], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small file with many pixels costs no more than its header, for the local models and for providers' inputs."""
    data = a_header(*size)

    def refuse(self: object) -> None:
        raise AssertionError("the pixels were decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", refuse)
    with pytest.raises(ValueError, match=words):
        decode(data)
