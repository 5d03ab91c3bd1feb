"""Pixel art: finds its grid, and doubles it without a blur."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PIL import Image

Codes = NDArray[np.uint32]  # all channels of a pixel in one number

COLOURS_MAX = 64
BLOCK_MAX = 64
CELLS_MIN, CELLS_MAX = 8, 512  # along a side
EXAMINED_PX_MAX = 1_536  # of a larger image, only the middle is examined
_HARD = 24  # the least step between neighbours at a hard edge


class PixelGrid(Struct, frozen=True):
    """The grid of a drawing: image pixels per drawn pixel, the offset of the first whole one, and its size."""

    block: int
    left: int
    top: int
    columns: int
    rows: int


def find_grid(image: Image.Image) -> PixelGrid | None:
    """Return the grid of a drawing in few, hard-edged pixels, scaled up or not. Return None for any other image."""
    before = max((image.width - EXAMINED_PX_MAX) // 2, 0), max((image.height - EXAMINED_PX_MAX) // 2, 0)
    middle = image.crop((*before, image.width - before[0], image.height - before[1]))
    codes = np.array(middle.convert("RGBA"), dtype=np.int16)
    codes[codes[..., 3] == 0] = 0
    across = np.abs(np.diff(codes, axis=1)).max(axis=2)
    down = np.abs(np.diff(codes, axis=0)).max(axis=2)
    return _scaled_grid(across, down, before, image.size) or _unscaled_grid(
        image, np.concatenate([across.ravel(), down.ravel()])
    )


def _unscaled_grid(image: Image.Image, steps: NDArray[np.int16]) -> PixelGrid | None:
    """Return the grid of a drawing at its own size: few colours, hard edges and, unless small, even areas."""
    edges = steps[steps > 4]
    if max(image.size) > CELLS_MAX or min(image.size) < CELLS_MIN or len(edges) < 8 or np.median(edges) < _HARD:
        return None
    even = 0.2 if max(image.size) <= 64 else 0.4
    few = len(np.unique(pack(image))) <= COLOURS_MAX
    return PixelGrid(1, 0, 0, image.width, image.height) if few and float(np.mean(steps == 0)) > even else None


def _scaled_grid(
    across: NDArray[np.int16], down: NDArray[np.int16], before: tuple[int, int], size: tuple[int, int]
) -> PixelGrid | None:
    """Return the grid with the largest block whose borders hold nearly all of the change."""
    profiles = [np.where(steps > 4, steps, 0).sum(axis=axis) for steps, axis in ((across, 0), (down, 1))]
    if min(profile.sum() for profile in profiles) == 0:
        return None
    for block in range(min(BLOCK_MAX, (min(map(len, profiles)) + 1) // CELLS_MIN), 1, -1):
        phases = [_phase(profile, block) for profile in profiles]
        if None not in phases:
            left, top = (((phase or 0) + skipped) % block for phase, skipped in zip(phases, before, strict=True))
            columns, rows = (
                -(-(side - start) // block) + (start > 0) for side, start in zip(size, (left, top), strict=True)
            )
            return PixelGrid(block, left, top, columns, rows) if max(columns, rows) <= CELLS_MAX else None
    return None


def _phase(profile: NDArray[np.int64], block: int) -> int | None:
    """Return the offset of the borders (1 to `block`) if they hold 96 % of the change and enough of them do."""
    padded = np.pad(profile, (0, -len(profile) % block)).reshape(-1, block)
    shares = padded.sum(axis=0) / max(profile.sum(), 1)
    best = int(np.argmax(shares))
    busy = int((padded[:, best] > 0).sum())
    return best + 1 if shares[best] > 0.96 and busy >= max(CELLS_MIN // 2, len(padded) // 6) else None


def pack(image: Image.Image) -> Codes:
    """Return red, green, blue and alpha as one number per pixel. All invisible pixels get the same number."""
    codes = np.ascontiguousarray(np.asarray(image.convert("RGBA")))
    numbers = codes.view(np.uint32)[..., 0].copy()
    numbers[codes[..., 3] == 0] = 0
    return numbers


def unpack(numbers: Codes) -> Image.Image:
    """Return the RGBA image of packed numbers."""
    return Image.fromarray(np.ascontiguousarray(numbers)[..., None].view(np.uint8))


def scale2x(numbers: Codes) -> Codes:
    """Double a drawing with Scale2x: four pixels for one, of which a corner takes the colour of an edge."""
    padded = np.pad(numbers, 1, mode="edge")
    above, below, left, right = padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]
    height, width = numbers.shape
    large = np.empty((height * 2, width * 2), numbers.dtype)
    corners = (
        (0, 0, left, above, below, right),
        (0, 1, above, right, left, below),
        (1, 0, below, left, right, above),
        (1, 1, right, below, above, left),
    )
    for row, column, one, other, not_one, not_other in corners:
        edge = (one == other) & (one != not_one) & (other != not_other)
        large[row::2, column::2] = np.where(edge, one, numbers)
    return large
