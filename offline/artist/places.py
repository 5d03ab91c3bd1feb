"""The places of a picture, each from the farthest element to the nearest."""

from collections.abc import Callable, Iterator

from msgspec import structs

from offline.artist.city import city
from offline.artist.cosmos import space
from offline.artist.grove import Grove
from offline.artist.meadow import meadow
from offline.artist.relief import Land
from offline.artist.stage import Element, Stage
from offline.artist.terrain import Terrain
from offline.artist.water import Water, islands
from offline.artist.woods import forest

_PEAKS = Land(
    shape="ridges",
    cells=3,
    span=36,
    relief=9.5,
    plain=(5, 26),
    eye=1.9,
    far=60,
    air=0.65,
    snow_from=0.5,
    growth_to=0.22,
)
_SHORE = Land(
    shape="ridges",
    cells=3,
    span=36,
    relief=8.5,
    plain=(10, 26),
    eye=0.8,
    far=60,
    air=0.75,
    snow_from=0.55,
    growth_to=0.3,
)
_DUNES = Land(shape="dunes", cells=5, span=40, relief=3.4, plain=(0, 10), eye=4.2, growth_to=0.0, steep=1.2)
_HILLS = Land(
    shape="hills", cells=4, span=56, relief=5.5, plain=(2, 22), eye=2.2, growth_to=1.2, air=0.75, blossom=True
)
_VALLEY = Land(shape="hills", cells=6, span=56, relief=6.0, plain=(1, 26), eye=2.4, growth_to=0.9, river=True, air=0.85)


def _in_season(stage: Stage, land: Land, snow_from: float = -1.0) -> Land:
    """Return the land, in winter with snow from this share of the relief upwards."""
    if "snow" not in stage.reading.weathers:
        return land
    return structs.replace(land, snow_from=snow_from, blossom=False)


def _wooded(stage: Stage, land: Land, firs: bool, nearest: float, bottom: float = 1.0) -> Iterator[Element]:
    terrain = Terrain(stage, land, bottom)
    yield terrain
    yield Grove(stage, terrain, firs, nearest)


def _mountain(stage: Stage) -> Iterator[Element]:
    yield from _wooded(stage, _in_season(stage, _PEAKS), True, 7)


def _desert(stage: Stage) -> Iterator[Element]:
    yield Terrain(stage, _DUNES)


def _field(stage: Stage) -> Iterator[Element]:
    winter = "snow" in stage.reading.weathers
    yield from _wooded(stage, _in_season(stage, _HILLS), winter, 11)
    for index in range(0 if winter else 3):
        yield meadow(stage, index)


def _river(stage: Stage) -> Iterator[Element]:
    yield from _wooded(stage, _in_season(stage, _VALLEY), True, 4.5)


def _sea(stage: Stage) -> Iterator[Element]:
    if stage.dice("islands").random() < 0.55:
        yield from islands(stage)
    calm = {"soft", "pastel"} & stage.reading.moods
    yield Water(stage, stage.horizon, 0.9 if "storm" in stage.reading.weathers else 0.12 if calm else 0.35)


def _lake(stage: Stage) -> Iterator[Element]:
    level = stage.horizon + 0.03
    yield from _wooded(stage, _in_season(stage, _SHORE, 0.1), True, 12, level)
    yield Water(stage, level, 0.05)


PLACES: dict[str, Callable[[Stage], Iterator[Element]]] = {
    "forest": forest,
    "mountain": _mountain,
    "desert": _desert,
    "field": _field,
    "river": _river,
    "sea": _sea,
    "lake": _lake,
    "city": city,
    "space": space,
}
