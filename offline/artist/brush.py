"""Shapes with soft edges: polygons drawn at twice the size and halved, and curves to build them from."""

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from offline.artist.palette import Plane

Points = NDArray[np.float64] | Sequence[tuple[float, float]]  # x to the right, y down, unless noted otherwise
Ink = int | tuple[int, int, int, int]  # of a mask, or of a painting: red, green, blue, alpha in sRGB

_FINE = 2
_CODES = np.arange(256) / 255
_LIGHT_OF_CODE = np.where(_CODES <= 0.04045, _CODES / 12.92, ((_CODES + 0.055) / 1.055) ** 2.4).astype(np.float32)


def ink(light: Plane, alpha: float = 1.0) -> tuple[int, int, int, int]:
    """Return a linear light as the ink of a painting."""
    codes = np.searchsorted(_LIGHT_OF_CODE, np.clip(light, 0, 1))
    return int(codes[0]), int(codes[1]), int(codes[2]), round(alpha * 255)


class Brush:
    """A mask ("L") or a painting ("RGBA") of the given size in pixels. Shapes are clipped to it."""

    def __init__(self, width: int, height: int, mode: Literal["L", "RGBA"] = "L") -> None:
        self.image = Image.new(mode, (width * _FINE, height * _FINE), 0)
        self.pen = ImageDraw.Draw(self.image)

    def draw_polygon(self, points: Points, fill: Ink = 255) -> None:
        """Fill a polygon. In a mask, ink 0 cuts a hole."""
        self.pen.polygon(_fine(points), fill=fill)

    def draw_line(self, points: Points, width: float, fill: Ink = 255) -> None:
        """Draw a stroke of even width, in pixels."""
        self.pen.line(_fine(points), fill=fill, width=max(round(width * _FINE), 1), joint="curve")

    def draw_ellipse(self, x: float, y: float, across: float, down: float, fill: Ink = 255) -> None:
        """Fill an ellipse, given by its centre and half-axes. Skip it unless both half-axes are above 0."""
        if across <= 0 or down <= 0:
            return
        box = ((x - across) * _FINE, (y - down) * _FINE, (x + across) * _FINE, (y + down) * _FINE)
        self.pen.ellipse(box, fill=fill)

    def draw_rectangle(self, left: float, top: float, right: float, bottom: float, fill: Ink = 255) -> None:
        """Fill an upright rectangle. Skip it if it is thinner than half a pixel."""
        if right - left >= 1 / _FINE and bottom - top >= 1 / _FINE:
            self.pen.rectangle((left * _FINE, top * _FINE, right * _FINE - 1, bottom * _FINE - 1), fill=fill)

    def plane(self) -> Plane:
        """Return the mask, 0..1."""
        return np.asarray(self.image.reduce(_FINE), dtype=np.float32) * (1 / 255)

    def painting(self, blur: float = 0.0) -> tuple[Plane, Plane]:
        """Return alpha (0..1) and colour (linear light) of a painting, out of focus by `blur` pixels."""
        small = self.image.reduce(_FINE)
        if blur > 0:
            small = small.convert("RGBa").filter(ImageFilter.GaussianBlur(blur)).convert("RGBA")
        codes = np.asarray(small)
        return codes[..., 3].astype(np.float32) * (1 / 255), _LIGHT_OF_CODE[codes[..., :3]]


def _fine(points: Points) -> list[tuple[float, float]]:
    return [(x, y) for x, y in (np.asarray(points, dtype=np.float64) * _FINE).tolist()]


def curve(points: Iterable[tuple[float, float]], steps: int = 12) -> NDArray[np.float64]:
    """Return a smooth line through the points (Catmull-Rom)."""
    p = np.array(list(points), dtype=np.float64)
    p = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    parts = []
    for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False):
        parts.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.vstack([*parts, p[-2][None, :]])


def tapered(points: Iterable[tuple[float, float]], widths: Sequence[float], steps: int = 12) -> NDArray[np.float64]:
    """Return the outline of a smooth limb with the given half-widths at its points."""
    spine = curve(points, steps)
    half = np.interp(np.linspace(0, 1, len(spine)), np.linspace(0, 1, len(widths)), widths)
    along = np.gradient(spine, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    aside = np.stack([-along[:, 1], along[:, 0]], axis=1) * half[:, None]
    return np.vstack([spine + aside, (spine - aside)[::-1]])
