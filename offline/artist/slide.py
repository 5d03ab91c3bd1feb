"""A video of an image: the view starts with the whole of it, and moves in slowly."""

from typing import Protocol

from PIL import Image, ImageOps

from offline.artist.stage import Moment
from offline.vision.image_decoder import decode_image

ZOOM = 1.25  # at the end


class Shot(Protocol):
    """A source of frames of one size."""

    width: int
    height: int

    def render(self, moment: Moment) -> Image.Image:
        """Return the frame of a moment."""


class Slide:
    """An image, cut to the shape of the video."""

    def __init__(self, data: bytes, width: int, height: int) -> None:
        """Decode the image. Raises ValueError for one that cannot be used."""
        self.width, self.height = width, height
        size = round(width * ZOOM), round(height * ZOOM)
        self._image = ImageOps.fit(decode_image(data).image.convert("RGB"), size, Image.Resampling.LANCZOS)

    def render(self, moment: Moment) -> Image.Image:
        """Return the frame of a moment, whose travel goes from -1 to 1."""
        share = 1 - (1 - 1 / ZOOM) * (moment.travel + 1) / 2  # of the image that is seen
        width, height = self._image.width * share, self._image.height * share
        left, top = (self._image.width - width) / 2, (self._image.height - height) / 2
        box = (left, top, left + width, top + height)
        return self._image.resize((self.width, self.height), Image.Resampling.BICUBIC, box=box)
