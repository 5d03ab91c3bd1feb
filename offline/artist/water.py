"""Still or moving water: it mirrors the picture above the waterline, broken by waves, with the light's path on it."""

from collections.abc import Iterator

import numpy as np

from offline.artist.brush import Brush
from offline.artist.noise import columns, line, sample, smoothstep, tile
from offline.artist.palette import Plane, mix
from offline.artist.stage import Layer, Moment, Stage, depth_tone


def islands(stage: Stage) -> Iterator[Layer]:
    """Yield headlands on the horizon, paler with distance."""
    for index, depth in enumerate((1.1, 0.55)):
        rng = stage.dice(f"island {index}")
        parallax = 0.12 + 0.1 * index
        width = stage.width + 2 * stage.margin(parallax)
        x = np.arange(width, dtype=np.float64)
        side = float(rng.choice([-0.05, 1.05]) if index else rng.uniform(-0.1, 1.1))
        shape = np.exp(-(np.abs((x - side * width) / (stage.unit * float(rng.uniform(0.3, 0.55)))) ** 1.6))
        rough = 1 + 0.55 * line(rng, width, stage.unit * 0.16, octaves=7, gain=0.55)
        tall = np.clip(shape * rough - 0.10, 0, None) * stage.unit * float(rng.uniform(0.09, 0.17))
        brush = Brush(width, stage.height)
        level = stage.horizon * stage.height
        brush.draw_polygon([(0, level + 2), *zip(x.tolist(), (level - tall).tolist(), strict=True), (width, level + 2)])
        near = mix(stage.scheme.shade.light, stage.scheme.rock.light, 0.3) * 0.45
        colour = np.broadcast_to(depth_tone(stage, near, depth * 0.8), (stage.height, 1, 3))
        yield Layer(stage, brush.plane() * (tall > 0.5), colour, None, parallax)


class Water:
    """Water from the waterline down. `rough` 0 is a mirror, 1 is a storm."""

    def __init__(self, stage: Stage, level: float, rough: float, wet_street: bool = False) -> None:
        self.stage, self.rough, self.wet_street = stage, rough, wet_street
        self.top = min(max(int(level * stage.height), 2), stage.height - 2)
        self.table = tile(stage.dice("waves"), 512, 8, octaves=6, gain=0.55)
        height = stage.height - self.top
        down = (np.arange(height, dtype=np.float32)[:, None] + 0.7) / stage.unit
        self.down = down
        self.away = 1 / (down * 3 + 0.012)
        across = (columns(stage.width) - 0.5) * (stage.width / stage.unit)
        self.across = across
        self.u = across * self.away**0.75 * 0.2
        self.v = np.broadcast_to(self.away**0.55 * 1.3, self.u.shape)

    def draw(self, canvas: Plane, moment: Moment) -> None:
        """Mirror the elements painted so far."""
        time = moment.time_s
        shift = moment.travel * self.stage.reach / self.stage.unit * 0.02
        one = sample(self.table, self.u + time * 0.012 + shift, self.v + time * 0.035)
        two = sample(
            self.table,
            self.u * 1.9 - time * 0.017 + shift,
            self.v * 1.7 + time * 0.02,
        )
        fine = sample(
            self.table,
            self.u * 4.7 + time * 0.03,
            self.v * 3.3 - time * 0.05,
        )
        waves = one * 0.5 + two * 0.33 + fine * 0.22
        mirrored = self._mirrored(canvas, waves)
        scheme = self.stage.scheme
        grazing = np.exp(-self.down * (1.6 if self.wet_street else 2.4))
        slope = np.clip(0.5 - waves * (0.35 + 0.4 * self.rough), 0, 1)
        share = np.clip(grazing * 0.55 + 0.22 + (slope - 0.5) * 0.5, 0.08, 0.92)
        deep = scheme.water.light * 0.55
        colour = deep + (mirrored - deep) * share[..., None]
        if not self.wet_street:
            colour += self._glitter(waves, fine)
            colour += smoothstep(0.95, 1.5, waves + (self.rough * 0.45) - 0.2)[..., None] * (0.3 * self.rough)
        canvas[self.top :] = colour

    def _mirrored(self, canvas: Plane, waves: Plane) -> Plane:
        height, width = waves.shape
        stretch = self.top / max(height, 1) * 0.9 if self.top < height else 1.0
        below = np.arange(height, dtype=np.float32)[:, None]
        broken = waves * np.minimum(self.down * 2.2, 0.25) * (self.stage.unit * (0.10 + 0.30 * self.rough))
        source = np.clip(self.top - 1 - below * stretch + broken, 0, self.top - 1).astype(np.int32)
        sway = waves * (self.stage.unit * 0.006)
        column = np.clip(np.arange(width, dtype=np.float32)[None, :] + sway, 0, width - 1).astype(np.int32)
        above = canvas[: self.top].reshape(-1, 3)
        if not self.wet_street:
            return np.asarray(above[source * width + column])
        # Wet asphalt stretches lights into streaks: the mean of several heights.
        streak = np.zeros((height, width, 3), np.float32)
        for lift in (0.0, 0.012, 0.03, 0.055, 0.09):
            row = np.clip(source - round(lift * self.stage.unit), 0, self.top - 1)
            streak += above[row * width + column] * 0.26
        return streak

    def _glitter(self, waves: Plane, fine: Plane) -> Plane:
        """Return sparks on waves that tilt towards the light, in a path that widens towards the viewer."""
        stage = self.stage
        aside = self.across - ((stage.sun_x - 0.5) * stage.width / stage.unit)
        spread = (0.05 + 0.10 * self.rough) + self.down * 0.28
        path = np.exp(-((aside / spread) ** 2))
        sparks = smoothstep(0.30, 0.95, waves * 0.5 + fine * 0.75 + path * 0.30) * path
        strength = 0.5 if stage.reading.hour == "night" else 0.9
        return np.asarray((sparks * strength)[..., None] * stage.scheme.sun.light, dtype=np.float32)
