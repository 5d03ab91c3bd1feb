"""Measurements of an image that need no knowledge of its subject."""

from math import atan2, hypot, pi

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PIL import Image

from offline.vision.colours import NamedColour, chroma_of, lab_of, named_colours
from offline.vision.pixel_art import COLOURS_MAX, PixelGrid, find_grid, pack

Plane = NDArray[np.float64]

SIDE_PX = 256  # images are measured at this size
_SIDES = {(-1, -1): "upper left", (0, -1): "top", (1, -1): "upper right", (-1, 0): "left", (1, 0): "right",
          (-1, 1): "lower left", (0, 1): "bottom", (1, 1): "lower right"}  # fmt: skip


class Measures(Struct, frozen=True, kw_only=True):
    """OKLab measurements of an image. Positions are shares of the width and height from the upper left."""

    lightness: float
    contrast: float  # standard deviation of the lightness
    chroma: float  # mean
    warmth: float  # above 0 towards red and yellow, below towards blue
    detail: float  # mean step between neighbours
    even: float  # share of equal neighbours
    colours: int  # distinct ones, at full size
    clear: float  # share of invisible pixels
    symmetry: float  # correlation with the mirror image, left to right
    weight: tuple[float, float] | None  # centre of the pixels that differ from the border
    spread: float  # scatter of those pixels
    horizon: float | None  # height of a line across the whole width
    light_from: str | None  # the side towards which it gets lighter
    grid: PixelGrid | None
    palette: tuple[NamedColour, ...]
    border: tuple[NamedColour, ...]
    glow: NamedColour | None  # a bright colour on a dark ground


def measure(image: Image.Image) -> Measures:
    """Measure an image at SIDE_PX, and its pixel grid and colours at full size."""
    small = image.convert("RGBA")
    small.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.BOX)
    codes = np.asarray(small)
    visible = codes[..., 3] >= 128
    lab = lab_of(codes[..., :3])
    lab[~visible] = lab[visible].mean(axis=0) if visible.any() else (1, 0, 0)
    light, chroma = lab[..., 0], chroma_of(lab)
    steps = np.concatenate([np.abs(np.diff(light, axis=axis)).ravel() for axis in (0, 1)] + [np.zeros(1)])
    border = _border(codes.shape[0], codes.shape[1])
    weight, spread = _weight(lab, border, visible)
    return Measures(
        lightness=float(light[visible].mean()) if visible.any() else 1.0,
        contrast=float(light[visible].std()) if visible.any() else 0.0,
        chroma=float(chroma[visible].mean()) if visible.any() else 0.0,
        warmth=float((lab[..., 1] * 0.5 + lab[..., 2] * 0.87)[visible].mean()) if visible.any() else 0.0,
        detail=float(steps.mean()), even=_even(image), colours=len(np.unique(pack(image))),
        clear=float(1 - visible.mean()), symmetry=_symmetry(light), weight=weight, spread=spread,
        horizon=_horizon(light), light_from=_light_from(light), grid=find_grid(image),
        palette=named_colours(codes[..., :3][visible]), border=named_colours(codes[..., :3][border & visible]),
        glow=_glow(codes[..., :3], light, chroma, border & visible, visible),
    )  # fmt: skip


def _border(height: int, width: int) -> NDArray[np.bool_]:
    frame = np.ones((height, width), np.bool_)
    across, down = max(width // 12, 1), max(height // 12, 1)
    frame[down : height - down, across : width - across] = False
    return frame


def _even(image: Image.Image) -> float:
    codes = pack(image)
    same = [pair.mean() for pair in (codes[1:] == codes[:-1], codes[:, 1:] == codes[:, :-1]) if pair.size]
    return float(sum(same) / len(same)) if same else 1.0


def _symmetry(light: Plane) -> float:
    left, right = light.ravel(), light[:, ::-1].ravel()
    return float(np.corrcoef(left, right)[0, 1]) if left.std() > 0.01 else 1.0


def _weight(
    lab: NDArray[np.float64], border: NDArray[np.bool_], visible: NDArray[np.bool_]
) -> tuple[tuple[float, float] | None, float]:
    """Return the centre and scatter of the pixels that differ from the border, or None if hardly any do."""
    ground = np.median(lab[border], axis=0)
    unlike = np.clip(np.sqrt(((lab - ground) ** 2).sum(axis=2)) - 0.08, 0, None)
    if (~visible).any():
        unlike = visible.astype(np.float64)
    total = unlike.sum()
    if total < 0.002 * unlike.size:
        return None, 0.0
    height, width = unlike.shape
    rows, columns = (np.arange(height)[:, None] + 0.5) / height, (np.arange(width) + 0.5) / width
    x, y = float((unlike * columns).sum() / total), float((unlike * rows).sum() / total)
    scatter = float(np.sqrt((unlike * ((columns - x) ** 2 + (rows - y) ** 2)).sum() / total))
    return (round(x, 2), round(y, 2)), scatter


def _horizon(light: Plane) -> float | None:
    """Return the height of the clearest edge at which nearly all columns step the same way, or None."""
    height = light.shape[0]
    reach = max(height // 24, 1)
    if height < 8 * reach or light.shape[1] < 8:
        return None
    sums = np.cumsum(np.vstack([np.zeros((1, light.shape[1])), light]), axis=0)
    middle = np.arange(2 * reach, height - 2 * reach)
    step = (2 * sums[middle] - sums[middle - reach] - sums[middle + reach]) / reach
    typical = np.median(step, axis=1)
    best = int(np.argmax(np.abs(typical)))
    agreed = float((step[best] * np.sign(typical[best]) > 0.03).mean())
    return round(float(middle[best] / height), 2) if abs(typical[best]) > 0.08 and agreed > 0.85 else None


def _light_from(light: Plane) -> str | None:
    """Return the side towards which the image gets lighter, if a slope explains enough of its variance."""
    height, width = light.shape
    if min(height, width) < 8:
        return None
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    slopes = [float((light * axis).mean() / (axis * axis).mean()) for axis in (x, y)]
    explained = sum(slope**2 for slope in slopes) / 3 / max(float(light.var()), 1e-9)
    if explained < 0.3 or hypot(*slopes) < 0.06:
        return None
    eighth = round(atan2(slopes[1], slopes[0]) / (pi / 4)) % 8
    return _SIDES[((1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1))[eighth]]


def _glow(
    codes: NDArray[np.uint8], light: Plane, chroma: Plane, border: NDArray[np.bool_], visible: NDArray[np.bool_]
) -> NamedColour | None:
    """Return a vivid, light colour that covers a small share of an image with a dark border."""
    if not border.any() or float(np.median(light[border])) > 0.34:
        return None
    shining = visible & (chroma > 0.13) & (light > 0.46)
    share = float(shining.mean())
    if not 0.004 < share < 0.35:
        return None
    found = named_colours(codes[shining])
    return NamedColour(found[0].name, found[0].hex, round(share * found[0].share, 3)) if found else None


def is_flat(measures: Measures) -> bool:
    """Return whether the image has even areas of few colours, as a logo or a diagram has."""
    return measures.even > 0.6 and (measures.colours <= COLOURS_MAX * 4 or measures.even > 0.85)
