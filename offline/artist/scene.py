"""Composition: the elements of a reading, from the farthest to the nearest."""

from collections.abc import Iterator

from offline.artist.abstract import abstract
from offline.artist.bodies import Ball, Body, Disc
from offline.artist.geometry import geometric
from offline.artist.heroes import HEROES
from offline.artist.palette import Tone
from offline.artist.places import PLACES
from offline.artist.reading import read_prompt
from offline.artist.scheme import scheme_for
from offline.artist.silhouettes import FLYING, STANDING
from offline.artist.sky import Sky, Stars
from offline.artist.stage import Element, Stage
from offline.artist.subjects import alone, in_the_air, on_a_hill, on_the_water
from offline.artist.weather import Falling, Lightning
from offline.dice import Dice

_HORIZONS = {  # 0..1 of the height, from the top
    "mountain": 0.60, "sea": 0.52, "lake": 0.56, "city": 0.70, "desert": 0.56, "field": 0.52, "forest": 0.58,
    "river": 0.48,
}  # fmt: skip


def set_stage(
    prompt: str, seed: int, width: int, height: int, style: str | None = None, *, reach: float = 0.0
) -> Stage:
    """Read the prompt, throw the dice and set the stage. `reach` is the travel of a video's camera, in pixels."""
    reading = read_prompt(prompt, style)
    dice = Dice(prompt, seed)
    rng = dice("stage")
    side = rng.choice([-1, 1]) * rng.uniform(0.08, 0.3)
    return Stage(
        width=width,
        height=height,
        reading=reading,
        scheme=scheme_for(reading, dice("scheme")),
        dice=dice,
        sun_x=float(0.5 + side),
        horizon=_HORIZONS.get(reading.place, 1.0) + float(rng.uniform(-0.04, 0.04)),
        reach=reach,
        still=reach == 0,
    )


def elements(stage: Stage) -> Iterator[Element]:
    """Yield the elements of a picture, farthest first. Each is built when it is requested."""
    reading = stage.reading
    if reading.style == "abstract" or (reading.style == "geometric" and not reading.scenic):
        yield from (abstract if reading.style == "abstract" else geometric)(stage)
        return
    if reading.hero:
        yield from alone(stage, next(name for name in reading.subjects if name in HEROES))
        return
    if reading.place != "space":
        yield from _heavens(stage)
        yield from _bodies(stage)
    if "storm" in reading.weathers:
        yield Lightning(stage)
    flying = [name for name in reading.subjects if name in FLYING or name == "dragon"]
    if reading.place in ("sea", "lake") and "boat" in reading.subjects:
        yield on_the_water(stage)
    yield from PLACES[reading.place](stage)
    for name in flying:
        yield in_the_air(stage, name)
    for name in reading.subjects:
        if name in STANDING and reading.place != "space":
            yield on_a_hill(stage, name)
    yield from _weather(stage)


def is_faceted(stage: Stage) -> bool:
    """Return whether a painted scene is cut into triangles afterwards, as in a geometric style."""
    return stage.reading.style == "geometric" and stage.reading.scenic and not stage.reading.hero


def _weather(stage: Stage) -> Iterator[Element]:
    snow = "snow" in stage.reading.weathers
    if snow or {"rain", "storm"} & stage.reading.weathers:
        for index, near in enumerate((0.8, 1.5, 2.8)):
            yield Falling(stage, f"falling {index}", near, snow)


def _bodies(stage: Stage) -> Iterator[Element]:
    """Yield moons and planets over the land. By night the first moon is the light itself, drawn by Disc."""
    reading, rng = stage.reading, stage.dice("bodies")
    night = reading.hour == "night"
    moons, planets = reading.bodies.get("moon", 0), reading.bodies.get("planet", 0)
    if moons == 1 and not planets and night:
        moons = 0
    side = 1 if stage.sun_x > 0.5 else -1
    light, air = (0.8 * side, 0.15, 0.5), 0.15 if night else 0.6
    planets = 0 if moons else planets  # "a desert planet with two moons": the viewer stands on the planet
    count = moons + planets
    for index in range(min(count, 5)):
        hue = float(rng.uniform(0, 360))
        tone = Tone(0.74, 0.02 if index >= planets else 0.08, hue)
        x = 0.5 - side * (0.12 + 0.17 * index) + float(rng.normal(0, 0.03))
        y = stage.horizon * float(rng.uniform(0.2, 0.5))
        radius = float(rng.uniform(0.10, 0.15)) / (1 + 0.9 * index)
        rings = planets > index and index == 0
        ball = Ball(x=x % 1, y=y, radius=radius, tone=tone, light_from=light, strength=0.9, air=air, rings=rings)
        yield Body(stage, ball, f"body {index}")


def _heavens(stage: Stage) -> Iterator[Element]:
    reading = stage.reading
    wet = {"rain", "storm", "snow"} & reading.weathers
    rng = stage.dice("heavens")
    cover = 0.85 if wet else 0.62 if "clouds" in reading.weathers else float(rng.uniform(0.2, 0.55))
    if reading.place == "forest" or "mist" in reading.weathers:
        cover *= 0.4
    yield Sky(stage, cover)
    if reading.hour == "night" and not wet:
        yield Stars(stage)
    clear = not wet and "mist" not in reading.weathers and reading.place != "city"
    if clear or (reading.hour == "night" and "moon" in reading.bodies):
        strength = {"night": 0.9, "day": 1.6}.get(reading.hour, 1.1)
        radius = {"night": 0.032, "day": 0.022}.get(reading.hour, 0.036)
        yield Disc(stage, radius, strength)
