"""Deep space: clouds of glowing gas, stars with spikes, and planets."""

import math
from collections.abc import Iterator

import numpy as np

from offline.artist.bodies import Ball, Body
from offline.artist.noise import columns, resized, rows, sample, smoothstep, tile
from offline.artist.palette import Plane, Tone
from offline.artist.sky import Stars
from offline.artist.stage import Element, Moment, Stage


class Nebula:
    """Noise warped by noise in three colours, darker behind dust."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        rng = stage.dice("nebula")
        self.bend, self.gas = tile(rng, 512, 3, octaves=6), tile(rng, 512, 4, octaves=7, gain=0.58)
        self.lean = float(rng.uniform(-0.9, 0.9))
        scheme = stage.scheme
        hue = float(stage.reading.hues[0] if stage.reading.hues else rng.uniform(200, 400))
        other = float(stage.reading.hues[-1] + 40 if stage.reading.hues else hue + rng.choice([-95, -60, 70, 110]))
        self.lights = [
            Tone(0.42, 0.16, hue).light,
            Tone(0.62, 0.17, other).light,
            Tone(0.88, 0.07, (hue + other) / 2).light,
        ]
        self.deep = Tone(0.10, 0.035, hue).light if "pastel" not in stage.reading.moods else scheme.zenith.light

    def draw(self, canvas: Plane, moment: Moment) -> None:
        """Paint over the whole canvas: a nebula is the first element."""
        stage = self.stage
        scale = 2 if stage.width * stage.height > 160_000 else 1
        width, height = max(stage.width // scale, 2), max(stage.height // scale, 2)
        x = (columns(width) - 0.5) * (stage.width / stage.unit) + (moment.travel * stage.reach / stage.unit * 0.05)
        y = (rows(height) - 0.5) * (stage.height / stage.unit)
        x, y = np.broadcast_arrays(x, y)
        flow = 0.004 * moment.time_s
        bend = sample(self.bend, x * 0.30 + flow, y * 0.30)
        swirl = sample(self.bend, x * 0.30 + 0.4, y * 0.30 - flow)
        u, v = x * 0.26 + bend * 0.07, y * 0.26 + swirl * 0.07
        gas = sample(self.gas, u, v)
        other = sample(self.gas, u * 1.3 + 0.37, v * 1.3)
        band = np.exp(-(((y - x * self.lean) / 0.34) ** 2))
        thick = smoothstep(-0.55, 1.35, gas + band * 0.75 - 0.2)
        warm = smoothstep(-0.1, 1.2, other + band * 0.4) * thick
        core = smoothstep(0.55, 1.5, gas * 0.7 + other * 0.3 + band * 0.85) * thick
        dust = 1 - smoothstep(0.15, 0.9, sample(self.gas, u * 0.8 + 0.71, v * 0.8)) * 0.75
        for channel in range(3):
            light = thick * self.lights[0][channel] * 0.75 + warm * self.lights[1][channel] * 0.7
            light = (light + core * self.lights[2][channel] * 0.9) * dust + self.deep[channel]
            canvas[..., channel] = resized(light.astype(np.float32), stage.width, stage.height)


class Beacons:
    """A few near stars with the cross that lenses draw."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def draw(self, canvas: Plane, moment: Moment) -> None:
        """Add the stars' light."""
        rng = self.stage.dice("beacons")
        unit = self.stage.unit
        for _ in range(7):
            x, y = float(rng.uniform(0, 1) * self.stage.width), float(rng.uniform(0, 1) * self.stage.height)
            size = unit * float(rng.uniform(0.012, 0.04)) * (1 + 0.15 * math.sin(moment.time_s * 3 + x))
            tone = Tone(0.9, 0.06, float(rng.choice([60, 80, 230, 250, 20]))).light
            top, left = max(int(y - size), 0), max(int(x - size), 0)
            patch = canvas[top : int(y + size) + 1, left : int(x + size) + 1]
            dx = np.abs(np.arange(patch.shape[1], dtype=np.float32)[None, :] + (left - x)) / size
            dy = np.abs(np.arange(patch.shape[0], dtype=np.float32)[:, None] + (top - y)) / size
            thin = max(size / 1.2, 6)
            cross = np.exp(-dx * thin) * (1 - dy).clip(0) ** 2 + np.exp(-dy * thin) * (1 - dx).clip(0) ** 2
            glow = np.exp(-(dx * dx + dy * dy) * 18)
            patch += ((cross * 0.8 + glow * 0.9)[..., None] * tone).astype(np.float32)


def planets(stage: Stage, count: int, moons: int) -> Iterator[Element]:
    """Yield planets, the first one large, and then moons."""
    rng = stage.dice("planets")
    hues = stage.reading.hues
    side = 1 if stage.sun_x > 0.5 else -1
    light = (0.75 * side, -0.42, 0.45)
    for index in range(count):
        large = index == 0
        hue = float(hues[index % len(hues)] if hues else rng.uniform(0, 360))
        tone = Tone(float(rng.uniform(0.58, 0.72)), float(rng.uniform(0.07, 0.13)), hue)
        x = 0.5 - side * float(rng.uniform(0.05, 0.2)) if large else float(rng.uniform(0.1, 0.9))
        y = float(rng.uniform(0.45, 0.62)) if large else float(rng.uniform(0.12, 0.3))
        radius = float(rng.uniform(0.2, 0.27)) if large else float(rng.uniform(0.03, 0.08))
        banded = bool(rng.random() < 0.55)
        rings = large and bool(rng.random() < 0.6)
        yield Body(
            stage,
            Ball(x=x, y=y, radius=radius, tone=tone, light_from=light, banded=banded, rings=rings, parallax=0.3),
            f"planet {index}",
        )
    for index in range(moons):
        x, y = 0.5 + side * float(rng.uniform(0.18, 0.36)), float(rng.uniform(0.16, 0.7))
        ball = Ball(
            x=x, y=y, radius=float(rng.uniform(0.022, 0.05)), tone=Tone(0.72, 0.02, 80), light_from=light, parallax=0.5
        )
        yield Body(stage, ball, f"moon {index}")


def space(stage: Stage) -> Iterator[Element]:
    """Yield nebula, stars and planets."""
    yield Nebula(stage)
    yield Stars(stage, 1.6)
    yield Beacons(stage)
    yield from planets(stage, stage.reading.bodies.get("planet", 1), stage.reading.bodies.get("moon", 1))
