"""Pixel art: few colours, large pixels, dithered shades."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

LONG_SIDE = 112  # drawn pixels along the longer side
COLOURS = 32
_BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) / 16 - 0.47


def pixel_factor(width: int, height: int) -> int:
    """Return the number of image pixels along the side of one drawn pixel."""
    return max(round(max(width, height) / LONG_SIDE), 1)


def palette_of(image: Image.Image, count: int = COLOURS) -> Image.Image:
    """Return a palette image that suits an image."""
    return image.quantize(count, method=Image.Quantize.MAXCOVERAGE)


def pixelate(small: Image.Image, palette: Image.Image, factor: int, width: int, height: int) -> Image.Image:
    """Return the small image in the palette's colours, its pixels scaled by `factor`, cut to size."""
    codes = np.asarray(small, dtype=np.float32)
    pattern = np.tile(_BAYER, (codes.shape[0] // 4 + 1, codes.shape[1] // 4 + 1))[: codes.shape[0], : codes.shape[1]]
    patterned = Image.fromarray(np.clip(codes + pattern[..., None] * 9, 0, 255).astype(np.uint8))
    few = patterned.quantize(palette=palette, dither=Image.Dither.NONE).convert("RGB")
    large = few.resize((few.width * factor, few.height * factor), Image.Resampling.NEAREST)
    return large.crop((0, 0, width, height))


def cut_out(small: Image.Image, inside: NDArray[np.bool_], factor: int) -> Image.Image:
    """Return a subject alone (RGBA): its own few colours, a dark outline and a transparent background."""
    codes = np.asarray(small)
    own = Image.fromarray(codes[inside][None, :, :])
    few = np.array(small.quantize(palette=palette_of(own, COLOURS - 2), dither=Image.Dither.NONE).convert("RGB"))
    line = _around(inside) & ~inside
    few[line] = few[inside].min(axis=0) // 3
    sprite = np.dstack([few, np.where(inside | line, 255, 0).astype(np.uint8)])
    sprite[sprite[..., 3] == 0] = 0
    picture = Image.fromarray(sprite)
    return picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.NEAREST)


def _around(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return a mask grown by the cells next to, above and below it."""
    padded = np.pad(inside, 1)
    return np.asarray(padded[1:-1, 1:-1] | padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:])
