"""Abstract pictures: flowing paint, and waves of cut paper."""

import math
from collections.abc import Iterator

import numpy as np

from offline.artist.noise import columns, line, resized, rows, sample, smoothstep, tile
from offline.artist.palette import Plane, Tone, ramp
from offline.artist.stage import Element, Moment, Stage, window


def abstract_tones(stage: Stage) -> list[Tone]:
    """Return five tones from dark to light that match: neighbours on the colour circle and one opposite."""
    rng, reading = stage.dice("colours"), stage.reading
    hue = float(reading.hues[0] if reading.hues else rng.uniform(0, 360))
    other = float(reading.hues[-1]) if len(reading.hues) > 1 else hue + float(rng.choice([-55, -35, 35, 55]))
    spark = hue + float(rng.choice([150, 180, 210]))
    moods = reading.moods
    if "pastel" in moods or "soft" in moods:
        steps = [(0.72, 0.07, hue), (0.80, 0.07, hue), (0.87, 0.06, other), (0.93, 0.04, other), (0.80, 0.10, spark)]
    elif {"dark", "neon"} & moods or reading.hour == "night":
        steps = [(0.12, 0.05, hue), (0.26, 0.12, hue), (0.46, 0.20, other), (0.78, 0.17, other), (0.72, 0.22, spark)]
    else:
        steps = [
            (0.22, 0.08, hue),
            (0.42, 0.14, hue),
            (0.62, 0.15, (hue + other) / 2),
            (0.90, 0.05, other),
            (0.74, 0.16, spark),
        ]
    return [Tone(*step) for step in steps]


class Fluid:
    """Noise warped by noise twice, lit as if it had thickness, with veins of another colour."""

    def __init__(self, stage: Stage) -> None:
        self.stage, rng = stage, stage.dice("fluid")
        self.table = tile(rng, 512, 4, octaves=5, gain=0.36)
        self.bend, self.scale = float(rng.uniform(0.10, 0.17)), float(rng.uniform(0.22, 0.34))
        tones = abstract_tones(stage)
        order = [tones[0], tones[1], tones[2], tones[3], tones[2], tones[0], tones[4], tones[3]]
        self.stops = list(zip(np.linspace(0, 1, len(order)).tolist(), order, strict=True))
        self.vein = tones[4].light

    def draw(self, canvas: Plane, moment: Moment) -> None:
        """Paint over the whole canvas."""
        stage = self.stage
        scale = 2 if stage.width * stage.height > 600_000 else 1
        width, height = stage.width // scale, stage.height // scale
        k, bend, time = self.scale, self.bend, moment.time_s * 0.008
        x = (columns(width) - 0.5) * (stage.width / stage.unit) * k
        y = (rows(height) - 0.5) * (stage.height / stage.unit) * k
        x, y = np.broadcast_arrays(x, y)
        ax, ay = sample(self.table, x + time, y), sample(self.table, x + 0.37, y - time)
        bx = sample(self.table, x + bend * ax + time, y + bend * ay + 0.61)
        by = sample(self.table, x + bend * ax + 0.19, y + bend * ay - time)
        value = sample(self.table, x + bend * bx, y + bend * by)
        depth = value * (stage.unit / scale * 0.055)
        lit = np.gradient(depth, axis=0) * -0.6 + np.gradient(depth, axis=1) * -0.8
        folds = np.abs(bx * 0.8 + value * 0.6)
        vein = np.exp(-((folds / 0.05) ** 2)) * smoothstep(-0.2, 0.8, ay)
        full = [
            resized(np.ascontiguousarray(p, dtype=np.float32), stage.width, stage.height) for p in (value, lit, vein)
        ]
        low, high = (float(edge) for edge in np.percentile(full[0][::8, ::8], (0.5, 99.5)))
        canvas[:] = ramp(self.stops, np.clip((full[0] - low) / (high - low), 0, 1))
        canvas *= np.clip(1 + full[1] * 1.1, 0.4, 1.8)[..., None]
        shine = np.clip(full[1] - 0.35, 0, 1) ** 2
        canvas += (self.vein - canvas) * (full[2] * 0.65)[..., None] + shine[..., None] * 0.5


class Waves:
    """Sheets of paper cut in waves, one in front of the other."""

    def __init__(self, stage: Stage) -> None:
        self.stage, rng = stage, stage.dice("waves")
        self.count = int(rng.integers(7, 11))
        tones = abstract_tones(stage)
        order = tones[:4] if rng.random() < 0.5 else tones[3::-1]
        self.stops = list(zip((0.0, 0.33, 0.66, 1.0), order, strict=True))
        self.vein = tones[4]
        self.special = int(rng.integers(2, self.count - 1))
        self.tilt = float(rng.uniform(-0.5, 0.5))
        wide = stage.width * 2
        self.edges = [
            line(stage.dice(f"wave {i}"), wide, stage.unit * float(rng.uniform(0.5, 0.9)), octaves=2, gain=0.35)
            for i in range(self.count)
        ]

    def draw(self, canvas: Plane, moment: Moment) -> None:
        """Paint over the whole canvas, back to front."""
        stage = self.stage
        y = np.arange(stage.height, dtype=np.float32)[:, None]
        canvas[:] = ramp(self.stops, 0.0 * rows(stage.height))
        for index, edge in enumerate(self.edges):
            part = (index + 1) / self.count
            sway = 0.5 + 0.45 * math.sin(0.25 * moment.time_s * (1 + 0.3 * index) + index)
            wave = window(edge[None, :], sway * (stage.width - 2), stage.width)[0]
            slope = (columns(stage.width)[0] - 0.5) * (self.tilt * stage.unit * 0.5)
            top = (stage.height * (0.02 + 0.92 * (part - 0.5 / self.count))) + wave * (stage.unit * 0.085) + slope
            below = y - top[None, :]
            shadow = np.exp(-np.clip(-below, 0, None) / (stage.unit * 0.028)) * 0.55
            canvas *= 1 - shadow[..., None]
            at = np.clip((part - 0.08) + below / stage.height * 0.55, 0, 1)
            colour = ramp(self.stops, at)
            if index == self.special:
                colour = (
                    np.broadcast_to(self.vein.light, colour.shape)
                    * np.clip(1.05 - below / stage.height, 0.4, 1.1)[..., None]
                )
            colour = colour + np.exp(-np.clip(below, 0, None) / (stage.unit * 0.006))[..., None] * 0.10
            canvas += (colour - canvas) * np.clip(below + 0.5, 0, 1)[..., None]


def abstract(stage: Stage) -> Iterator[Element]:
    """Yield one of the two, chosen by the dice."""
    yield Fluid(stage) if stage.dice("abstract").random() < 0.6 else Waves(stage)
