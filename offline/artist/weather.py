"""Rain, snow and lightning."""

import math

import numpy as np

from offline.artist.brush import Brush
from offline.artist.palette import Plane, mix
from offline.artist.stage import Moment, Stage


class Falling:
    """Rain or snow at one distance. The pattern repeats after its own height and moves down with time."""

    def __init__(self, stage: Stage, name: str, near: float, snow: bool) -> None:
        self.stage = stage
        width, height, unit = stage.width, stage.height, stage.unit
        rng = stage.dice(name)
        brush = Brush(width, height)
        area = width * height / unit**2
        wind = stage.dice("slant")
        slant = float(wind.choice([-1, 1]) * wind.uniform(0.08, 0.2))
        for _ in range(int((420 if snow else 300) * area / near ** (1.9 if snow else 0.9))):
            x, y = rng.uniform(0, width), rng.uniform(0, height)
            value = int(rng.integers(60, 200))
            if snow:
                radius = unit * 0.0019 * near * float(rng.uniform(0.5, 1.3))
                brush.draw_ellipse(x, y, radius, radius, value)
            else:
                length = unit * 0.035 * near * float(rng.uniform(0.6, 1.4))
                brush.draw_line([(x, y), (x + slant * length, y + length)], unit * 0.0011 * near, value)
        self.alpha = brush.plane() * (0.85 if snow else 0.34 / near**0.4)
        scheme = stage.scheme
        lit = mix(scheme.horizon.light, np.ones(3, np.float32), 0.25) * 0.9
        self.colour = np.ones(3, np.float32) * 0.85 if snow else lit
        self.speed = unit * near * (0.09 if snow else 1.1)
        self.sway = unit * 0.02 if snow else 0.0

    def draw(self, canvas: Plane, moment: Moment) -> None:
        """Blend the pattern at its current position."""
        down = round(moment.time_s * self.speed)
        aside = round(self.sway * math.sin(moment.time_s * 1.3) + moment.travel * self.stage.reach * 0.5)
        alpha = np.roll(self.alpha, (down, aside), axis=(0, 1)) if down or aside else self.alpha
        canvas += (self.colour - canvas) * alpha[..., None]


class Lightning:
    """A forked flash, and the sky that it lights."""

    def __init__(self, stage: Stage) -> None:
        rng = stage.dice("lightning")
        self.stage = stage
        width, height = stage.width, stage.height
        start = float(rng.uniform(0.2, 0.8))
        brush, branches = Brush(width, height), Brush(width, height)
        path = self._path(rng, (width * start, -2.0), height * stage.horizon * 1.01, stage.unit * 0.03)
        brush.draw_line(path, stage.unit * 0.004)
        for index in rng.integers(4, len(path) - 4, 4):
            end = height * stage.horizon * float(rng.uniform(0.6, 0.9))
            fork = self._path(rng, path[int(index)], end, stage.unit * 0.035)
            branches.draw_line(fork, stage.unit * 0.0018)
        self.bolt = brush.plane() * 3 + branches.plane() * 1.4
        aside = (np.arange(width, dtype=np.float32) / width - start) * (width / stage.unit)
        down = np.linspace(1, 0, height, dtype=np.float32)[:, None]
        self.flash = np.exp(-aside * aside * 5)[None, :] * down * 0.35
        self.light = np.array([0.78, 0.84, 1.0], np.float32)

    @staticmethod
    def _path(
        rng: np.random.Generator, start: tuple[float, float], end: float, step: float
    ) -> list[tuple[float, float]]:
        x, y = start
        lean = float(rng.normal(0, 0.3))
        path = [(x, y)]
        while y < end and len(path) < 200:
            x, y = x + step * (lean + float(rng.normal(0, 0.75))), y + step * float(rng.uniform(0.4, 1.0))
            path.append((x, y))
        return path if len(path) > 10 else path + [path[-1]] * 10

    def draw(self, canvas: Plane, moment: Moment) -> None:
        """Add the flash. A still always shows it, a video for an instant every few seconds."""
        beat = (moment.time_s + 0.05) % 2.7
        strength = 1.0 if beat < 0.12 else 0.5 if 0.22 < beat < 0.3 else 0.0
        if strength:
            canvas += (self.bolt + self.flash)[..., None] * (self.light * strength)
