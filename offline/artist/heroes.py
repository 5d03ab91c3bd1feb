"""Subjects that fill a picture of their own. Shapes have their own units: x around 0, y from 0 up to 1."""

import numpy as np

from offline.artist.brush import curve, tapered
from offline.artist.silhouettes import Build, Part


def sword(rng: np.random.Generator) -> list[Part]:
    """Return a sword, point down: a blade in facets, guard, grip and a stone."""
    half, tip, top = float(rng.uniform(0.040, 0.052)), 0.0, 0.70
    parts = [
        Part([(-half, top), (-half * 0.86, 0.12), (0, tip), (0, top)], "blade", 0.10),
        Part([(half, top), (half * 0.86, 0.12), (0, tip), (0, top)], "blade", -0.12),
        Part(
            [(-half * 0.28, top), (-half * 0.2, 0.22), (0, 0.17), (half * 0.2, 0.22), (half * 0.28, top)], "glow", 0.0
        ),
    ]
    span, lift = float(rng.uniform(0.15, 0.19)), float(rng.uniform(0.0, 0.05))
    guard = tapered(
        [
            (-span, top + lift),
            (-span * 0.5, top + 0.005),
            (0, top + 0.012),
            (span * 0.5, top + 0.005),
            (span, top + lift),
        ],
        [0.010, 0.017, 0.026, 0.017, 0.010],
    )
    lower = tapered([(-span, top + lift - 0.008), (0, top - 0.006), (span, top + lift - 0.008)], [0.004, 0.012, 0.004])
    parts += [Part(tapered([(0, top + 0.02), (0, 0.91)], [0.023, 0.019]), "grip")]
    for level in np.linspace(top + 0.05, 0.89, 7):
        parts.append(
            Part(
                [(-0.021, level), (0.021, level + 0.014), (0.021, level + 0.024), (-0.021, level + 0.010)], "grip", 0.12
            )
        )
    angles = np.linspace(0, 2 * np.pi, 30)
    disc = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    parts += [Part(guard, "gold"), Part(lower, "gold", -0.12), Part(disc * 0.034 + [0, 0.938], "gold", -0.04)]
    parts += [Part(disc * 0.020 + [0, 0.938], "glow"), Part(disc * 0.018 + [0, top + 0.012], "glow")]
    return parts


def _wing(side: float, shade: float) -> list[Part]:
    """Return a wing of three fingers and the skin between them, hinged at the shoulder."""
    shoulder, wrist = (0.06, 0.50), (0.06 + 0.24 * side, 0.83)
    tips = [(0.06 + 0.62 * side, 0.86), (0.06 + 0.56 * side, 0.55), (0.06 + 0.36 * side, 0.38)]
    foot = (0.06 + 0.10 * side, 0.40)
    edge = [wrist]
    for a, b in zip(tips, [*tips[1:], foot], strict=True):
        dip = ((a[0] + b[0]) / 2 * 0.82 + wrist[0] * 0.18, (a[1] + b[1]) / 2 * 0.82 + wrist[1] * 0.18)
        edge += curve([a, dip, b], 8).tolist()
    parts = [Part(np.array([shoulder, *edge, foot]), "skin", shade)]
    parts += [
        Part(
            tapered([wrist, ((wrist[0] + tip[0]) / 2, (wrist[1] + tip[1]) / 2 + 0.02), tip], [0.012, 0.008, 0.002]),
            "scale",
            shade,
        )
        for tip in tips
    ]
    parts.append(
        Part(tapered([shoulder, (0.06 + 0.10 * side, 0.70), wrist], [0.030, 0.022, 0.014]), "scale", shade + 0.03)
    )
    return [
        *parts,
        Part([wrist, (wrist[0] + 0.03 * side, wrist[1] + 0.07), (wrist[0] - 0.015 * side, wrist[1] + 0.02)], "horn"),
    ]


def _spikes(spine: list[tuple[float, float]], widths: list[float]) -> list[Part]:
    """Return a comb of horn along the back."""
    line, parts = curve(spine, 10), []
    for index in range(6, len(line) - 6, 5):
        (x, y), (dx, dy) = line[index], line[index + 1] - line[index - 1]
        length = max(float(np.hypot(dx, dy)), 1e-6)
        nx, ny = dy / length, -dx / length
        half = float(np.interp(index / len(line), np.linspace(0, 1, len(widths)), widths))
        low, tall = half * 0.7, half + 0.028
        root = [(x + nx * low + side * dx * 0.6, y + ny * low + side * dy * 0.6) for side in (-1, 1)]
        parts.append(Part([root[0], (x + nx * tall, y + ny * tall), root[1]], "horn", -0.1))
    return parts


def dragon(rng: np.random.Generator) -> list[Part]:
    """Return a flying dragon from the side: far wing, tail, body, legs, neck, head, near wing."""
    spine = [
        (0.62, 0.10),
        (0.50, 0.04),
        (0.36, 0.10),
        (0.24, 0.24),
        (0.12, 0.38),
        (-0.02, 0.47),
        (-0.14, 0.55),
        (-0.22, 0.66),
        (-0.27, 0.76),
    ]
    widths = [0.003, 0.012, 0.022, 0.036, 0.064, 0.075, 0.048, 0.036, 0.033]
    belly = [(x - 0.012, y - 0.022) for x, y in spine[3:]]
    parts = _wing(-1.0, -0.10)
    parts += [Part([(0.62, 0.10), (0.70, 0.13), (0.64, 0.06), (0.66, 0.02), (0.60, 0.06)], "skin")]
    parts += _spikes(spine, widths)
    parts += [
        Part(
            tapered([(0.16, 0.34), (0.22, 0.22), (0.15, 0.14), (0.17, 0.06)], [0.045, 0.036, 0.018, 0.010]),
            "scale",
            -0.05,
        )
    ]
    parts += [
        Part(tapered(spine, widths), "scale"),
        Part(tapered(belly, [0.014, 0.036, 0.045, 0.026, 0.018, 0.012]), "belly"),
    ]
    parts += [
        Part(
            tapered([(-0.05, 0.45), (-0.10, 0.33), (-0.05, 0.26), (-0.09, 0.20)], [0.034, 0.026, 0.015, 0.008]),
            "scale",
            0.03,
        )
    ]
    for x, y in ((-0.09, 0.20), (0.17, 0.06)):
        parts += [Part([(x - 0.012, y), (x + 0.012, y), (x + dx, y - 0.04)], "horn") for dx in (-0.025, 0.0, 0.022)]
    return parts + _head() + _wing(0.92, 0.03)


def _head() -> list[Part]:
    upper = curve(
        [
            (-0.24, 0.72),
            (-0.225, 0.79),
            (-0.26, 0.835),
            (-0.33, 0.825),
            (-0.41, 0.795),
            (-0.47, 0.772),
            (-0.475, 0.752),
            (-0.40, 0.748),
            (-0.31, 0.735),
        ],
        6,
    )
    jaw = curve([(-0.27, 0.74), (-0.34, 0.725), (-0.42, 0.712), (-0.45, 0.70), (-0.38, 0.69), (-0.29, 0.695)], 6)
    horns = [[(-0.25, 0.82), (-0.22, 0.83), (-0.10, 0.90)], [(-0.27, 0.83), (-0.245, 0.835), (-0.15, 0.94)]]
    teeth = [[(x, 0.752), (x + 0.012, 0.752), (x + 0.006, 0.728)] for x in (-0.455, -0.425, -0.395)]
    return [
        Part(horns[1], "horn", -0.1),
        Part(jaw, "scale", -0.06),
        Part(upper, "scale", 0.02),
        Part(horns[0], "horn"),
        *(Part(t, "horn", 0.1) for t in teeth),
        Part([(-0.345, 0.793), (-0.315, 0.803), (-0.32, 0.785)], "glow"),
    ]


def crystal(rng: np.random.Generator) -> list[Part]:
    """Return a cluster of pointed stones, each in three facets."""
    parts = []
    stones = [
        (0.0, 0.98, 0.0, 0.115),
        (-0.17, 0.66, -0.34, 0.08),
        (0.18, 0.72, 0.30, 0.085),
        (-0.31, 0.42, -0.62, 0.06),
        (0.31, 0.44, 0.6, 0.06),
        (0.07, 0.5, 0.12, 0.07),
    ]
    for x, tall, lean, wide in sorted(stones, key=lambda stone: -stone[1]):
        full = tall * float(rng.uniform(0.88, 1.04))
        axis = np.array([np.sin(lean), np.cos(lean)])
        aside = np.array([axis[1], -axis[0]])
        foot, neck, peak = (
            np.array([x * 0.6, 0.0]),
            np.array([x * 0.6, 0.0]) + axis * full * 0.76,
            np.array([x * 0.6, 0.0]) + axis * full,
        )
        marks = [-1.0, -0.35, 0.45, 1.0]
        for left, right, shade in zip(marks, marks[1:], (0.16, -0.02, -0.20), strict=False):
            face = [
                foot + aside * wide * left * 0.8,
                neck + aside * wide * left,
                neck + aside * wide * right,
                foot + aside * wide * right * 0.8,
            ]
            parts.append(Part(np.array(face), "gem", shade))
            parts.append(
                Part(np.array([neck + aside * wide * left, peak, neck + aside * wide * right]), "gem", shade + 0.08)
            )
    return parts


def flower(rng: np.random.Generator) -> list[Part]:
    """Return one large blossom: rings of petals on a stem with leaves."""
    parts = [Part(tapered([(0.03, -0.1), (-0.02, 0.2), (0.0, 0.58)], [0.016, 0.014, 0.012]), "leaf")]
    for side in (-1, 1):
        parts.append(
            Part(
                tapered([(0.0, 0.10), (0.13 * side, 0.20), (0.30 * side, 0.30)], [0.002, 0.05, 0.0]),
                "leaf",
                0.05 * side,
            )
        )
    for ring, (count, reach) in enumerate(((11, 0.34), (9, 0.27), (7, 0.19), (5, 0.115))):
        turn = float(rng.uniform(0, 6.3))
        for index in range(count):
            angle = turn + index * 2 * np.pi / count + float(rng.normal(0, 0.05))
            away = np.array([np.cos(angle), np.sin(angle) * 0.88])
            points = [tuple(np.array([0, 0.64]) + away * reach * t) for t in (0.05, 0.55, 1.0)]
            petal = tapered(points, [0.01, reach * 0.34, reach * 0.05])
            parts.append(
                Part(petal, "petal", -0.14 + 0.055 * ring + 0.05 * float(np.sin(angle)) + float(rng.normal(0, 0.012)))
            )
            parts.append(Part(tapered(points, [0.002, reach * 0.04, 0.0]), "petal", -0.16 + 0.055 * ring))
    angles = np.linspace(0, 2 * np.pi, 30)
    return [*parts, Part(np.stack([0.045 * np.cos(angles), 0.64 + 0.04 * np.sin(angles)], axis=1), "glow")]


HEROES: dict[str, Build] = {"sword": sword, "dragon": dragon, "crystal": crystal, "flower": flower}
