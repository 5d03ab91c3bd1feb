"""A skyline in layers, its lit windows and neon signs, and the wet street that mirrors them."""

from collections.abc import Iterator

import numpy as np
from msgspec import Struct

from offline.artist.bodies import Disc
from offline.artist.brush import Brush
from offline.artist.noise import line, rows, smoothstep
from offline.artist.palette import Plane, Tone, mix
from offline.artist.stage import Element, Layer, Stage, depth_tone
from offline.artist.water import Water
from offline.artist.woods import Mist


class Block(Struct, frozen=True):
    """One building, in pixels."""

    left: float
    right: float
    top: float
    shape: int  # 0 flat, 1 stepped, 2 with a mast, 3 slanted


def _blocks(stage: Stage, name: str, width: int, depth: float, ground: float) -> list[Block]:
    rng = stage.dice(name)
    unit = stage.unit
    swell = line(rng, width, unit * 0.6, octaves=3)
    blocks = []
    x = -0.05 * unit
    while x < width:
        wide = unit * float(rng.uniform(0.035, 0.085)) * (1.5 - 0.75 * depth)
        at = int(np.clip(x, 0, width - 1))
        middle = 1 - abs(x / width - 0.5) * 1.1
        tall = (0.13 + 0.20 * depth * middle + 0.11 * (1 - depth) * (1 - middle) * 2.4) * (1 + 0.35 * float(swell[at]))
        tall *= float(rng.uniform(0.55, 1.25)) * unit * (1.45 if rng.random() < 0.14 else 1)
        blocks.append(Block(x, x + wide, ground - tall, int(rng.integers(0, 4))))
        x += wide * float(rng.uniform(0.9, 1.25)) + (unit * 0.03 if depth < 0.3 and rng.random() < 0.4 else 0)
    return blocks


def _draw_outline(brush: Brush, block: Block, ground: float, rng: np.random.Generator) -> None:
    left, right, top = block.left, block.right, block.top
    wide = right - left
    brush.draw_rectangle(left, top, right, ground)
    if block.shape == 1:
        brush.draw_rectangle(left + wide * 0.18, top - wide * 0.28, right - wide * 0.18, top)
        brush.draw_rectangle(left + wide * 0.34, top - wide * 0.5, right - wide * 0.34, top)
    elif block.shape == 2:
        mast = wide * float(rng.uniform(0.5, 1.1))
        brush.draw_rectangle(left + wide * 0.2, top - wide * 0.12, right - wide * 0.2, top)
        brush.draw_line([((left + right) / 2, top), ((left + right) / 2, top - mast)], max(wide * 0.03, 0.6))
    elif block.shape == 3:
        brush.draw_polygon([(left, top), (right, top), (right, top - wide * float(rng.uniform(0.2, 0.5)))])


def _light_windows(
    light: Plane, block: Block, ground: float, *, lamps: Plane, share: float, cell: int, rng: np.random.Generator
) -> None:
    """Light a share of a building's windows, floor by floor."""
    height, width = light.shape[:2]
    left, right, top = round(block.left) + cell, round(block.right) - cell // 2, max(round(block.top) + cell, 0)
    left, right, bottom = max(left, 0), min(right, width), min(round(ground), height)
    across, down = (right - left) // cell, (bottom - top) // (cell + cell // 2 + 1)
    if across < 1 or down < 1:
        return
    rise = cell + cell // 2 + 1
    busy = rng.random((down, 1)) ** 0.8 * share * 2
    lit = (rng.random((down, across)) < busy) * rng.uniform(0.25, 1.0, (down, across))
    colour = lamps[rng.choice(len(lamps), (down, across), p=_odds(len(lamps), rng))] * lit[..., None]
    gap = max(cell // 3, 1)
    panes = np.zeros((down, rise, across, cell, 3), np.float32)
    panes[:, : rise - max(rise // 3, 1), :, : max(cell - gap, 1)] = colour[:, None, :, None]
    light[top : top + down * rise, left : left + across * cell] = panes.reshape(down * rise, across * cell, 3)


def _shade_sides(walls: Plane, block: Block, light_right: bool, depth: float, rng: np.random.Generator) -> None:
    """Give a building a shade of its own, and light one of its sides."""
    left, right = (int(np.clip(round(edge), 0, walls.shape[1])) for edge in (block.left, block.right))
    shade = 1 + depth * float(rng.normal(0, 0.5))
    walls[:, left:right] = shade * (1 - depth)
    corner = round(left + (right - left) * (0.68 if light_right else 0.32))
    lit = slice(corner, right) if light_right else slice(left, corner)
    walls[:, lit] = shade * (1 + depth * 1.6)


def _odds(count: int, rng: np.random.Generator) -> Plane:
    """Return the odds of a building's lamps: most are of one kind."""
    odds = np.full(count, 0.25 / max(count - 1, 1))
    odds[int(rng.integers(count))] = 0.75
    return np.asarray(odds / odds.sum())


def _draw_neon(brush: Brush, block: Block, unit: float, rng: np.random.Generator) -> None:
    """Draw signs and edges: bars down a wall, bands round a floor, or a ring on the roof."""
    wide, kind = block.right - block.left, int(rng.integers(0, 5))
    stroke = max(unit * 0.0035, 0.8)
    if kind == 0:
        x, top = block.left + wide * float(rng.uniform(0.1, 0.8)), block.top + unit * 0.03
        brush.draw_rectangle(x, top, x + unit * 0.012, top + unit * float(rng.uniform(0.06, 0.16)))
    elif kind == 1:
        for floor in range(int(rng.integers(1, 4))):
            y = block.top + unit * (0.02 + 0.03 * floor)
            brush.draw_line([(block.left, y), (block.right, y)], stroke)
    elif kind == 2:
        brush.draw_line([(block.left, block.top), (block.left, block.top + unit * 0.2)], stroke)
        brush.draw_line([(block.left, block.top), (block.right, block.top)], stroke)
    elif kind == 3:
        x, y, radius = (block.left + block.right) / 2, block.top + wide * 0.6, wide * 0.28
        brush.draw_ellipse(x, y, radius, radius)
        brush.draw_ellipse(x, y, radius - stroke, radius - stroke, 0)


def _lamps(stage: Stage, neon: bool, day: bool) -> Plane:
    """Return the colours of lit windows, or by day those of the mirrored sky."""
    scheme = stage.scheme
    if day:
        return np.stack([mix(scheme.middle.light, scheme.horizon.light, share) for share in (0.2, 0.6)])
    usual = [Tone(0.86, 0.12, 78), Tone(0.9, 0.05, 90), Tone(0.82, 0.06, 230)]
    return np.stack([tone.light for tone in ([scheme.accent, scheme.second, usual[0]] if neon else usual)])


def _row(stage: Stage, index: int, depth: float, ground: float) -> Layer:
    """Return one row of buildings. `depth` 1 is the farthest."""
    scheme, rng = stage.scheme, stage.dice(f"row {index}")
    parallax = (1 - depth) * 0.8 + 0.08
    width, height = stage.width + 2 * stage.margin(parallax), stage.height
    dark = stage.reading.hour == "night" or "neon" in stage.reading.moods
    neon = "neon" in stage.reading.moods
    base = ground * height
    blocks = _blocks(stage, f"blocks {index}", width, depth, base)
    brush, signs = Brush(width, height), (Brush(width, height), Brush(width, height))
    light = np.zeros((height, width, 3), np.float32)
    day = not dark and stage.reading.hour != "sunset"
    lamps = _lamps(stage, neon, day)
    cell = max(round(stage.unit * (0.0052 + 0.0065 * (1 - depth))), 2)
    share = 0.42 if dark else 0.8 if day else 0.30
    walls = np.ones((1, width, 1), np.float32)
    for block in blocks:
        _shade_sides(walls, block, stage.sun_x > 0.5, 0.12 if dark else 0.30, rng)
        light[:, max(round(block.left), 0) : max(round(block.right), 0)] = 0
        _draw_outline(brush, block, base, rng)
        lit = share * float(rng.uniform(0.3, 1.2))
        _light_windows(light, block, base, lamps=lamps, share=lit, cell=cell, rng=rng)
        if neon and rng.random() < 0.6:
            _draw_neon(signs[int(rng.integers(2))], block, stage.unit, rng)
    alpha = brush.plane()
    wall = mix(scheme.rock.light, scheme.shade.light, 0.85 if dark else 0.5) * (0.10 if dark else 0.75)
    near, far = depth_tone(stage, wall, depth * 1.1), depth_tone(stage, wall, depth * 1.1 + 0.7)
    low = smoothstep(ground - 0.35, ground, rows(height))[..., None]
    fade = 1 - 0.75 * depth
    colour = ((near + (far - near) * low * 0.7) * (1 + (walls - 1) * fade)).astype(np.float32)
    light *= alpha[..., None] * ((1.1 if dark else 0.22 if day else 0.6) * (1 - 0.62 * depth))
    for sign, tone in zip(signs, (scheme.accent, scheme.second), strict=True):
        light += sign.plane()[..., None] * tone.light * (2.0 * (1 - 0.6 * depth))
    return Layer(stage, alpha, colour, light, parallax)


def city(stage: Stage) -> Iterator[Element]:
    """Yield the rows of buildings from the far towers in the haze, then the street."""
    ground = stage.horizon + 0.06
    night = stage.reading.hour == "night" or "neon" in stage.reading.moods
    wet = night or bool({"rain", "storm"} & stage.reading.weathers)
    if not wet:
        yield Disc(stage, 0.03, 1.1)
    misty = 0.5 if "mist" in stage.reading.weathers else 0.3
    for index, depth in enumerate((1.0, 0.72, 0.42, 0.1)):
        yield _row(stage, index, depth, ground)
        if index < 3:
            yield Mist(stage, f"city mist {index}", ground - 0.02, 0.16, misty * (1 if wet else 0.6))
    yield Water(stage, ground, 0.25 if wet else 0.2, wet_street=wet)
