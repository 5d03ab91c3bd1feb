"""Upscales an image two or four times: edges stay sharp, and scaling down again gives the original.

A bicubic guess is refined in rounds. Each round smooths edges along their own direction, then adds the difference to
the original at its size (back-projection). This happens in code values, not in linear light, because nearly every
image was scaled down in code values. Pixel art keeps its hard pixels.

"""

import io
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from offline.vision.image_decoder import decode_image
from offline.vision.limits import check_upscale
from offline.vision.pixel_art import find_grid, pack, scale2x, unpack

Plane = NDArray[np.float32]
Size = tuple[int, int]  # width, height

SCALES = (2, 4)
_TILE, _MARGIN = 192, 12  # pixels of one piece, and of the surroundings that it needs
_DIRECTIONS = ((0, 1), (1, 2), (1, 1), (2, 1), (1, 0), (2, -1), (1, -1), (1, -2))  # of an edge: rows, columns
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def upscale(data: bytes, scale: int) -> tuple[bytes, Size, Size]:
    """Return a PNG `scale` times (2 or 4) as large, the upright size of the image, and the new size.

    Raises ValueError for an unreadable file, a side above 4096 pixels, or a result above 16 megapixels.

    """
    if scale not in SCALES:
        raise ValueError(f"`scale` must be 2 or 4, not {scale}.")
    image = decode_image(data).image
    check_upscale(*image.size, scale)
    large = _upscale_pixel_art(image, scale) or _upscale_smooth(image, scale)
    buffer = io.BytesIO()
    large.save(buffer, "PNG", compress_level=4)
    return buffer.getvalue(), image.size, large.size


def _upscale_pixel_art(image: Image.Image, scale: int) -> Image.Image | None:
    """Upscale pixel art: drawn pixels by Scale2x, scaled-up ones by repetition. Return None for other images."""
    grid = find_grid(image)
    if grid is None:
        return None
    if grid.block > 1:
        return image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)
    numbers = pack(image)
    for _ in range(scale // 2):
        numbers = scale2x(numbers)
    return unpack(numbers).convert(image.mode)


def _upscale_smooth(image: Image.Image, scale: int) -> Image.Image:
    codes = np.asarray(image)
    codes = codes.reshape(*codes.shape[:2], -1)
    clear = image.mode in ("LA", "RGBA")
    large = np.empty((image.height * scale, image.width * scale, codes.shape[2]), np.uint8)
    for top, left in _tiles(image.height, image.width):
        upper, leftmost = max(top - _MARGIN, 0), max(left - _MARGIN, 0)
        piece = codes[upper : top + _TILE + _MARGIN, leftmost : left + _TILE + _MARGIN].astype(np.float32)
        drawn = _unpremultiplied(_scaled_up(_premultiplied(piece), scale)) if clear else _scaled_up(piece, scale)
        kept = drawn[(top - upper) * scale :, (left - leftmost) * scale :][: _TILE * scale, : _TILE * scale]
        row, column = top * scale, left * scale
        large[row : row + kept.shape[0], column : column + kept.shape[1]] = np.clip(np.round(kept), 0, 255)
    return Image.fromarray(large[..., 0] if image.mode == "L" else large)


def _tiles(height: int, width: int) -> Iterator[tuple[int, int]]:
    return ((top, left) for top in range(0, height, _TILE) for left in range(0, width, _TILE))


def _premultiplied(piece: Plane) -> Plane:
    """Return colours multiplied by their alpha, so that invisible ones do not bleed into visible ones."""
    alpha = piece[..., -1:]
    return np.concatenate([piece[..., :-1] * (alpha / 255), alpha], axis=2)


def _unpremultiplied(piece: Plane) -> Plane:
    """Return colours divided by their alpha. Fully transparent pixels become black."""
    alpha = np.clip(piece[..., -1:], 0, 255)
    colours = np.where(alpha >= 0.5, piece[..., :-1] * (255 / np.maximum(alpha, 0.5)), 0)
    return np.concatenate([colours, alpha], axis=2)


def _scaled_up(small: Plane, scale: int) -> Plane:
    """Return a piece at `scale` times its size. The second doubling needs fewer rounds than the first."""
    guess = _doubled(small, 2)
    if scale == 4:
        guess = _doubled(guess, 1)
    return _back_projected(guess, small)


def _doubled(small: Plane, rounds: int) -> Plane:
    guess = _resized(small, small.shape[1] * 2, small.shape[0] * 2)
    for _ in range(rounds):
        guess = _back_projected(_smoothed_along_edges(guess), small)
    return guess


def _resized(plane: Plane, width: int, height: int) -> Plane:
    channels = [
        np.asarray(
            Image.fromarray(np.ascontiguousarray(plane[..., channel])).resize((width, height), Image.Resampling.BICUBIC)
        )
        for channel in range(plane.shape[2])
    ]
    return np.stack(channels, axis=2)


def _back_projected(guess: Plane, small: Plane) -> Plane:
    """Return the guess corrected so that it scales down to the given image."""
    height, width = guess.shape[:2]
    for _ in range(2):
        guess = guess + _resized(small - _resized(guess, small.shape[1], small.shape[0]), width, height)
    return guess


def _smoothed_along_edges(guess: Plane) -> Plane:
    """Return each pixel blended with its neighbours in the direction of least change, where there is one."""
    height, width = guess.shape[:2]
    luma: Plane = guess[..., :3] @ _LUMA if guess.shape[2] >= 3 else guess[..., 0]
    padded = np.pad(luma, 2, mode="edge")
    steps = [
        (_shifted(padded, y, x) - _shifted(padded, -y, -x)) * np.float32((y * y + x * x) ** -0.5)
        for y, x in _DIRECTIONS
    ]
    change = np.stack([_blurred(np.square(step)) for step in steps])
    usual = change.mean(axis=0) + 2
    change /= usual
    weights = np.exp(-8 * change)
    weights /= weights.sum(axis=0)
    framed = np.pad(guess, ((2, 2), (2, 2), (0, 0)), mode="edge")
    blend = np.zeros_like(guess)
    for weight, (y, x) in zip(weights, _DIRECTIONS, strict=True):
        blend += (_shifted(framed, y, x) + _shifted(framed, -y, -x)) * weight[..., None]
    clear = (1 - change.min(axis=0)) ** 2 * 0.7
    return np.asarray(guess + (blend[:height, :width] / 2 - guess) * clear[..., None])


def _shifted(padded: Plane, rows: int, columns: int) -> Plane:
    """Return a plane shifted by rows and columns, cut from one with a border of 2."""
    height, width = padded.shape[0] - 4, padded.shape[1] - 4
    return padded[2 + rows : 2 + rows + height, 2 + columns : 2 + columns + width]


def _blurred(plane: Plane) -> Plane:
    """Return a plane blurred twice by a small kernel."""
    for _ in range(2):
        padded = np.pad(plane, ((1, 1), (0, 0)), mode="edge")
        plane = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) * np.float32(0.25)
        padded = np.pad(plane, ((0, 0), (1, 1)), mode="edge")
        plane = (padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]) * np.float32(0.25)
    return plane
