"""Subjects that stand, float or fly in a landscape. Shapes have their own units: x around 0, y from 0 up to 1."""

from collections.abc import Callable

import numpy as np
from msgspec import Struct

from offline.artist.brush import Points, curve, tapered


class Part(Struct, frozen=True):
    """A polygon, its material, and how much lighter or darker than the material it is."""

    points: Points
    role: str = "body"  # body, trim, light, and the roles of a hero
    shade: float = 0.0


Build = Callable[[np.random.Generator], list[Part]]


def _box(left: float, bottom: float, right: float, top: float) -> list[tuple[float, float]]:
    return [(left, bottom), (right, bottom), (right, top), (left, top)]


def _oval(x: float, y: float, across: float, up: float, count: int = 28) -> list[tuple[float, float]]:
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return [(x + across * float(np.cos(a)), y + up * float(np.sin(a))) for a in angles]


def _keep(x: float, wide: float, tall: float, roof: float, teeth: int = 4) -> list[Part]:
    """Return a tower with battlements or, if `roof` is given, a pointed roof."""
    parts = [
        Part(_box(x - wide, 0, x + wide, tall)),
        Part(_box(x - wide * 1.2, tall - 0.02, x + wide * 1.2, tall + 0.02)),
    ]
    if roof:
        parts.append(Part([(x - wide * 1.35, tall + 0.02), (x + wide * 1.35, tall + 0.02), (x, tall + roof)]))
    else:
        step = 2.4 * wide / (2 * teeth - 1)
        for tooth in range(teeth):
            left = x - wide * 1.2 + 2 * tooth * step
            parts.append(Part(_box(left, tall, left + step, tall + 0.055)))
    for level in np.arange(0.25, tall - 0.08, 0.16):
        parts.append(Part(_box(x - wide * 0.16, float(level), x + wide * 0.16, float(level) + 0.05), "light"))
    return parts


def castle(rng: np.random.Generator) -> list[Part]:
    """Return walls, towers and a keep with a flag."""
    parts = [Part(_box(-0.55, -0.1, 0.55, 0.30))]
    for left in np.arange(-0.55, 0.55, 0.08):
        parts.append(Part(_box(float(left), 0.29, float(left) + 0.042, 0.335)))
    parts += _keep(-0.55, 0.085, 0.46, 0.0) + _keep(0.55, 0.085, 0.50, float(rng.choice([0.0, 0.24])))
    parts += _keep(-0.22, 0.075, 0.58, 0.24) + _keep(0.24, 0.065, 0.52, 0.26) + _keep(0.0, 0.12, 0.68, 0.30)
    parts.append(Part([(0.0, 0.95), (0.008, 0.95), (0.008, 1.05), (0.10, 1.02), (0.008, 0.99)]))
    parts.append(
        Part([(-0.06, -0.1), (-0.06, 0.10), (-0.03, 0.15), (0.03, 0.15), (0.06, 0.10), (0.06, -0.1)], "light", -0.15)
    )
    return parts


def house(rng: np.random.Generator) -> list[Part]:
    """Return a cabin with lit windows and a chimney."""
    parts = [Part(_box(0.16, 0.5, 0.26, 0.95)), Part(_box(-0.42, -0.1, 0.42, 0.48))]
    parts.append(Part([(-0.54, 0.44), (0.54, 0.44), (0.34, 0.86), (-0.34, 0.86)], "body", -0.03))
    parts += [Part(_box(-0.30, 0.16, -0.12, 0.34), "light"), Part(_box(0.14, 0.16, 0.32, 0.34), "light")]
    parts += [Part(_box(-0.22, 0.16, -0.20, 0.34)), Part(_box(0.22, 0.16, 0.24, 0.34))]
    return [*parts, Part(_box(-0.06, -0.1, 0.08, 0.27), "body", -0.05)]


def tower(rng: np.random.Generator) -> list[Part]:
    """Return a lighthouse."""
    parts = [Part([(-0.13, -0.1), (0.13, -0.1), (0.075, 0.78), (-0.075, 0.78)])]
    parts += [
        Part([(-0.121, 0.2), (0.121, 0.2), (0.108, 0.36), (-0.108, 0.36)], "trim"),
        Part([(-0.098, 0.5), (0.098, 0.5), (0.086, 0.64), (-0.086, 0.64)], "trim"),
    ]
    parts += [
        Part(_box(-0.11, 0.78, 0.11, 0.81)),
        Part(_box(-0.05, 0.81, 0.05, 0.90), "light"),
        Part([(-0.075, 0.90), (0.075, 0.90), (0, 1.0)]),
    ]
    return parts


def tree(rng: np.random.Generator) -> list[Part]:
    """Return a broad, solitary tree: forking limbs, foliage in clumps."""
    parts: list[Part] = [Part(tapered([(0, -0.1), (0.015, 0.2), (-0.01, 0.42)], [0.055, 0.032, 0.024]))]
    crowns = []
    for turn in np.linspace(0.3, np.pi - 0.3, 10):
        angle = float(turn + rng.normal(0, 0.08))
        reach = float(rng.uniform(0.24, 0.4))
        end = (reach * 1.15 * float(np.cos(angle)), 0.40 + reach * float(np.sin(angle)))
        middle = (end[0] * 0.45 + float(rng.normal(0, 0.02)), 0.36 + (end[1] - 0.36) * 0.4)
        parts.append(Part(tapered([(0, 0.3), middle, end], [0.024, 0.013, 0.004])))
        crowns.append(end)
    for x, y in crowns:
        for _ in range(9):
            cx, cy = x + float(rng.normal(0, 0.075)), y + float(rng.normal(-0.015, 0.05))
            size = float(rng.uniform(0.045, 0.1))
            angles = np.linspace(0, 2 * np.pi, 26, endpoint=False)
            ragged = size * rng.uniform(0.72, 1.15, 26)
            points = np.stack([cx + ragged * np.cos(angles), cy + 0.8 * ragged * np.sin(angles)], axis=1)
            parts.append(Part(points, "body", 0.06 * (cy - 0.5)))
    return parts


def figure(rng: np.random.Generator) -> list[Part]:
    """Return a wanderer in a long coat, seen from behind."""
    lean = float(rng.uniform(-0.02, 0.02))
    coat = curve(
        [
            (-0.085, 0.80),
            (-0.125, 0.62),
            (-0.12, 0.40),
            (-0.16, 0.14),
            (-0.02, 0.12),
            (0.13, 0.13),
            (0.115, 0.4),
            (0.12, 0.62),
            (0.08, 0.80),
            (0, 0.83),
        ]
    )
    parts = [
        Part(tapered([(-0.05, 0.2), (-0.055, 0.0)], [0.035, 0.032])),
        Part(tapered([(0.05, 0.2), (0.06, 0.0)], [0.035, 0.032])),
    ]
    parts += [Part(coat), Part(_oval(lean, 0.91, 0.058, 0.075)), Part(_box(-0.03, 0.8, 0.03, 0.86))]
    staff = float(rng.choice([-1, 1]))
    return [
        *parts,
        Part(tapered([(0.19 * staff, -0.01), (0.17 * staff, 0.95)], [0.009, 0.009])),
        Part(tapered([(0.1 * staff, 0.72), (0.15 * staff, 0.56), (0.18 * staff, 0.56)], [0.035, 0.03, 0.02])),
    ]


def cat(rng: np.random.Generator) -> list[Part]:
    """Return a sitting cat with its tail curled round."""
    body = curve(
        [
            (-0.10, 0.60),
            (-0.19, 0.42),
            (-0.27, 0.18),
            (-0.25, 0.0),
            (0.0, -0.02),
            (0.16, 0.0),
            (0.17, 0.3),
            (0.13, 0.5),
            (0.08, 0.62),
        ]
    )
    head = _oval(0.02, 0.70, 0.145, 0.125)
    ears = [[(-0.11, 0.74), (-0.10, 0.94), (0.0, 0.81)], [(0.15, 0.74), (0.145, 0.94), (0.04, 0.81)]]
    tail = tapered(
        [(-0.20, 0.04), (-0.40, 0.02), (-0.50, 0.14), (-0.44, 0.30), (-0.36, 0.34)], [0.05, 0.048, 0.042, 0.035, 0.018]
    )
    return [Part(tail), Part(body), Part(head), *(Part(ear) for ear in ears)]


def birds(rng: np.random.Generator) -> list[Part]:
    """Return a loose flock."""
    parts = []
    for _ in range(int(rng.integers(7, 13))):
        x, y, size = float(rng.normal(0, 0.42)), float(rng.uniform(0.1, 0.9)), float(rng.uniform(0.06, 0.12))
        beat = float(rng.uniform(0.1, 0.75))
        for side in (-1, 1):
            wing = [(x, y), (x + side * size * 0.5, y + size * beat * 0.75), (x + side * size, y + size * beat * 0.4)]
            parts.append(Part(tapered(wing, [size * 0.11, size * 0.07, 0.0])))
    return parts


def boat(rng: np.random.Generator) -> list[Part]:
    """Return a sailing boat."""
    hull = curve([(-0.36, 0.10), (-0.28, 0.02), (-0.2, -0.02), (0.2, -0.02), (0.33, 0.03), (0.44, 0.13)])
    main = curve([(0.03, 0.95), (-0.10, 0.62), (-0.32, 0.20)])
    parts = [
        Part(np.vstack([main, [(0.03, 0.19)]]), "trim"),
        Part([(0.055, 0.86), (0.055, 0.17), (0.40, 0.17)], "trim", -0.06),
    ]
    return [*parts, Part(_box(0.03, 0.05, 0.047, 1.0)), Part(hull)]


def balloon(rng: np.random.Generator) -> list[Part]:
    """Return a hot-air balloon in stripes."""
    parts = []
    for index in range(7):
        left, right = -1 + index * 2 / 7, -1 + (index + 1) * 2 / 7
        edges = []
        for side in (left, right):
            bulge = np.sin(np.clip(side, -1, 1) * np.pi / 2)
            edges.append(
                curve(
                    [(0.03 * bulge, 0.27), (0.20 * bulge, 0.42), (0.33 * bulge, 0.66), (0.24 * bulge, 0.9), (0.0, 1.0)]
                )
            )
        points = np.vstack([edges[0], edges[1][::-1]])
        parts.append(Part(points, "trim" if index % 2 else "second", -0.03 * abs(index - 3)))
    ropes = [
        Part([(x, 0.27), (x * 1.3 + 0.004, 0.27), (x * 1.1 + 0.004, 0.14), (x * 1.1, 0.14)]) for x in (-0.035, 0.035)
    ]
    return [*parts, *ropes, Part(_box(-0.05, 0.04, 0.05, 0.14))]


def rocket(rng: np.random.Generator) -> list[Part]:
    """Return a rocket on its flame."""
    hull = curve([(-0.10, 0.25), (-0.125, 0.5), (-0.09, 0.78), (0.0, 1.0), (0.09, 0.78), (0.125, 0.5), (0.10, 0.25)])
    fins = [[(s * 0.10, 0.44), (s * 0.25, 0.22), (s * 0.24, 0.12), (s * 0.09, 0.25)] for s in (-1, 1)]
    flame = curve([(-0.075, 0.24), (-0.09, 0.12), (0.0, -0.22), (0.09, 0.12), (0.075, 0.24)])
    parts = [
        Part(flame, "light"),
        *(Part(fin, "trim") for fin in fins),
        Part(hull, "metal"),
        Part(_oval(0, 0.63, 0.052, 0.052), "second", -0.1),
    ]
    return [*parts, Part(_box(-0.085, 0.22, 0.085, 0.26), "trim", -0.1)]


STANDING: dict[str, tuple[Build, float]] = {  # with the height in units of the stage
    "castle": (castle, 0.30), "house": (house, 0.11), "tower": (tower, 0.32), "tree": (tree, 0.36),
    "figure": (figure, 0.17), "cat": (cat, 0.22),
}  # fmt: skip
FLYING: dict[str, tuple[Build, float]] = {"birds": (birds, 0.2), "balloon": (balloon, 0.2), "rocket": (rocket, 0.34)}
