"""Grass and flowers close to the viewer, in front of open country."""

import numpy as np

from offline.artist.brush import Brush, ink
from offline.artist.palette import Plane, Tone, mix
from offline.artist.stage import Layer, Stage


def petals_of(stage: Stage) -> list[Tone]:
    """Return the colours of the meadow's flowers."""
    scheme, hues = stage.scheme, stage.reading.hues
    if len(hues) == 1:
        return [scheme.accent, scheme.accent.shifted(0.1, 0.8, 14), scheme.accent.shifted(-0.06, 1, -14)]
    return [scheme.accent, scheme.second, Tone(0.93, 0.03, 95), scheme.accent.shifted(0.08, 0.9, 25)]


def _draw_blade(
    brush: Brush, x: float, y: float, tall: float, *, wide: float, colour: Plane, rng: np.random.Generator
) -> None:
    lean = float(rng.normal(0, 0.28)) * tall
    side = [(x - wide + lean * t * t, y - tall * t) for t in (0, 0.35, 0.7, 1.0)]
    back = [(x + wide * (1 - t) + lean * t * t, y - tall * t) for t in (0.7, 0.35, 0)]
    brush.draw_polygon(side + back, ink(colour))


def _draw_flower(
    brush: Brush, x: float, y: float, size: float, *, tone: Tone, light: float, rng: np.random.Generator
) -> None:
    """Draw a blossom seen a little from above."""
    count, turn, squash = int(rng.integers(5, 9)), float(rng.uniform(0, 6.3)), float(rng.uniform(0.5, 0.85))
    for index in range(count):
        angle = turn + index * 2 * np.pi / count
        ring = np.linspace(0, 2 * np.pi, 12, endpoint=False)
        along, aside = size * (0.55 + 0.52 * np.cos(ring)), size * 0.3 * np.sin(ring)
        px = x + along * np.cos(angle) - aside * np.sin(angle)
        py = y + (along * np.sin(angle) + aside * np.cos(angle)) * squash
        shade = 0.05 * np.sin(angle) + float(rng.normal(0, 0.02))
        brush.draw_polygon(np.stack([px, py], axis=1), ink(tone.shifted(shade).light * light))
    brush.draw_ellipse(x, y, size * 0.24, size * 0.24 * squash, ink(Tone(0.8, 0.15, 85).light * (light * 0.9)))


def meadow(stage: Stage, index: int) -> Layer:
    """Return one strip of meadow. Index 0 is the farthest of three."""
    rng, scheme = stage.dice(f"meadow {index}"), stage.scheme
    near = (0.28, 0.55, 1.0)[index]
    parallax = 0.35 + 0.65 * near
    width, height = stage.width + 2 * stage.margin(parallax), stage.height
    unit = stage.unit
    brush = Brush(width, height, "RGBA")
    dim = {"night": 0.35, "day": 1.0}.get(stage.reading.hour, 0.62)
    deep = mix(scheme.growth.shifted(-0.12).light, scheme.shade.light, 0.25) * dim
    bright = mix(scheme.growth.shifted(0.12, 1.15, -12).light, scheme.sun.light, 0.12) * dim
    floor = height * (0.79 + 0.115 * index)
    spread = height * 0.11
    count = int(min(width / unit * 420 / near, 2600))
    for x, drop in zip(rng.uniform(0, width, count), np.sort(rng.random(count)), strict=True):
        tall = unit * 0.10 * near * float(rng.uniform(0.5, 1.2))
        colour = mix(deep, bright, float(rng.random()) * (0.25 + 0.5 * drop))
        y, wide = floor + spread * float(drop) + tall * 0.4, unit * 0.0032 * near + 0.25
        _draw_blade(brush, float(x), y, tall, wide=wide, colour=colour, rng=rng)
    tones = petals_of(stage)
    count = int(min(width / unit * 46 / near, 300))
    for x, drop in zip(rng.uniform(0, width, count), np.sort(rng.random(count)), strict=True):
        y = floor + spread * float(drop) - unit * 0.05 * near * float(rng.uniform(0.6, 1.4))
        lean = float(rng.normal(0, 0.01)) * unit
        brush.draw_line(
            [(float(x), y), (float(x) + lean, y + unit * 0.1 * near)], max(unit * 0.0028 * near, 0.6), ink(deep)
        )
        size = unit * 0.023 * near * float(rng.uniform(0.7, 1.25))
        tone = tones[int(rng.choice(len(tones), p=_odds(len(tones))))]
        _draw_flower(brush, float(x), y, size, tone=tone, light=min(dim * 1.15, 1.0), rng=rng)
    alpha, colour = brush.painting(blur=unit * 0.0035 if index == 2 else 0.0)
    return Layer(stage, alpha, colour, None, parallax)


def _odds(count: int) -> list[float]:
    return [0.5, *[0.5 / (count - 1)] * (count - 1)]
