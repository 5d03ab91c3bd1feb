"""Pixel art: few colours, large pixels, patterned shades."""

import numpy as np
from PIL import Image

LONG_SIDE = 112  # pixels of the small picture's longer side
COLOURS = 32
_BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) / 16 - 0.47


def factor_for(width: int, height: int) -> int:
    """How many pixels of the picture make one of the small picture's."""
    return max(round(max(width, height) / LONG_SIDE), 1)


def colours_of(image: Image.Image) -> Image.Image:
    """A palette image that suits a picture."""
    return image.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE)


def pixelled(small: Image.Image, palette: Image.Image, factor: int, width: int, height: int) -> Image.Image:
    """The small picture in the palette's colours, its pixels `factor` times as large, cut to size."""
    codes = np.asarray(small, dtype=np.float32)
    pattern = np.tile(_BAYER, (codes.shape[0] // 4 + 1, codes.shape[1] // 4 + 1))[: codes.shape[0], : codes.shape[1]]
    patterned = Image.fromarray(np.clip(codes + pattern[..., None] * 9, 0, 255).astype(np.uint8))
    few = patterned.quantize(palette=palette, dither=Image.Dither.NONE).convert("RGB")
    large = few.resize((few.width * factor, few.height * factor), Image.Resampling.NEAREST)
    return large.crop((0, 0, width, height))
