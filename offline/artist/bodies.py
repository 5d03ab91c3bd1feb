"""Suns, moons and planets: lit balls with craters, bands or rings."""

import math

import numpy as np
from msgspec import Struct

from offline.artist.noise import sample, smoothstep, tile
from offline.artist.palette import Plane, Tone, mix
from offline.artist.stage import Moment, Stage


class Ball(Struct, frozen=True, kw_only=True):
    """A body in the sky: `x` and `y` are 0..1 of the canvas, `radius` is in units of the stage."""

    x: float
    y: float
    radius: float
    tone: Tone
    light_from: tuple[float, float, float] = (-0.6, -0.5, 0.6)  # right, down, towards us
    banded: bool = False
    rings: bool = False
    strength: float = 1.0
    air: float = 0.0  # share of the sky's colour added over it: a moon by day is pale
    parallax: float = 0.05


class Body:
    """Draws one ball."""

    def __init__(self, stage: Stage, ball: Ball, name: str) -> None:
        self.stage, self.ball = stage, ball
        self.table = tile(stage.dice(f"surface {name}"), 256, 4, octaves=6, gain=0.6)
        self.tilt = float(stage.dice(f"tilt {name}").uniform(-0.45, 0.45))

    def draw(self, canvas: Plane, moment: Moment) -> None:
        """Blend the lit ball, its rim of air and its rings."""
        ball, unit = self.ball, self.stage.unit
        radius = max(ball.radius * unit, 2.0)
        centre_x = ball.x * self.stage.width - moment.travel * self.stage.reach * ball.parallax
        centre_y = ball.y * self.stage.height
        span = radius * (2.4 if ball.rings else 1.3) + 3
        top, left = max(int(centre_y - span), 0), max(int(centre_x - span), 0)
        patch = canvas[top : max(int(centre_y + span), 0), left : max(int(centre_x + span), 0)]
        if not patch.size:
            return
        y = (np.arange(patch.shape[0], dtype=np.float32)[:, None] + (top - centre_y)) / radius
        x = (np.arange(patch.shape[1], dtype=np.float32)[None, :] + (left - centre_x)) / radius
        if ball.rings:
            self._draw_rings(patch, x, y, radius, behind=True)
        self._draw_sphere(patch, x, y, radius, moment)
        if ball.rings:
            self._draw_rings(patch, x, y, radius, behind=False)

    def _draw_sphere(self, patch: Plane, x: Plane, y: Plane, radius: float, moment: Moment) -> None:
        ball = self.ball
        square = x * x + y * y
        away = np.sqrt(square)
        z = np.sqrt(np.clip(1 - square, 0, 1))
        right, down, near = ball.light_from
        lit = (x * right + y * down + z * near) / math.hypot(right, down, near)
        shine = smoothstep(-0.08, 0.95, lit)[..., None]
        alpha = np.clip((1 - away) * radius + 0.5, 0, 1)[..., None]
        surface = self._surface(x, y, z, moment) * ball.strength
        rim = (np.clip(1 - z, 0, 1) ** 3 * smoothstep(-0.3, 0.5, lit))[..., None] * ball.tone.shifted(0.15).light
        colour = surface * (shine + 0.012) + rim * (0.30 * ball.strength)
        colour += patch * ball.air
        patch += (colour - patch) * alpha
        halo = np.exp(-np.clip(away - 1, 0, None) * 9)[..., None] * (1 - alpha) * smoothstep(-0.6, 0.9, lit)[..., None]
        patch += halo * ball.tone.shifted(0.1).light * (0.12 * ball.strength)

    def _surface(self, x: Plane, y: Plane, z: Plane, moment: Moment) -> Plane:
        tone = self.ball.tone
        low, high = tone.shifted(-0.20, 1.1, -12).light, tone.shifted(0.12, 0.9, 10).light
        tx, ty = x + y * self.tilt, y - x * self.tilt
        turn = 0.006 * moment.time_s
        bulge = 1 / (z + 0.6)
        if self.ball.banded:
            wobble = sample(self.table, tx * bulge * 0.16 + turn, ty * 0.5)
            band = np.sin(ty * 9 + wobble * 0.9) * 0.5 + np.sin(ty * 23 + wobble * 2) * 0.25 + 0.5
        else:
            base = sample(self.table, tx * bulge * 0.20 + turn, ty * bulge * 0.20)
            pits = sample(self.table, tx * bulge * 0.7 + turn, ty * bulge * 0.7 + 0.3)
            band = base * 0.75 + pits * 0.25 + 0.5
        return np.asarray(low + (high - low) * np.clip(band, 0, 1)[..., None])

    def _draw_rings(self, patch: Plane, x: Plane, y: Plane, radius: float, behind: bool) -> None:
        lean = self.tilt
        across, along = x + y * lean, (y - x * lean) * 3.6
        away = np.sqrt(across * across + along * along)
        grooves = 0.65 + 0.35 * np.sin(away * 38) * np.sin(away * 17)
        edge = 6 / radius
        alpha = smoothstep(1.35, 1.38 + edge, away) * (1 - smoothstep(2.15, 2.2 + edge, away)) * grooves * 0.75
        half = along < 0 if behind else along >= 0
        colour = mix(self.ball.tone.shifted(0.1, 0.6).light, np.ones(3, np.float32), 0.2) * self.ball.strength
        patch += (colour - patch) * (alpha * half)[..., None]


class Disc:
    """The sun or the moon as the source of light: a small bright disc at the centre of the glow."""

    def __init__(self, stage: Stage, radius: float, strength: float) -> None:
        self.stage, self.radius, self.strength = stage, radius, strength

    def draw(self, canvas: Plane, moment: Moment) -> None:
        """Add the disc, its edge softened by the air."""
        stage = self.stage
        radius = max(self.radius * stage.unit, 1.5)
        x = np.arange(stage.width, dtype=np.float32)[None, :] - (stage.sun_x * stage.width)
        y = np.arange(stage.height, dtype=np.float32)[:, None] - (stage.sun_y * stage.height)
        top, end = (int(np.clip(stage.sun_y * stage.height + side * radius * 2, 0, stage.height)) for side in (-1, 1))
        away = np.sqrt(x * x + y[top:end] ** 2)
        disc = 1 - smoothstep(radius * 0.92, radius * 1.08 + 1, away)
        canvas[top:end] += disc[..., None] * stage.scheme.sun.light * self.strength
