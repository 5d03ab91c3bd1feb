"""Colour in OKLCH, a space of perceptually equal steps. The canvas itself holds linear sRGB light."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Plane = NDArray[np.floating[Any]]  # height x width, or height x width x 3 for light

_LAB_TO_LMS = np.array(
    [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.291485548]]
)
_LMS_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.707614701],
    ]
)


class Tone(Struct, frozen=True):
    """A colour: lightness 0..1, chroma 0..0.37, hue in degrees."""

    lightness: float
    chroma: float
    hue: float

    def shifted(self, lightness: float = 0.0, chroma: float = 1.0, hue: float = 0.0) -> "Tone":
        """Return the tone made lighter by `lightness`, `chroma` times as vivid and turned by `hue` degrees."""
        light = min(max(self.lightness + lightness, 0.0), 1.0)
        return Tone(light, self.chroma * chroma, (self.hue + hue) % 360)

    def towards(self, hue: float, share: float) -> "Tone":
        """Return the tone turned towards `hue` by a share of the shorter arc of the colour circle."""
        turn = (hue - self.hue + 180) % 360 - 180
        return Tone(self.lightness, self.chroma + share * 0.03, (self.hue + share * turn) % 360)

    @property
    def lab(self) -> NDArray[np.float64]:
        """Return OKLab coordinates."""
        angle = np.deg2rad(self.hue)
        return np.array([self.lightness, self.chroma * np.cos(angle), self.chroma * np.sin(angle)])

    @property
    def light(self) -> Plane:
        """Return linear sRGB, three values. Chroma is reduced to fit the gamut."""
        chroma = self.chroma
        for _ in range(24):
            rgb = _linear(Tone(self.lightness, chroma, self.hue).lab)
            if rgb.min() >= -0.001 and rgb.max() <= 1.001:
                break
            chroma *= 0.92
        return np.clip(rgb, 0, 1).astype(np.float32)


def _linear(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(((lab @ _LAB_TO_LMS.T) ** 3) @ _LMS_TO_RGB.T)


def ramp(stops: Sequence[tuple[float, Tone]], at: Plane) -> Plane:
    """Return linear light for each value of `at`, blended in OKLab between stops at rising positions."""
    positions = [position for position, _ in stops]
    labs = np.array([tone.lab for _, tone in stops])
    table_at = np.linspace(positions[0], positions[-1], 512)
    table = np.stack([np.interp(table_at, positions, labs[:, axis]) for axis in range(3)], axis=-1)
    light = np.clip(_linear(table), 0, 1).astype(np.float32)
    index = (at - positions[0]) * (511 / (positions[-1] - positions[0]))
    return np.asarray(light[np.clip(index, 0, 511).astype(np.int32)])


def mix(one: Plane, other: Plane, share: float) -> Plane:
    """Return a linear blend of two lights."""
    return (one + (other - one) * share).astype(np.float32)
