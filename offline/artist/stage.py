"""The context of every element: size, colours, dice and light, and the layers that blend onto the canvas."""

import math
from typing import Protocol

import numpy as np
from msgspec import Struct

from offline.artist.palette import Plane, mix
from offline.artist.reading import Reading
from offline.artist.scheme import ColourScheme
from offline.dice import Dice


class Moment(Struct, frozen=True):
    """A point of a video: seconds since its start, and the camera's position on its path, -1..1. A still has one."""

    time_s: float = 0.0
    travel: float = 0.0


class Element(Protocol):
    """One part of a picture, painted over the farther ones."""

    def draw(self, canvas: Plane, moment: Moment) -> None:
        """Paint onto the canvas (height x width x 3, linear light), in place."""
        ...


class Stage(Struct, frozen=True, kw_only=True):
    """Sizes in pixels. `unit` is the length by which elements are scaled, `reach` the travel of the camera."""

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
        """Return the height of an ordinary landscape format of this size."""
        return min(float(self.height), self.width * 1.3)

    @property
    def sun_y(self) -> float:
        """Return the row of the light, 0..1 of the height."""
        return self.horizon * (1 - self.scheme.sun_height)

    def margin(self, parallax: float) -> int:
        """Return the pixels that a layer of this parallax needs beyond each side of the frame."""
        return math.ceil(self.reach * parallax) + 1 if self.reach else 0


class Layer:
    """A flat layer: alpha, colour and glow. Near layers move faster."""

    def __init__(
        self, stage: Stage, alpha: Plane, colour: Plane, glow: Plane | None = None, parallax: float = 0.0
    ) -> None:
        self.alpha, self.colour, self.glow = alpha, colour, glow
        self.start = stage.margin(parallax)
        self.pace = stage.reach * parallax

    def draw(self, canvas: Plane, moment: Moment) -> None:
        """Blend over the canvas at the camera's position, with subpixel precision."""
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
    """Return `width` columns of a wider plane from `offset` on, which may be fractional."""
    first = math.floor(offset)
    share = offset - first
    left = plane[:, first : first + width]
    if share < 0.02:
        return left
    return mix(left, plane[:, first + 1 : first + 1 + width], share)


def depth_tone(stage: Stage, near: Plane, depth: float) -> Plane:
    """Return a colour seen through the air. At `depth` 0 it is unchanged, at 1 nearly all haze."""
    share = 1 - math.exp(-depth * 1.6 * stage.scheme.fog)
    return mix(near, stage.scheme.haze.light, min(share, 0.97))
