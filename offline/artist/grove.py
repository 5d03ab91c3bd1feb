"""Trees on the land, scaled by their distance."""

import numpy as np
from msgspec import Struct

from offline.artist.brush import Brush, Ink, ink
from offline.artist.palette import Plane, mix
from offline.artist.stage import Moment, Stage
from offline.artist.terrain import NEAR, Terrain

TREES_MAX = 700


class Tree(Struct, frozen=True):
    """One tree in pixels: its foot, its height, the lit side (1: right) and its colours."""

    x: float
    y: float
    size: float
    side: int
    lit: Ink
    dark: Ink
    ragged: list[float]  # factors about 1 that make it unlike the next


class Grove:
    """Firs or round trees in loose groups on grown ground. Hidden trees are left out."""

    def __init__(self, stage: Stage, terrain: Terrain, firs: bool, nearest: float, tall: float = 0.8) -> None:
        self.stage, self.terrain, self.firs = stage, terrain, firs
        rng = stage.dice("grove")
        groups = 46
        depth = nearest * (terrain.land.far * 0.62 / nearest) ** rng.random(groups)
        across = rng.uniform(-0.75, 0.75, groups) * stage.width / terrain.focal
        each = TREES_MAX // groups
        spread = rng.normal(0, 1, (2, groups, each)) * (0.05 + 0.05 * rng.random(groups))[None, :, None]
        z = (depth[:, None] * (1 + spread[0])).ravel()
        x = (across[:, None] * depth[:, None] + spread[1] * depth[:, None] * 1.3).ravel()
        order = np.argsort(-z)
        self.x, self.z = x[order].astype(np.float32), np.maximum(z[order], NEAR * 1.5).astype(np.float32)
        self.size = (tall * rng.uniform(0.55, 1.2, len(order))).astype(np.float32)
        self.tone = rng.uniform(-0.10, 0.08, len(order))
        self.ragged = rng.uniform(0.75, 1.25, (len(order), 12))

    def draw(self, canvas: Plane, moment: Moment) -> None:
        """Draw the trees that stand on visible ground."""
        terrain, stage = self.terrain, self.stage
        camera = terrain.camera(moment)
        row, column = terrain.project(self.x, self.z, camera)
        seen = terrain.visible(row, column, self.z, self.x, camera)
        brush = Brush(stage.width, stage.height, "RGBA")
        side, grow = (1 if stage.sun_x > 0.5 else -1), (_draw_fir if self.firs else _draw_round_tree)
        pairs = self._colours(column / stage.width)
        for index in np.flatnonzero(seen):
            size = float(self.size[index]) * terrain.focal / float(self.z[index])
            if size < 1.2:
                continue
            lit, dark = (ink(light[index]) for light in pairs)
            x, y, ragged = float(column[index]), float(row[index]), self.ragged[index].tolist()
            grow(brush, Tree(x, y, size, side, lit, dark, ragged))
        alpha, colour = brush.painting()
        canvas += (colour - canvas) * alpha[..., None]

    def _colours(self, across: Plane) -> list[Plane]:
        """Return for each tree the colours of its lit and its dark side."""
        scheme = self.stage.scheme
        leaf = scheme.growth.shifted(-0.10 if self.firs else -0.02).light
        if "snow" in self.stage.reading.weathers:
            leaf = mix(leaf, np.ones(3, np.float32), 0.45)
        ambient = mix(scheme.shade.light, scheme.middle.light, 0.3)
        lit = leaf * (scheme.sun.light * (scheme.key * 0.75) + ambient)
        shade = (1 + self.tone[:, None] * 3).astype(np.float32)
        return [self.terrain.aired(side * shade, self.z, across) for side in (lit, leaf * ambient * 0.8)]


def _draw_fir(brush: Brush, tree: Tree) -> None:
    edge = []
    for tier in range(5):
        part = (tier + 1) / 5
        reach = tree.size * 0.2 * (0.25 + 0.75 * part) * tree.ragged[tier]
        low = tree.y - tree.size * (0.92 - 0.85 * part)
        edge += [(reach, low), (reach * 0.5, low)]
    top, foot = (tree.x, tree.y - tree.size), (tree.x, tree.y)
    halves = {side: [(tree.x + side * across, at) for across, at in edge] for side in (-1, 1)}
    brush.draw_polygon([top, *halves[1], foot, *halves[-1][::-1]], tree.dark)
    brush.draw_polygon([top, *halves[tree.side], foot], tree.lit)


def _draw_round_tree(brush: Brush, tree: Tree) -> None:
    x, y, size, ragged = tree.x, tree.y, tree.size, tree.ragged
    brush.draw_rectangle(x - size * 0.035, y - size * 0.4, x + size * 0.035, y, tree.dark)
    clumps = []
    for clump in range(4):
        up = size * (0.5 + 0.11 * clump * ragged[clump + 4])
        clumps.append((x + size * 0.28 * (ragged[clump] - 1), y - up, size * 0.24 * ragged[clump + 8]))
    for across, at, radius in clumps:
        brush.draw_ellipse(across, at, radius, radius * 0.85, tree.dark)
    for across, at, radius in clumps:
        brush.draw_ellipse(across + tree.side * radius * 0.3, at - radius * 0.22, radius * 0.6, radius * 0.52, tree.lit)
