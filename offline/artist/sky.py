"""The sky: its gradient, the glow of the sun or moon, clouds in perspective, and stars."""

import numpy as np

from offline.artist.noise import columns, resized, rows, sample, smoothstep, tile
from offline.artist.palette import Plane, mix, ramp
from offline.artist.stage import Moment, Stage


def gradient(stage: Stage) -> Plane:
    """Return the cloudless sky over the whole canvas, one colour per row."""
    scheme = stage.scheme
    stops = [(0.0, scheme.zenith), (0.55, scheme.middle), (0.97, scheme.horizon), (1.5, scheme.haze)]
    return ramp(stops, rows(stage.height) / max(stage.horizon, 0.2))


def distance(stage: Stage, x: float, y: float) -> Plane:
    """Return the distance of every pixel from (x, y), both 0..1, in units of the stage."""
    across = (columns(stage.width) - x) * (stage.width / stage.unit)
    down = (rows(stage.height) - y) * (stage.height / stage.unit)
    return np.asarray(np.sqrt(across * across + down * down))


class Sky:
    """The sky behind the land."""

    def __init__(self, stage: Stage, cover: float) -> None:
        self.stage = stage
        self.base = self._lit(stage)
        self.cover = cover
        self.table = tile(stage.dice("clouds"), 512, 5, octaves=7, gain=0.55)
        self.drift = float(stage.dice("wind").choice([-1, 1]))

    def draw(self, canvas: Plane, moment: Moment) -> None:
        """Paint over the whole canvas: the sky is the first element."""
        canvas[:] = self.base
        if self.cover > 0:
            self._draw_clouds(canvas, moment)

    def _lit(self, stage: Stage) -> Plane:
        scheme = stage.scheme
        sky = np.broadcast_to(gradient(stage), (stage.height, stage.width, 3)).copy()
        away = distance(stage, stage.sun_x, stage.sun_y)
        strength = {"night": 0.10, "day": 0.3}.get(stage.reading.hour, 0.5)
        wide = np.exp(away * -2.6) * strength
        close = np.exp(away * away * -60) * (strength * 1.1)
        sky += (wide + close)[..., None] * scheme.sun.light
        return sky

    def _draw_clouds(self, canvas: Plane, moment: Moment) -> None:
        """Blend a flat deck of cloud seen from below: its features shrink towards the horizon."""
        stage = self.stage
        height = int(stage.height * stage.horizon)
        width = stage.width
        if height < 4:
            return
        scale = 2 if stage.width * stage.height > 160_000 else 1
        small_w, small_h = max(width // scale, 1), max(height // scale, 1)
        up = 1 - rows(small_h)
        far = 1 / (up + 0.16)
        across = (columns(small_w) - 0.5) * (width / stage.unit)
        u = across * far * 0.11 + 0.013 * self.drift * moment.time_s + 0.02 * moment.travel
        v = np.broadcast_to(far * 0.16, u.shape) + 0.004 * moment.time_s
        density = sample(self.table, u, v)
        edge = sample(self.table, u + 0.012 * (0.5 - stage.sun_x), v - 0.014)
        low = 0.75 - 1.15 * self.cover
        body = smoothstep(low, low + 0.75, density)
        lit = np.clip(0.55 + (density - edge) * 0.9 - body * 0.3, 0, 1)
        fade = smoothstep(0.0, 0.22, np.broadcast_to(up, body.shape))
        alpha = resized(body * fade * 0.92, width, height)[..., None]
        self._blend_clouds(canvas[:height], np.clip(alpha, 0, 1), np.clip(resized(lit, width, height), 0, 1)[..., None])

    def _blend_clouds(self, sky: Plane, alpha: Plane, lit: Plane) -> None:
        stage, scheme = self.stage, self.stage.scheme
        night = stage.reading.hour == "night"
        near_sun = np.exp(-distance(stage, stage.sun_x, stage.sun_y)[: sky.shape[0]] * 1.8)[..., None]
        dark = mix(scheme.middle.light, scheme.shade.light, 0.55) * (0.8 if night else 0.95)
        bright = mix(scheme.horizon.light, scheme.sun.light, 0.7) * (0.45 if night else 1.05)
        colour = dark + (bright - dark) * np.clip(lit * 0.75 + near_sun * 0.5, 0, 1.2)
        sky += (colour - sky) * alpha


class Stars:
    """Points of light with a few bright ones, twinkling in a video."""

    def __init__(self, stage: Stage, density: float = 1.0) -> None:
        rng = stage.dice("stars")
        count = int(min(stage.width * stage.height / 900 * density, 6000))
        self.x = rng.integers(0, stage.width, count)
        self.y = (rng.random(count) ** 1.15 * stage.height * min(stage.horizon, 1.0)).astype(np.int64)
        bright = rng.pareto(2.2, count).clip(0, 9) * 0.16 + 0.04
        heat = rng.random(count)[:, None]
        cool, warm = np.array([0.75, 0.85, 1.0]), np.array([1.0, 0.86, 0.68])
        fade = 1 - 0.9 * (self.y / (stage.height * stage.horizon)) ** 3 if stage.horizon <= 1 else np.ones(count)
        self.light = ((cool + (warm - cool) * heat) * (bright * fade)[:, None]).astype(np.float32)
        self.phase = rng.random(count) * 6.3
        self.large = bright > 0.55

    def draw(self, canvas: Plane, moment: Moment) -> None:
        """Add the stars' light."""
        twinkle = (1 + 0.35 * np.sin(self.phase + 4 * moment.time_s))[:, None].astype(np.float32)
        light = self.light * twinkle
        np.add.at(canvas, (self.y, self.x), light)
        height, width = canvas.shape[:2]
        for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            near = (np.clip(self.y + dy, 0, height - 1)[self.large], np.clip(self.x + dx, 0, width - 1)[self.large])
            np.add.at(canvas, near, light[self.large] * 0.4)
