"""A still picture of a prompt."""

import numpy as np
from PIL import Image

from workers.artist.finish import finished, grain_for
from workers.artist.geometry import faceted
from workers.artist.pixel import colours_of, factor_for, pixelled
from workers.artist.scene import elements, is_cut, staged
from workers.artist.stage import Moment, Stage

SIDE_MIN, SIDE_MAX = 64, 2048


def paint(prompt: str, seed: int, width: int, height: int, style: str | None = None) -> Image.Image:
    """An RGB picture; the same words, seed and size give the same one. Raises ValueError for a size out of bounds."""
    check_size(width, height)
    stage = staged(prompt, seed, width, height, style)
    if stage.reading.style == "pixel":
        factor = factor_for(width, height)
        small = _painted(staged(prompt, seed, -(-width // factor), -(-height // factor), style))
        return pixelled(small, colours_of(small), factor, width, height)
    image = _painted(stage)
    return faceted(image, stage) if is_cut(stage) else image


def check_size(width: int, height: int) -> None:
    """Raises ValueError unless both sides are within bounds."""
    if not (SIDE_MIN <= width <= SIDE_MAX and SIDE_MIN <= height <= SIDE_MAX):
        raise ValueError(f"a side must be {SIDE_MIN} to {SIDE_MAX} pixels, not {width} x {height}")


def _painted(stage: Stage) -> Image.Image:
    canvas = np.zeros((stage.height, stage.width, 3), np.float32)
    for element in elements(stage):
        element.draw(canvas, Moment())
    grain = grain_for(stage) if stage.reading.style == "painted" else None
    return Image.fromarray(finished(canvas, stage, grain))
