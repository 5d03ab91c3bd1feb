"""Colours by the names that people use, and the share of each in an image."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Lab = NDArray[np.float64]  # OKLab: lightness 0..1, green to red, blue to yellow

SHARE_MIN = 0.04  # of the image; a rarer colour is not named
_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_GREYS = ((0.24, "black"), (0.45, "dark grey"), (0.70, "grey"), (0.93, "light grey"), (9.0, "white"))
# The largest hue of each row (OKLCH degrees), and its names by rising lightness.
_HUES: tuple[tuple[float, tuple[tuple[float, str], ...]], ...] = (
    (13, ((0.36, "dark red"), (0.60, "crimson"), (9.0, "pink"))),
    (42, ((0.40, "dark red"), (0.72, "red"), (9.0, "salmon"))),
    (84, ((0.36, "dark brown"), (0.60, "brown"), (9.0, "orange"))),
    (117, ((0.45, "dark olive"), (0.66, "olive"), (9.0, "yellow"))),
    (164, ((0.42, "dark green"), (0.90, "green"), (9.0, "light green"))),
    (214, ((0.42, "dark teal"), (0.72, "teal"), (9.0, "cyan"))),
    (282, ((0.37, "dark blue"), (0.74, "blue"), (9.0, "light blue"))),
    (318, ((0.37, "dark purple"), (0.72, "purple"), (9.0, "lavender"))),
    (346, ((0.40, "dark magenta"), (0.75, "magenta"), (9.0, "pink"))),
    (361, ((0.36, "dark red"), (0.60, "crimson"), (9.0, "pink"))),
)
_NAMES = sorted({name for _, row in _HUES for _, name in row} | {name for _, name in _GREYS} | {"beige"})
_NUMBER = {name: number for number, name in enumerate(_NAMES)}


class NamedColour(Struct, frozen=True):
    """A named colour, its mean as #rrggbb, and its share of the visible pixels."""

    name: str
    hex: str
    share: float


def lab_of(codes: NDArray[np.uint8]) -> Lab:
    """Return sRGB codes (channels last) as OKLab."""
    part = codes.astype(np.float64) / 255
    light = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.cbrt(light @ _TO_LMS.T) @ _TO_LAB.T)


def chroma_of(lab: Lab) -> NDArray[np.float64]:
    """Return the distance from grey: 0 to about 0.32."""
    return np.asarray(np.hypot(lab[..., 1], lab[..., 2]))


def _numbers(lab: Lab) -> NDArray[np.int64]:
    """Return the index in _NAMES of each colour."""
    lightness, chroma = lab[..., 0], chroma_of(lab)
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1])) % 360
    numbers = np.zeros(lightness.shape, np.int64)
    low = 0.0
    for high, row in _HUES:
        inside = (hue >= low) & (hue < high)
        numbers[inside] = _by_lightness(lightness[inside], row)
        low = high
    pale = (chroma < 0.075) & (lightness > 0.74) & (hue > 50) & (hue < 117)
    numbers[pale] = _NUMBER["beige"]
    grey = (chroma < 0.028) | ((lightness < 0.22) & (chroma < 0.06))
    numbers[grey] = _by_lightness(lightness[grey], _GREYS)
    return numbers


def _by_lightness(lightness: NDArray[np.float64], row: tuple[tuple[float, str], ...]) -> NDArray[np.int64]:
    limits = np.array([limit for limit, _ in row])
    return np.array([_NUMBER[name] for _, name in row])[np.searchsorted(limits, lightness, side="right")]


def named_colours(codes: NDArray[np.uint8]) -> tuple[NamedColour, ...]:
    """Return the named colours of pixels (n x 3 codes), the most frequent first, down to SHARE_MIN."""
    if not len(codes):
        return ()
    numbers = _numbers(lab_of(codes))
    counts = np.bincount(numbers, minlength=len(_NAMES))
    colours = []
    for number in np.argsort(-counts, kind="stable"):
        share = float(counts[number] / len(codes))
        if share < SHARE_MIN:
            break
        mean = codes[numbers == number].mean(axis=0).round().astype(int)
        colours.append(NamedColour(_NAMES[number], "#{:02x}{:02x}{:02x}".format(*mean), round(share, 3)))
    return tuple(colours)


def is_chromatic(colour: NamedColour) -> bool:
    """Return whether this is a colour rather than a grey."""
    return colour.name not in {name for _, name in _GREYS}
