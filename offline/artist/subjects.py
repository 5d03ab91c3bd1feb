"""Places subjects in a picture: on a hill, in the air, on the water, or alone in front of a glow."""

from collections.abc import Iterator

import numpy as np

from offline.artist.brush import Brush, ink
from offline.artist.heroes import HEROES
from offline.artist.noise import columns, line, rows, sample, smoothstep, tile
from offline.artist.palette import Plane, Tone, mix
from offline.artist.silhouettes import FLYING, STANDING, Part, boat
from offline.artist.sky import distance
from offline.artist.stage import Element, Layer, Moment, Stage, depth_tone
from offline.artist.tone_mapping import blurred


def draw_parts(
    brush: Brush, parts: list[Part], x: float, base: float, size: float, *, lights: dict[str, Plane], flip: bool
) -> None:
    """Draw parts that stand at (x, base), `size` pixels tall. `lights` maps roles to colours."""
    for part in parts:
        points = np.asarray(part.points, dtype=np.float64) * size
        across = -points[:, 0] if flip else points[:, 0]
        light = lights.get(part.role, lights["body"]) * max(1 + 2.2 * part.shade, 0.05)
        brush.draw_polygon(np.stack([x + across, base - points[:, 1]], axis=1), ink(light))


def _glow_of(alpha: Plane, colour: Plane, lamp: Plane, strength: float) -> Plane:
    """Return the light of lit windows: the pixels of a painting in the lamp's own colour."""
    same = np.clip(1 - np.abs(colour - lamp).max(axis=-1) * 6, 0, 1) * alpha
    return np.asarray(same[..., None] * lamp * strength, dtype=np.float32)


def on_a_hill(stage: Stage, name: str) -> Layer:
    """Return a dark hill in the foreground with the subject on it, against the light."""
    build, tall = STANDING[name]
    rng, scheme, unit = stage.dice(f"hill {name}"), stage.scheme, stage.unit
    parallax = 0.7
    margin = stage.margin(parallax)
    width, height = stage.width + 2 * margin, stage.height
    side = -1 if stage.sun_x > 0.5 else 1
    if stage.reading.hour == "night" or rng.random() < 0.3:
        side = -side
    centre = margin + stage.width * (0.5 + side * float(rng.uniform(0.14, 0.24)))
    x = np.arange(width, dtype=np.float64)
    crest = float(rng.uniform(0.70, 0.76)) * height
    wide = unit * (0.55 if name == "castle" else 0.42)
    bump = np.exp(-(((x - centre) / wide) ** 2)) + 0.25 * np.exp(-(((x - centre + side * wide) / (wide * 1.6)) ** 2))
    rough = line(rng, width, unit * 0.25, octaves=6, gain=0.55) * unit * 0.012
    floor = crest + (1 - bump) * unit * 0.20 + rough
    brush = Brush(width, height, "RGBA")
    dark = mix(scheme.shade.light, scheme.ground.light, 0.25) * (0.16 if stage.reading.hour != "day" else 0.35)
    shown = depth_tone(stage, dark, 0.10)
    soil = _soil(stage, shown)
    lamp = Tone(0.86, 0.14, 75).light
    lights = {"body": shown, "trim": mix(shown, scheme.accent.light, 0.5), "light": lamp}
    if stage.reading.hour == "day" and name != "castle":
        lights["light"] = mix(shown, scheme.middle.light, 0.4)
    seat = float(floor[int(np.clip(centre, 0, width - 1))])
    flip = bool(rng.random() < 0.5)
    draw_parts(brush, build(rng), centre, seat + unit * 0.006, tall * unit, lights=lights, flip=flip)
    brush.draw_polygon([(0, height + 2), *zip(x.tolist(), floor.tolist(), strict=True), (width, height + 2)], ink(soil))
    for at in rng.uniform(0, width, int(min(width / unit * 340, 1800))):
        blade, y = unit * float(rng.uniform(0.006, 0.02)), float(floor[int(at)])
        brush.draw_line(
            [(at, y + 2), (at + float(rng.normal(0, 0.3)) * blade, y - blade)], max(unit * 0.0012, 0.5), ink(soil)
        )
    alpha, colour = brush.painting()
    glow = _glow_of(alpha, colour, lamp, 0.7)
    down = smoothstep(crest / height, 1.05, rows(height))[..., None]
    colour = colour * (1 + down * 0.5)
    return Layer(stage, alpha, colour, glow, parallax)


def _soil(stage: Stage, shown: Plane) -> Plane:
    """Return the hill's colour: snow, sand or grass, darkened by the hour as a close, backlit ground."""
    scheme, reading = stage.scheme, stage.reading
    if "snow" in reading.weathers:
        return depth_tone(stage, mix(scheme.horizon.light, scheme.shade.light, 0.4), 0.05)
    cover = scheme.ground.shifted(0.15, 1.6) if reading.place == "desert" else scheme.growth.shifted(-0.05, 1.1)
    dim = {"day": 0.55, "dawn": 0.30, "sunset": 0.20}.get(reading.hour, 0.12)
    return mix(shown, mix(cover.light, scheme.shade.light, 0.3) * dim, 0.75)


def in_the_air(stage: Stage, name: str) -> Layer:
    """Return a flying subject, large enough to be seen and far enough to belong to the sky."""
    build, tall = FLYING[name] if name in FLYING else (HEROES[name], 0.36)
    rng, scheme, unit = stage.dice(f"air {name}"), stage.scheme, stage.unit
    parallax = 0.35
    margin = stage.margin(parallax)
    brush = Brush(stage.width + 2 * margin, stage.height, "RGBA")
    side = -1 if stage.sun_x > 0.5 else 1
    dark = depth_tone(stage, mix(scheme.shade.light, scheme.zenith.light, 0.4) * 0.3, 0.16)
    lit = 0.35 if stage.reading.hour == "night" else 0.85
    lights = {
        "body": dark, "trim": scheme.accent.light * lit, "second": scheme.second.light * lit,
        "metal": Tone(0.82, 0.02, 250).light * lit, "light": Tone(0.9, 0.13, 75).light,
    }  # fmt: skip
    for index in range(3 if name == "balloon" else 1):
        x = margin + stage.width * (0.5 + side * float(rng.uniform(0.04, 0.24)) * (1 if index == 0 else -1.3))
        base = stage.height * min(stage.horizon, 0.9) * float(rng.uniform(0.62, 0.78) if name != "rocket" else 0.85)
        size = tall * unit * (1 if index == 0 else float(rng.uniform(0.3, 0.5)))
        base = max(base, size * 1.05)
        draw_parts(brush, build(rng), x, base, size, lights=lights, flip=bool(rng.random() < 0.5))
    alpha, colour = brush.painting()
    return Layer(stage, alpha, colour, _glow_of(alpha, colour, lights["light"], 1.0), parallax)


def on_the_water(stage: Stage) -> Layer:
    """Return a boat at the waterline. It is painted before the water, which then mirrors it."""
    rng, scheme, unit = stage.dice("boat"), stage.scheme, stage.unit
    parallax = 0.3
    margin = stage.margin(parallax)
    brush = Brush(stage.width + 2 * margin, stage.height, "RGBA")
    dark = depth_tone(stage, scheme.shade.light * 0.25, 0.12)
    sail = depth_tone(stage, mix(scheme.sun.light, scheme.shade.light, 0.35), 0.1)
    x = margin + stage.width * (0.5 + float(rng.uniform(0.08, 0.22)) * (-1 if stage.sun_x > 0.5 else 1))
    lights, flip = {"body": dark, "trim": sail}, bool(rng.random() < 0.5)
    draw_parts(brush, boat(rng), x, stage.horizon * stage.height + 1, 0.20 * unit, lights=lights, flip=flip)
    return Layer(stage, *brush.painting(), None, parallax)


class Backdrop:
    """Smoke lit from behind: the background of a subject shown alone."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.table = stage, tile(stage.dice("smoke"), 512, 4, octaves=6, gain=0.55)
        scheme = stage.scheme
        pale = "pastel" in stage.reading.moods or stage.reading.hour == "day"
        self.deep = (scheme.zenith if pale else Tone(0.13, 0.04, scheme.zenith.hue)).light
        # Dark yellow and green look like mud: a backdrop is blue, violet or red, far from the accent.
        hue = max((15.0, 230.0, 265.0, 300.0), key=lambda one: abs((one - scheme.accent.hue + 180) % 360 - 180))
        named = bool(stage.reading.hues)
        glowing = Tone(0.46, 0.17, scheme.accent.hue) if named else Tone(0.50, 0.12, hue)
        self.halo = (scheme.horizon if pale else glowing).light
        self.smoke = (scheme.middle if pale else Tone(0.32, 0.08, hue)).light
        self.away = distance(stage, 0.5, 0.5)

    def draw(self, canvas: Plane, moment: Moment) -> None:
        """Paint over the whole canvas: the backdrop is the first element."""
        stage, time = self.stage, moment.time_s
        x = (columns(stage.width) - 0.5) * (stage.width / stage.unit)
        y = (rows(stage.height) - 0.5) * (stage.height / stage.unit)
        x, y = np.broadcast_arrays(x, y)
        one = sample(self.table, x * 0.22 + 0.01 * time, y * 0.22 + 0.02 * time)
        two = sample(self.table, x * 0.35 + one * 0.06, y * 0.35 + 0.5 + 0.03 * time)
        smoke = smoothstep(-0.6, 1.3, one * 0.5 + two * 0.6)
        halo = np.exp(-self.away * self.away * 7) * (0.62 + 0.38 * smoke)
        canvas[:] = self.deep
        canvas += (smoke * np.exp(-self.away * 1.2))[..., None] * self.smoke
        canvas += halo[..., None] * self.halo * 0.9


class Embers:
    """Sparks that rise around a subject."""

    def __init__(self, stage: Stage) -> None:
        rng = stage.dice("embers")
        self.stage, self.count = stage, int(np.clip(stage.unit / 4, 20, 90))
        self.x, self.y = rng.random((2, self.count))
        self.size = rng.pareto(2.5, self.count).clip(0, 3) + 0.6

    def draw(self, canvas: Plane, moment: Moment) -> None:
        """Add the sparks at their current height."""
        stage = self.stage
        brush = Brush(stage.width, stage.height)
        for x, y, size in zip(self.x, self.y, self.size, strict=True):
            up = (y - 0.05 * moment.time_s * size) % 1.0
            sway = 0.012 * np.sin(7 * y + 1.3 * moment.time_s)
            radius = stage.unit * 0.0017 * size
            brush.draw_ellipse((x + sway) * stage.width, up * stage.height, radius, radius, int(110 + 40 * size))
        canvas += brush.plane()[..., None] * stage.scheme.accent.shifted(0.12).light * 1.5


def hero(stage: Stage, name: str) -> Layer:
    """Return the subject itself, large, with its own glow."""
    rng, scheme = stage.dice(f"hero {name}"), stage.scheme
    parallax = 0.5
    margin = stage.margin(parallax)
    width, height = stage.width + 2 * margin, stage.height
    accent = scheme.accent
    size = min(stage.height * 0.80, stage.width * (0.74 if name == "dragon" else 1.3))
    steel = mix(Tone(0.72, 0.02, 250).light, accent.light, 0.30 if stage.reading.hues else 0.1)
    lights = {
        "body": accent.light, "blade": steel, "glow": accent.shifted(0.14).light,
        "gold": Tone(0.72, 0.12, 82).light, "grip": Tone(0.32, 0.05, 40).light, "gem": accent.light,
        "scale": accent.shifted(-0.20, 0.8).light, "skin": accent.shifted(-0.06, 0.9, 14).light,
        "belly": accent.shifted(0.10, 0.6, 40).light,
        "horn": Tone(0.82, 0.04, 85).light, "petal": accent.light, "leaf": scheme.growth.shifted(0.06, 1.3).light,
    }  # fmt: skip
    brush = Brush(width, height, "RGBA")
    base = height * 0.5 + size * (0.46 if name == "dragon" else 0.5)
    flip = name == "dragon" and bool(rng.random() < 0.5)
    draw_parts(brush, HEROES[name](rng), width / 2, base, size, lights=lights, flip=flip)
    alpha, colour = brush.painting()
    tall = np.clip((base - np.arange(height, dtype=np.float32)) / size, 0, 1)[:, None, None]
    colour *= 0.72 + 0.45 * tall
    halo = blurred(alpha[..., None], stage.unit * 0.03) * (1 - alpha[..., None])
    glow = halo * scheme.accent.light * 0.55 + _glow_of(alpha, colour, lights["glow"], 0.8)
    return Layer(stage, alpha, colour, glow, parallax)


def alone(stage: Stage, name: str) -> Iterator[Element]:
    """Yield a picture of nothing but the subject."""
    yield Backdrop(stage)
    yield hero(stage, name)
    yield Embers(stage)
