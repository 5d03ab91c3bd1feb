"""A still image of a prompt."""

import numpy as np
from PIL import Image

from offline.artist.geometry import faceted
from offline.artist.pixelation import cut_out, palette_of, pixel_factor, pixelate
from offline.artist.scene import elements, is_faceted, set_stage
from offline.artist.stage import Layer, Moment, Stage
from offline.artist.tone_mapping import grain_for, map_tones

SIDE_MIN, SIDE_MAX = 64, 2048


def paint(prompt: str, seed: int, width: int, height: int, style: str | None = None) -> Image.Image:
    """Return an image. The same words, seed and size give the same one. Raises ValueError for a size out of bounds.

    The mode is RGB, or RGBA for a subject in pixel art on a transparent background.

    """
    check_size(width, height)
    stage = set_stage(prompt, seed, width, height, style)
    if stage.reading.style == "pixel":
        factor = pixel_factor(width, height)
        stage = set_stage(prompt, seed, -(-width // factor), -(-height // factor), style)
        if stage.reading.hero:
            return _sprite(stage, factor).crop((0, 0, width, height))
        small = _painted(stage)
        return pixelate(small, palette_of(small), factor, width, height)
    image = _painted(stage)
    return faceted(image, stage) if is_faceted(stage) else image


def check_size(width: int, height: int) -> None:
    """Raise ValueError unless both sides are within bounds."""
    if not (SIDE_MIN <= width <= SIDE_MAX and SIDE_MIN <= height <= SIDE_MAX):
        raise ValueError(f"Width and height must be {SIDE_MIN} to {SIDE_MAX} pixels, not {width} x {height}.")


def _sprite(stage: Stage, factor: int) -> Image.Image:
    """Return the subject cut out along hard edges, within a dark outline, its pixels scaled by `factor`."""
    small, subject = _painted(stage), next(element for element in elements(stage) if isinstance(element, Layer))
    inside = subject.alpha > 0.5
    if not inside.any():
        return pixelate(small, palette_of(small), factor, stage.width * factor, stage.height * factor)
    return cut_out(small, inside, factor)


def _painted(stage: Stage) -> Image.Image:
    canvas = np.zeros((stage.height, stage.width, 3), np.float32)
    for element in elements(stage):
        element.draw(canvas, Moment())
    grain = grain_for(stage) if stage.reading.style == "painted" else None
    return Image.fromarray(map_tones(canvas, stage, grain))
