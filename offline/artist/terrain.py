"""Land in true perspective: each column of pixels marches along the ground until a nearer height hides it."""

import math

import numpy as np
from numpy.typing import NDArray

from offline.artist.noise import columns, sample, smoothstep, tile
from offline.artist.palette import Plane, mix
from offline.artist.relief import Land, heights, painted
from offline.artist.sky import gradient
from offline.artist.stage import Moment, Stage

NEAR = 1.6


class Terrain:
    """One country under one light. Another element will cover the rows below `bottom` (0..1)."""

    def __init__(self, stage: Stage, land: Land, bottom: float = 1.0) -> None:
        self.stage, self.land = stage, land
        size = 1024 if stage.width * stage.height > 200_000 and stage.still else 512
        self.table = painted(stage, land, heights(stage, land, size))
        self.height_table = np.ascontiguousarray(self.table[..., 3])
        self.detail = tile(stage.dice("detail"), 256, 16, octaves=5, gain=0.75)
        self.focal = 0.95 * max(stage.height, stage.width * 0.55)
        self.fine = 2 if stage.still and stage.height * stage.width < 2_500_000 else 1
        sharp = 1.7 if land.shape == "dunes" else 1.0
        self.slices = int(np.clip(stage.height * 0.55 * sharp, 160, 480 * sharp))
        self.bottom = int(np.ceil(bottom * stage.height))
        place = stage.dice("place")
        self.bends = (float(place.uniform(0, 6.3)), float(place.uniform(0, 6.3)))
        self.grit = 0.10 if land.shape == "dunes" else 0.30
        self.origin = self._viewpoint(place.random((40, 2)).astype(np.float32))

    def draw(self, canvas: Plane, moment: Moment) -> None:
        """Trace the ground of each column, then colour the visible pixels."""
        camera = self.camera(moment)
        screen = self._screen(self._distances(), camera)
        seen, top = self._visible(screen)
        if seen.size:
            self._shade(canvas[top : self.bottom], seen, screen, camera, top)

    def camera(self, moment: Moment) -> float:
        """Return the eye's offset to the right, in world units: at distance 10 it equals the stage's reach."""
        return moment.travel * self.stage.reach * 10 / self.focal

    def project(self, x: Plane, z: Plane, camera: float) -> tuple[Plane, Plane]:
        """Return row and column, in pixels, of the ground at (x, z)."""
        column = (x - camera) / z * self.focal + self.stage.width / 2
        return self._rows(x, z), column

    def visible(self, row: Plane, column: Plane, z: Plane, x: Plane, camera: float) -> NDArray[np.bool_]:
        """Return which points lie in the frame, on grown ground, and are not hidden by nearer land."""
        steps = np.linspace(0.08, 0.94, 14, dtype=np.float32)[:, None]
        nearer = np.maximum(z[None, :] * steps, NEAR)
        before = self._rows((x - camera) / z * nearer + camera, nearer)
        grown = self._height(x, z) < self.land.growth_to + 0.08
        if self.land.river:
            grown &= self._bank(x, z) > 0.25
        inside = (column > -40) & (column < self.stage.width + 40) & (row < self.bottom)
        return np.asarray(inside & grown & (row <= before.min(axis=0) + 1.5))

    def _viewpoint(self, candidates: Plane) -> Plane:
        """Return the candidate with low ground in front and peaks behind it, as a photographer would choose."""
        table, size = self.height_table, self.height_table.shape[0]
        across = np.linspace(-0.5, 0.5, 17, dtype=np.float32)[None, :] * (self.stage.width / self.focal)
        land = self.land
        distance = np.geomspace(NEAR, land.far * 0.7, 40, dtype=np.float32)[:, None]
        u, v = across * distance / land.span, np.broadcast_to(distance / land.span, (40, 17))
        best, best_score = candidates[0], -1e9
        for origin in candidates:
            x, y = ((u + origin[0]) * size).astype(np.int32) % size, ((v + origin[1]) * size).astype(np.int32) % size
            rise = table[y, x] * smoothstep(*land.plain, distance) * land.relief
            looks = np.maximum.accumulate((rise - land.eye) / distance, axis=0)
            near, skyline = table[y, x][:16].mean(), looks[-1]
            score = float(skyline.max() + skyline.std() * 2 - near * 0.8 - 4 * max(float(looks[14].max()), 0.0))
            if score > best_score:
                best, best_score = origin, score
        return np.asarray(best)

    def _distances(self) -> Plane:
        steps = np.linspace(0, 1, self.slices, dtype=np.float32)[:, None]
        return np.asarray(NEAR * (self.land.far / NEAR) ** steps)

    def _across(self, distance: Plane, camera: float) -> Plane:
        return (columns(self.stage.width) - 0.5) * (self.stage.width / self.focal) * distance + camera

    def _bank(self, x: Plane, z: Plane) -> Plane:
        """Return the distance from the river's bank, below 0 in the water."""
        a, b = self.bends
        middle = np.sin(z * 0.16 + a) * 3.2 + np.sin(z * 0.43 + b)
        start = math.sin(NEAR * 0.16 + a) * 3.2 + math.sin(NEAR * 0.43 + b)
        return np.asarray(np.abs(x - (middle - start)) - (0.75 + 0.02 * z))

    def _screen(self, distance: Plane, camera: float) -> Plane:
        """Return for each column the row, in fine pixels from the top, of every slice of land."""
        x = self._across(distance, camera)
        return self._rows(x, np.broadcast_to(distance, x.shape)) * self.fine

    def _height(self, x: Plane, z: Plane) -> Plane:
        """Return the tile's own height, 0..1, at (x, z)."""
        return sample(self.height_table, x / self.land.span + self.origin[0], z / self.land.span + self.origin[1])

    def _rows(self, x: Plane, z: Plane) -> Plane:
        """Return the row, in pixels from the top, of the ground at (x, z)."""
        land, stage = self.land, self.stage
        rise = smoothstep(*land.plain, z) * 0.94 + 0.06
        height = self._height(x, z) * rise * land.relief
        if land.river:
            height *= smoothstep(0.0, 4.0, self._bank(x, z))
        return np.asarray(stage.horizon * stage.height + (land.eye - height) * self.focal / z)

    def _visible(self, screen: Plane) -> tuple[NDArray[np.int32], int]:
        """Return the visible slice of each fine pixel from the first row with land on. The last index is sky."""
        fine, width = self.fine, self.stage.width
        front = np.minimum.accumulate(screen, axis=0)
        rows = np.clip(np.ceil(front), 0, self.bottom * fine).astype(np.int32)
        top = int(rows.min()) // fine
        before = np.vstack([np.full((1, width), self.bottom * fine, np.int32), rows[:-1]])
        slice_at, column_at = np.nonzero(rows < before)
        seen = np.full(((self.bottom - top) * fine, width), self.slices, np.int32)
        seen[rows[slice_at, column_at] - top * fine, column_at] = slice_at
        return np.minimum.accumulate(seen, axis=0), top

    def _shade(
        self,
        canvas: Plane,
        seen: NDArray[np.int32],
        screen: Plane,
        camera: float,
        top: int,
    ) -> None:
        land = self.land
        rows, width = seen.shape
        row = np.arange(rows, dtype=np.float32)[:, None] + (top * self.fine)
        here = np.minimum(seen, self.slices - 1)
        before = np.maximum(here - 1, 0)
        column = np.arange(width, dtype=np.int32)[None, :]
        flat = screen.reshape(-1)
        behind, ahead = flat[before * width + column], flat[here * width + column]
        part = np.clip((behind - row) / np.maximum(behind - ahead, 1e-3), 0, 1)
        step = (before.astype(np.float32) + part) * (math.log(land.far / NEAR) / (self.slices - 1))
        distance = np.exp(step) * NEAR
        x = self._across(distance, camera)
        u, v = x / land.span + self.origin[0], distance / land.span + self.origin[1]
        colour = sample(self.table, u, v)[..., :3]
        colour *= (1 + self._detail(u, v) * self.grit)[..., None]
        if land.shape == "dunes":
            colour *= self._ripples(x, distance, u, v)[..., None]
        if land.river:
            self._draw_river(colour, x, distance, row)
        colour = self.aired(colour, distance, columns(width))
        solid = (seen < self.slices).astype(np.float32)
        if self.fine > 1:
            solid = solid.reshape(rows // 2, 2, width).mean(axis=1)
            colour = colour.reshape(rows // 2, 2, width, 3).mean(axis=1)
        canvas += (colour - canvas) * solid[..., None]

    def _detail(self, u: Plane, v: Plane) -> Plane:
        """Return grain of the ground, finer than the tile's resolution."""
        x, y = (u * 4096).astype(np.int32) & 255, (v * 4096).astype(np.int32) & 255
        return np.asarray(self.detail.reshape(-1)[y * 256 + x])

    def _ripples(self, x: Plane, z: Plane, u: Plane, v: Plane) -> Plane:
        """Return ripples in sand, fading with distance."""
        bend = sample(self.height_table, u * 5, v * 5) * 9
        return np.asarray(1 + 0.09 * np.sin(z * 9 + x * 2.5 + bend) * np.exp(z * -0.14))

    def _draw_river(self, colour: Plane, x: Plane, z: Plane, row: Plane) -> None:
        """Blend the sky's reflection into the river."""
        stage = self.stage
        sky = gradient(stage)[:, 0]
        horizon = stage.horizon * stage.height
        mirrored = np.clip(2 * horizon - row / self.fine, 0, stage.height - 1).astype(np.int32)
        share = 1 - smoothstep(-0.08, 0.12, self._bank(x, z))
        shine = mix(sky[mirrored], stage.scheme.water.light, 0.25)
        colour += (shine - colour) * share[..., None]

    def aired(self, colour: Plane, distance: Plane, across: Plane) -> Plane:
        """Return colours faded into haze by distance, warmer towards the light. `across` is 0..1 of the frame."""
        stage, scheme = self.stage, self.stage.scheme
        reach = distance * (scheme.fog * self.land.air / self.land.far * 1.9)
        share = 1 - np.exp(-reach * np.sqrt(reach))
        aside = (across - stage.sun_x) * (stage.width / stage.unit)
        warm = np.exp(-aside * aside * 3)[..., None] * (0.10 if stage.reading.hour == "night" else 0.35)
        haze = scheme.haze.light + warm * scheme.sun.light
        return np.asarray(colour + (haze - colour) * share[..., None], dtype=np.float32)
