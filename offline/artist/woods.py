"""Forests in layers: firs that pale with distance, mist between them, and large trunks in front."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from offline.artist.brush import Brush, curve
from offline.artist.noise import columns, fractal, line, rows, smoothstep
from offline.artist.palette import Plane, mix
from offline.artist.sky import distance
from offline.artist.stage import Element, Layer, Moment, Stage, depth_tone, window


def fir(x: float, base: float, tall: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a conifer's outline: ragged tiers, wider towards the ground."""
    tiers = int(np.clip(tall / 5, 7, 34))
    part = np.linspace(0.03, 0.93, tiers)
    reach = tall * 0.19 * part**0.85 * rng.uniform(0.65, 1.15, (2, tiers))
    top = base - tall
    droop = tall / tiers * 0.55
    outline = [(x, top)]
    for p, r in zip(part, reach[0], strict=True):
        outline += [(x + r, top + p * tall + droop), (x + r * 0.42, top + p * tall + droop * 0.5)]
    stem = tall * 0.012 + 0.3
    outline += [(x + stem, base - tall * 0.05), (x + stem, base + tall * 0.05)]
    outline += [(x - stem, base + tall * 0.05), (x - stem, base - tall * 0.05)]
    for p, r in zip(part[::-1], reach[1][::-1], strict=True):
        outline += [(x - r * 0.42, top + p * tall + droop * 0.5), (x - r, top + p * tall + droop)]
    return np.array(outline)


def draw_bough(
    brush: Brush, x: float, y: float, angle: float, length: float, *, width: float, rng: np.random.Generator
) -> None:
    """Draw a bare branch that forks until it is too fine to see."""
    if length < 3 or width < 0.35:
        return
    end = (x + np.cos(angle) * length, y - np.sin(angle) * length)
    brush.draw_line([(x, y), end], width)
    for _ in range(2):
        turn = rng.uniform(0.15, 0.65) * rng.choice([-1, 1])
        draw_bough(brush, *end, angle + turn, length * rng.uniform(0.62, 0.8), width=width * 0.62, rng=rng)


def rim(alpha: Plane, stage: Stage, width: float) -> Plane:
    """Return the edge of a silhouette that catches the light."""
    step = max(round(width * stage.unit), 1) * (1 if stage.sun_x > 0.5 else -1)
    return np.asarray(np.clip(alpha - np.roll(alpha, -step, axis=1), 0, 1), dtype=np.float32)


def fir_rank(stage: Stage, name: str, *, depth: float, base: float, tall: float, gap: float) -> Layer:
    """Return one rank of firs. `depth` 1 is the farthest; `base`, `tall` and `gap` are in units of the stage."""
    rng = stage.dice(name)
    parallax = (1 - depth) ** 1.5 * 0.9 + 0.06
    width, height = stage.width + 2 * stage.margin(parallax), stage.height
    brush = Brush(width, height)
    floor = height * base + line(rng, width, stage.unit * 0.7, octaves=3) * (stage.unit * 0.02)
    brush.draw_polygon([(0, height + 2), *enumerate(floor.tolist()), (width, height + 2)])
    x = float(rng.uniform(-gap, 0)) * stage.unit
    clumps = line(rng, width, stage.unit * 0.5, octaves=2)
    while x < width + gap * stage.unit:
        at = int(np.clip(x, 0, width - 1))
        size = tall * stage.unit * float(rng.uniform(0.55, 1.1)) * (1 + 0.28 * float(clumps[at]))
        brush.draw_polygon(fir(x, float(floor[at]) + size * 0.03, max(size, 4), rng))
        x += gap * stage.unit * float(rng.uniform(0.4, 1.6))
    alpha = brush.plane()
    return _shaded(stage, alpha, depth, base, parallax)


def _shaded(stage: Stage, alpha: Plane, depth: float, base: float, parallax: float) -> Layer:
    """Return a rank with its colours: haze by distance, mist from its ground, light on its edges."""
    scheme = stage.scheme
    dark = mix(scheme.growth.shifted(-0.22, 0.8).light, scheme.shade.light, 0.25) * 0.55
    if stage.reading.hour == "day":
        dark = mix(scheme.growth.shifted(-0.06, 1.2).light, scheme.shade.light, 0.12) * 0.8
    if "snow" in stage.reading.weathers:
        dark = mix(dark, scheme.horizon.light, 0.16 if depth > 0.1 else 0.03)
    thick = depth**1.3 * 1.2 / max(scheme.fog, 1.0) ** 0.5
    near, misty = depth_tone(stage, dark, thick), depth_tone(stage, dark, thick + 0.35)
    low = smoothstep(base - 0.30, base + 0.06, rows(stage.height))[..., None]
    colour = (near + (misty - near) * low * (0.25 + 0.75 * depth)).astype(np.float32)
    if "snow" in stage.reading.weathers:
        ground = smoothstep(base + 0.005, base + 0.05, rows(stage.height))[..., None]
        snow = depth_tone(stage, mix(scheme.horizon.light, scheme.shade.light, 0.35), depth * 0.8)
        colour += (snow - colour) * ground
    glow = rim(alpha, stage, 0.0022)[..., None] * scheme.sun.light * (0.16 * (1 - depth) * scheme.key)
    if "snow" in stage.reading.weathers:
        step = max(round(stage.unit * 0.005), 1)
        tops = np.clip(alpha - np.roll(alpha, step, axis=0), 0, 1)[..., None]
        glow += tops * mix(scheme.horizon.light, np.ones(3, np.float32), 0.5) * (0.55 * (1 - 0.7 * depth))
    return Layer(stage, alpha, colour, glow, parallax)


class Mist:
    """A bank of drifting mist at one height."""

    def __init__(self, stage: Stage, name: str, level: float, thick: float, strength: float) -> None:
        self.pace = 0.0 if stage.still else stage.unit * float(stage.dice(f"{name} pace").uniform(0.008, 0.02))
        # Wide enough to drift through the longest video without showing its end.
        width = stage.width + int(self.pace * 11) + 1
        cloud = fractal(stage.dice(name), width, stage.height, stage.unit * 0.55, octaves=4)
        down = (rows(stage.height) - level) / thick
        alpha = np.exp(-down * down) * smoothstep(-0.9, 1.2, cloud) * strength
        self.alpha = alpha.astype(np.float32)
        reach = 2.2 * thick
        self.band = slice(max(int((level - reach) * stage.height), 0), max(int((level + reach) * stage.height), 0))
        self.colour = mix(stage.scheme.haze.light, stage.scheme.horizon.light, 0.4)

    def draw(self, canvas: Plane, moment: Moment) -> None:
        """Blend the mist at its current position."""
        alpha = window(self.alpha, self.pace * moment.time_s, canvas.shape[1])
        canvas[self.band] += (self.colour - canvas[self.band]) * alpha[self.band, :, None]


def close_circle(values: Plane, count: int) -> Plane:
    """Return the first `count` of a longer row, bent so that its end meets its start."""
    extra = len(values) - count
    share = np.linspace(0, 1, extra, dtype=np.float32)
    start = values[count:] + (values[:extra] - values[count:]) * share
    return np.concatenate([start, values[extra:count]])


class Rays:
    """Shafts of light that fan out from the sun behind the trees."""

    def __init__(self, stage: Stage, strength: float) -> None:
        source = stage.sun_y - (0.0 if stage.reading.hour == "day" else 0.12)
        across = (columns(stage.width) - stage.sun_x) * (stage.width / stage.unit)
        down = (rows(stage.height) - source) * (stage.height / stage.unit)
        angle = np.arctan2(across, down)
        beams = close_circle(line(stage.dice("rays"), 2560, 90, octaves=4, gain=0.6), 2048)
        index = np.clip((angle + np.pi) * (2047 / (2 * np.pi)), 0, 2047)
        shafts = 0.25 + smoothstep(-0.1, 1.0, beams[index.astype(np.int32)])
        away = distance(stage, stage.sun_x, source)
        fade = np.exp(-away * 1.7) * (0.35 + 0.65 * smoothstep(-0.2, 0.2, down))
        self.light = (shafts * fade * strength)[..., None] * stage.scheme.sun.light

    def draw(self, canvas: Plane, moment: Moment) -> None:
        """Add the shafts, their strength slowly varying."""
        canvas += self.light * (1 + 0.12 * math.sin(moment.time_s * 0.9))


def trunks(stage: Stage) -> Layer:
    """Return a few large trunks that frame the picture."""
    rng = stage.dice("trunks")
    width, height = stage.width + 2 * stage.margin(1.2), stage.height
    brush = Brush(width, height)
    spots = [0.04, 0.90] if rng.random() < 0.5 else [0.10, 0.97]
    for spot in [*spots, float(rng.uniform(0.0, 0.14))]:
        x, thick = width * (spot + float(rng.normal(0, 0.02))), stage.unit * float(rng.uniform(0.022, 0.05))
        lean = float(rng.normal(0, 0.03)) * height
        left = [(x - thick * (1 + 0.7 * t**4) + lean * (1 - t), height * t) for t in np.linspace(-0.02, 1.02, 14)]
        right = [(x + thick * (1 + 0.9 * t**4) + lean * (1 - t), height * t) for t in np.linspace(1.02, -0.02, 14)]
        brush.draw_polygon(left + right)
        for _ in range(4):
            at, side = float(rng.uniform(0.05, 0.55)), int(rng.choice([-1, 1]))
            start = (x + lean * (1 - at), height * at)
            angle = np.pi / 2 - side * float(rng.uniform(0.9, 1.4))
            draw_bough(brush, *start, angle, stage.unit * float(rng.uniform(0.06, 0.13)), width=thick * 0.3, rng=rng)
    floor = height * 0.955 + line(rng, width, stage.unit * 0.35, octaves=5, gain=0.6) * (stage.unit * 0.014)
    brush.draw_polygon([(0, height + 2), *enumerate(floor.tolist()), (width, height + 2)])
    for at in rng.uniform(0, width, int(min(width / stage.unit * 260, 1500))):
        blade, lean = stage.unit * float(rng.uniform(0.012, 0.05)), float(rng.normal(0, 0.35))
        y = float(floor[int(at)])
        stem = curve([(at, y + 3), (at + lean * blade * 0.3, y - blade * 0.6), (at + lean * blade, y - blade)], 4)
        brush.draw_line(stem, max(stage.unit * 0.0016, 0.5))
    return _shaded(stage, brush.plane(), 0.02, 1.2, 1.2)


def forest(stage: Stage) -> Iterator[Element]:
    """Yield the whole wood, from the far ranks in the haze to the trunks in front."""
    misty = "mist" in stage.reading.weathers or stage.reading.hour == "dawn"
    horizon = stage.horizon
    sunny = stage.reading.hour != "night" and not {"rain", "storm"} & stage.reading.weathers
    yield fir_rank(stage, "wood 5", depth=1.0, base=horizon + 0.02, tall=0.20, gap=0.022)
    yield Mist(stage, "mist 5", horizon + 0.02, 0.10, 0.7 if misty else 0.3)
    yield fir_rank(stage, "wood 4", depth=0.74, base=horizon + 0.06, tall=0.32, gap=0.04)
    if sunny:
        yield Rays(stage, 0.9 if misty else 0.15 if stage.reading.hour == "day" else 0.4)
    yield Mist(stage, "mist 4", horizon + 0.10, 0.10, 0.6 if misty else 0.2)
    yield fir_rank(stage, "wood 3", depth=0.46, base=horizon + 0.15, tall=0.46, gap=0.075)
    if sunny:
        yield Rays(stage, 0.5 if misty else 0.08 if stage.reading.hour == "day" else 0.2)
    yield Mist(stage, "mist 3", horizon + 0.22, 0.10, 0.45 if misty else 0.1)
    yield fir_rank(stage, "wood 2", depth=0.17, base=horizon + 0.27, tall=0.62, gap=0.17)
    if misty:
        yield Mist(stage, "mist 2", horizon + 0.36, 0.09, 0.3)
    yield trunks(stage)
