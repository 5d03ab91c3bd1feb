"""What every part of a picture shares: its size, its colours, its dice, its light, and how parts meet the canvas."""

import math
from typing import Protocol

import numpy as np
from msgspec import Struct

from offline.artist.palette import Plane, mix
from offline.artist.reading import Reading
from offline.artist.scheme import ColourScheme
from offline.dice import Dice


class Moment(Struct, frozen=True):
    """A point of a film: seconds since its start, and the camera's place on its way, -1..1. A picture has one."""

    time_s: float = 0.0
    travel: float = 0.0


class Element(Protocol):
    """One part of a picture: paints itself over what is farther away."""

    def draw(self, canvas: Plane, moment: Moment) -> None:
        """Paint onto the canvas (height x width x 3, linear light), in place."""
        ...


class Stage(Struct, frozen=True, kw_only=True):
    """Sizes are pixels; `unit` is the length that things are measured by; `reach` is how far the camera travels."""

    width: int
    height: int
    reading: Reading
    scheme: ColourScheme
    dice: Dice
    sun_x: float  # 0..1 of the width
    horizon: float  # 0..1 of the height
    reach: float = 0.0
    still: bool = True

    @property
    def unit(self) -> float:
        """The height of an ordinary landscape format of this size."""
        return min(float(self.height), self.width * 1.3)

    @property
    def sun_y(self) -> float:
        """Row of the light, 0..1 of the height."""
        return self.horizon * (1 - self.scheme.sun_height)

    def margin(self, parallax: float) -> int:
        """Pixels a layer of this parallax needs beyond each side of the frame."""
        return math.ceil(self.reach * parallax) + 1 if self.reach else 0


class Layer:
    """A flat layer: where it is (alpha), what colour it is, what it gives off; near ones move faster."""

    def __init__(
        self, stage: Stage, alpha: Plane, colour: Plane, glow: Plane | None = None, parallax: float = 0.0
    ) -> None:
        self.alpha, self.colour, self.glow = alpha, colour, glow
        self.start = stage.margin(parallax)
        self.pace = stage.reach * parallax

    def draw(self, canvas: Plane, moment: Moment) -> None:
        """Blend over the canvas at the camera's place, between pixels if need be."""
        offset = self.start + moment.travel * self.pace
        width = canvas.shape[1]
        alpha = window(self.alpha, offset, width)[..., None]
        colour = window(self.colour, offset, width) if self.colour.shape[1] > 1 else self.colour
        busy = np.flatnonzero(alpha.any(axis=(1, 2)))
        if not busy.size:
            return
        band = slice(busy[0], busy[-1] + 1)
        canvas[band] += (colour[band] - canvas[band]) * alpha[band]
        if self.glow is not None:
            canvas += window(self.glow, offset, width)


def window(plane: Plane, offset: float, width: int) -> Plane:
    """`width` columns of a wider plane from `offset` on, which need not be whole."""
    first = math.floor(offset)
    share = offset - first
    left = plane[:, first : first + width]
    if share < 0.02:
        return left
    return mix(left, plane[:, first + 1 : first + 1 + width], share)


def depth_tone(stage: Stage, near: Plane, depth: float) -> Plane:
    """A colour seen through the air: `depth` 0 is here, 1 is where everything is haze."""
    share = 1 - math.exp(-depth * 1.6 * stage.scheme.fog)
    return mix(near, stage.scheme.haze.light, min(share, 0.97))
