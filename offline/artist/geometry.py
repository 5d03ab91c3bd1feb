"""Geometric pictures: tiles of plain shapes, discs with soft shadows, and scenes cut into triangles."""

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw

from offline.artist.abstract import abstract_tones
from offline.artist.brush import Brush
from offline.artist.noise import columns, rows
from offline.artist.palette import Plane, Tone, ramp
from offline.artist.stage import Element, Layer, Moment, Stage
from offline.artist.tone_mapping import blurred


class Ground:
    """A plain gradient from corner to corner."""

    def __init__(self, stage: Stage, one: Tone, other: Tone) -> None:
        self.light = ramp(
            [(0.0, one), (1.0, other)],
            np.clip(columns(stage.width) * 0.4 + rows(stage.height) * 0.6, 0, 1),
        )

    def draw(self, canvas: Plane, moment: Moment) -> None:
        """Paint over the whole canvas."""
        canvas[:] = self.light


class Shape:
    """One shape and its shadow, floating a little in a video."""

    def __init__(self, stage: Stage, brush: Brush, one: Tone, other: Tone, *, lift: float, parallax: float) -> None:
        alpha = brush.plane()
        slope = np.clip(columns(alpha.shape[1]) * 0.5 + rows(alpha.shape[0]) * 0.5, 0, 1)
        soft = blurred(alpha[..., None], max(stage.unit * 0.03 * lift, 2))[..., 0]
        drop = round(stage.unit * 0.018 * lift)
        self.shadow = Layer(stage, np.roll(soft, drop, axis=0) * 0.5, np.zeros((1, 1, 3), np.float32), None, parallax)
        self.face = Layer(stage, alpha, ramp([(0.0, one), (1.0, other)], slope), None, parallax)

    def draw(self, canvas: Plane, moment: Moment) -> None:
        """Blend the shadow, then the shape."""
        self.shadow.colour = np.broadcast_to(0.0, (canvas.shape[0], 1, 3))
        self.shadow.draw(canvas, moment)
        self.face.draw(canvas, moment)


def _draw_figure(brush: Brush, kind: int, x: float, y: float, *, size: float, turn: float) -> None:
    if kind == 0:
        brush.draw_ellipse(x, y, size, size)
    elif kind == 1:
        brush.draw_ellipse(x, y, size, size)
        brush.draw_ellipse(x, y, size * 0.62, size * 0.62, 0)
    else:
        corners = {2: 3, 3: 4, 4: 6}[kind]
        angles = turn + np.arange(corners) * 2 * np.pi / corners
        brush.draw_polygon(np.stack([x + size * np.cos(angles), y + size * np.sin(angles)], axis=1))


def _floating(stage: Stage) -> Iterator[Element]:
    """Yield large shapes under small ones, about a common centre of weight."""
    rng, tones = stage.dice("floating"), abstract_tones(stage)
    yield Ground(stage, tones[0].shifted(0.06), tones[1])
    for index in range(11):
        parallax = 0.1 + 0.09 * index
        margin = stage.margin(parallax)
        brush = Brush(stage.width + 2 * margin, stage.height)
        size = stage.unit * float(rng.uniform(0.22, 0.36)) * 0.84**index
        x = margin + stage.width * float(np.clip(rng.normal(0.5, 0.08 + 0.022 * index), 0.04, 0.96))
        y = stage.height * float(np.clip(rng.normal(0.5, 0.08 + 0.022 * index), 0.04, 0.96))
        _draw_figure(brush, int(rng.integers(0, 5)), x, y, size=size, turn=float(rng.uniform(0, 6.3)))
        tone = tones[4] if index in (3, 8) else tones[int(rng.integers(1, 4))]
        light = tone.shifted(float(rng.uniform(-0.04, 0.06)))
        one, other = light.shifted(0.07, 0.95, -12), light.shifted(-0.10, 1.05, 12)
        yield Shape(stage, brush, one, other, lift=1.3 - 0.06 * index, parallax=parallax)


def _draw_tile(brush: Brush, kind: int, x: float, y: float, size: float) -> None:
    corner = [(x, y), (x + size, y), (x + size, y + size), (x, y + size)]
    if kind < 4:
        cx, cy = corner[kind]
        angles = np.pi / 2 * kind + np.linspace(0, np.pi / 2, 24)
        arc = np.stack([cx + size * np.cos(angles), cy + size * np.sin(angles)], axis=1)
        brush.draw_polygon(np.vstack([arc, [(cx, cy)]]))
    elif kind < 8:
        brush.draw_polygon(corner[: kind - 4] + corner[kind - 3 :])
    elif kind == 8:
        brush.draw_ellipse(x + size / 2, y + size / 2, size * 0.36, size * 0.36)
    elif kind == 9:
        brush.draw_ellipse(x + size / 2, y + size / 2, size / 2, size / 2)
        brush.draw_ellipse(x + size / 2, y + size / 2, size / 4, size / 4, 0)
    else:
        for stripe in range(3):
            brush.draw_rectangle(x, y + size * (stripe * 2 + 0.5) / 6, x + size, y + size * (stripe * 2 + 1.5) / 6)


class Tiles:
    """A wall of tiles, each with one plain shape on plain ground."""

    def __init__(self, stage: Stage) -> None:
        rng, tones = stage.dice("tiles"), abstract_tones(stage)
        across = int(rng.integers(4, 7))
        size = max(round(stage.unit / across), 8)
        self.light = np.broadcast_to(tones[3].light, (stage.height, stage.width, 3)).copy()
        brushes = [Brush(stage.width, stage.height) for _ in tones]
        grounds = [Brush(stage.width, stage.height) for _ in tones]
        for row in range(int(np.ceil(stage.height / size))):
            for column in range(int(np.ceil(stage.width / size))):
                ground, face = (
                    int(i) for i in rng.choice(len(tones), 2, replace=False, p=[0.2, 0.24, 0.22, 0.22, 0.12])
                )
                x, y = column * size, row * size
                grounds[ground].draw_rectangle(x, y, x + size, y + size)
                _draw_tile(brushes[face], int(rng.integers(0, 11)), x, y, size)
        for layer in (grounds, brushes):
            for brush, tone in zip(layer, tones, strict=True):
                self.light += (tone.light - self.light) * brush.plane()[..., None]

    def draw(self, canvas: Plane, moment: Moment) -> None:
        """Paint over the whole canvas. In a video a slow light passes over the wall."""
        canvas[:] = self.light
        if moment.time_s:
            sweep = columns(canvas.shape[1]) - ((moment.time_s * 0.25) % 1.6 - 0.3)
            canvas *= (1 + 0.25 * np.exp(-sweep * sweep * 40))[..., None]


def geometric(stage: Stage) -> Iterator[Element]:
    """Yield floating shapes or a wall of tiles, chosen by the dice."""
    if stage.dice("geometric").random() < 0.6:
        yield from _floating(stage)
    else:
        yield Tiles(stage)


def faceted(image: Image.Image, stage: Stage) -> Image.Image:
    """Return a painted scene cut into triangles of one colour each, with corners on the scene's edges."""
    rng = stage.dice("facets")
    cell = max(round(stage.unit / 24), 6)
    x, y = _corners(np.asarray(image.convert("L"), dtype=np.float32), cell, rng)
    factor = max(cell // 4, 1)
    small = np.asarray(image.reduce(factor), dtype=np.float32)
    result = Image.new("RGB", (stage.width * 2, stage.height * 2))
    pen = ImageDraw.Draw(result)
    for row in range(x.shape[0] - 1):
        for column in range(x.shape[1] - 1):
            a, b, c, d = (
                (float(x[row + i, column + j]), float(y[row + i, column + j]))
                for i, j in ((0, 0), (0, 1), (1, 0), (1, 1))
            )
            halves = ((a, b, c), (b, d, c)) if rng.random() < 0.5 else ((a, b, d), (a, d, c))
            for corners in halves:
                cx, cy = (sum(corner[axis] for corner in corners) / 3 / factor for axis in (0, 1))
                seen = small[int(np.clip(cy, 0, small.shape[0] - 1)), int(np.clip(cx, 0, small.shape[1] - 1))]
                red, green, blue = np.clip(seen * (1 + float(rng.normal(0, 0.022))), 0, 255).astype(int)
                pen.polygon([(px * 2, py * 2) for px, py in corners], fill=(int(red), int(green), int(blue)))
    return result.reduce(2)


def _corners(grey: Plane, cell: int, rng: np.random.Generator) -> tuple[Plane, Plane]:
    """Return a corner for each cell: at its strongest edge, or near its middle if it has none."""
    height, width = grey.shape
    down, across = -(-height // cell), -(-width // cell)
    padded = np.pad(grey, ((0, down * cell - height), (0, across * cell - width)), mode="edge")
    change = np.abs(np.gradient(padded, axis=0)) + np.abs(np.gradient(padded, axis=1))
    cells = change.reshape(down, cell, across, cell).transpose(0, 2, 1, 3).reshape(down, across, cell * cell)
    best = cells.argmax(axis=2)
    strong = cells.max(axis=2) > 7
    middle = 0.5 + rng.uniform(-0.3, 0.3, (2, down, across))
    inside_x = np.where(strong, (best % cell + 0.5) / cell, middle[0])
    inside_y = np.where(strong, (best // cell + 0.5) / cell, middle[1])
    x, y = np.zeros((down + 2, across + 2), np.float32), np.zeros((down + 2, across + 2), np.float32)
    x[:, 1:-1], x[:, -1] = (np.arange(across) + 0.5) * cell, across * cell + cell
    y[1:-1, :], y[-1, :] = ((np.arange(down) + 0.5) * cell)[:, None], down * cell + cell
    x[:, 0], y[0, :] = -cell, -cell
    x[1:-1, 1:-1], y[1:-1, 1:-1] = (np.arange(across) + inside_x) * cell, (np.arange(down)[:, None] + inside_y) * cell
    return x, y
