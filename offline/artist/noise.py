"""Procedural textures: fractal noise, tables that repeat, and their sampling."""

import numpy as np
from PIL import Image

from offline.artist.palette import Plane


def resized(plane: Plane, width: int, height: int, method: Image.Resampling = Image.Resampling.BICUBIC) -> Plane:
    """Return a one-channel plane at another size."""
    if plane.shape == (height, width):
        return plane
    return np.asarray(Image.fromarray(plane).resize((width, height), method), dtype=np.float32)


def smoothstep(low: float, high: float, x: Plane) -> Plane:
    """Return 0 below `low`, 1 above `high`, and an S-curve between them."""
    t = np.clip((x - low) * (1 / (high - low)), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def fractal(
    rng: np.random.Generator, width: int, height: int, cell: float, *, octaves: int = 5, gain: float = 0.5
) -> Plane:
    """Return cloud-like noise around 0, about -1..1, with features up to `cell` pixels wide."""
    total = np.zeros((height, width), np.float32)
    weight = 1.0
    for octave in range(octaves):
        size = cell / 2**octave
        if size < 1.5 and octave:
            break
        columns, rows = int(width / size) + 4, int(height / size) + 4
        grid = rng.standard_normal((rows, columns), dtype=np.float32)
        box = (1.0, 1.0, 1.0 + width / size, 1.0 + height / size)
        layer = Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC, box=box)
        total += np.asarray(layer) * (weight * 0.55)
        weight *= gain
    return total


def line(rng: np.random.Generator, width: int, cell: float, *, octaves: int = 5, gain: float = 0.5) -> Plane:
    """Return one row of fractal noise."""
    return np.asarray(fractal(rng, width, 1, cell, octaves=octaves, gain=gain)[0])


def tile(
    rng: np.random.Generator, size: int, cells: int, *, octaves: int = 7, gain: float = 0.5, ridged: bool = False
) -> Plane:
    """Return square fractal noise that repeats without a seam.

    `ridged` folds each octave into crests (0..1, crests high).

    """
    total = np.zeros((size, size), np.float32)
    weight, reach, mask = 1.0, 0.0, np.ones((size, size), np.float32)
    for octave in range(octaves):
        count = cells * 2**octave
        if count > size // 2:
            break
        grid = np.pad(rng.standard_normal((count, count), dtype=np.float32), 3, mode="wrap")
        box = (3.0, 3.0, 3.0 + count, 3.0 + count)
        layer = np.asarray(Image.fromarray(grid).resize((size, size), Image.Resampling.BICUBIC, box=box))
        if ridged:
            crest = np.clip(1 - np.abs(layer) * 0.72, 0, 1) ** 1.6 * mask
            mask = np.clip(crest * 1.5, 0.22, 1)
            total += crest * weight
        else:
            total += layer * (weight * 0.55)
        reach += weight
        weight *= gain
    return total / reach if ridged else total


def sample(table: Plane, u: Plane, v: Plane) -> Plane:
    """Return values of a square, repeating table at (u, v), in units of the whole table, interpolated."""
    size = table.shape[0]
    x, y = u * size, v * size
    x0, y0 = np.floor(x), np.floor(y)
    fx, fy = x - x0, y - y0
    left, top = x0.astype(np.int32) % size, y0.astype(np.int32) % size
    right, below = (left + 1) % size, (top + 1) % size
    if table.ndim == 3:
        fx, fy = fx[..., None], fy[..., None]
    flat = table.reshape(size * size, *table.shape[2:])
    upper = flat[top * size + left]
    upper += (flat[top * size + right] - upper) * fx
    lower = flat[below * size + left]
    lower += (flat[below * size + right] - lower) * fx
    upper += (lower - upper) * fy
    return np.asarray(upper)


def rows(height: int) -> Plane:
    """Return 0 at the top edge to 1 at the bottom, as a column."""
    return np.linspace(0, 1, height, dtype=np.float32)[:, None]


def columns(width: int) -> Plane:
    """Return 0 at the left edge to 1 at the right, as a row."""
    return np.linspace(0, 1, width, dtype=np.float32)[None, :]
