"""A run as a picture: what was asked and what became of it over time, with every blow marked where it fell."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from shared.domain.generation import COMPLETED, FAILED
from tests.programs.chaos.force import Mark
from tests.programs.chaos.plan import EVERYTHING
from tests.programs.chaos.scene import Evidence

WIDTH, HEIGHT = 1600, 760
LEFT, RIGHT, TOP, BOTTOM = 110, 50, 90, 260  # margins; the lanes of the blows stand in the last one
INK, PAPER, GRID = "#24292f", "#ffffff", "#e3e6ea"
COLOURS = {"asked": "#8c959f", "accepted": "#0969da", "completed": "#1a7f37", "refunded": "#bf8700"}
UNCERTAIN = "#cf222e"
BLOWS = {"kill": "#24292f", "stop": "#8250df", "pause": "#bf8700"}
OUTAGE = "#ffebe9"
TICKS = 10

Points = list[tuple[float, float]]


def curves(evidence: Evidence) -> dict[str, Points]:
    """Running totals over seconds since the start."""
    ends: dict[str, list[float]] = {COMPLETED: [], FAILED: []}
    for generation in evidence.generations.values():
        if generation.closed_ms is not None:
            ends[generation.state].append((generation.closed_ms - evidence.began_ms) / 1000)
    return {
        "asked": [(sample.at_s, sample.asked) for sample in evidence.samples],
        "accepted": [(sample.at_s, sample.accepted) for sample in evidence.samples],
        "completed": [(at_s, number) for number, at_s in enumerate(sorted(ends[COMPLETED]), 1)],
        "refunded": [(at_s, number) for number, at_s in enumerate(sorted(ends[FAILED]), 1)],
    }


def draw(evidence: Evidence, path: Path) -> None:
    """Write the picture as PNG."""
    lines = curves(evidence)
    uncertain: Points = [(sample.at_s, sample.states.get("uncertain", 0)) for sample in evidence.samples]
    span_s = max(evidence.took_s, 1.0)
    top = max((y for points in lines.values() for _, y in points), default=1.0)
    second_top = max((y for _, y in uncertain), default=0) * 3 or 1.0  # low, so that it crosses nothing
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(15)
    for mark in evidence.marks:
        if mark.target in ("store", EVERYTHING):
            pen.rectangle((_x(mark.at_s, span_s), TOP, _x(mark.back_s, span_s), HEIGHT - BOTTOM), fill=OUTAGE)
    _axes(pen, font, span_s, top)
    for name, points in lines.items():
        _curve(pen, points, span_s, top, COLOURS[name])
    _curve(pen, uncertain, span_s, second_top, UNCERTAIN)
    _lanes(pen, font, evidence.marks, span_s)
    words = {**COLOURS, f"uncertain now (at most {max((y for _, y in uncertain), default=0):.0f})": UNCERTAIN}
    _legend(pen, font, f"seed {evidence.plan.seed}", words)
    image.save(path, "PNG")


def _x(at_s: float, span_s: float) -> float:
    return LEFT + at_s / span_s * (WIDTH - LEFT - RIGHT)


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM)


def _axes(
    pen: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, span_s: float, top: float
) -> None:
    for tick in range(TICKS + 1):
        x, y = _x(span_s * tick / TICKS, span_s), _y(top * tick / TICKS, top)
        pen.line((x, TOP, x, HEIGHT - BOTTOM), fill=GRID)
        pen.line((LEFT, y, WIDTH - RIGHT, y), fill=GRID)
        pen.text((x, HEIGHT - BOTTOM + 8), f"{span_s * tick / TICKS:.0f} s", fill=INK, font=font, anchor="mt")
        pen.text((LEFT - 8, y), f"{top * tick / TICKS:.0f}", fill=INK, font=font, anchor="rm")


def _curve(pen: ImageDraw.ImageDraw, points: Points, span_s: float, top: float, colour: str) -> None:
    if len(points) > 1:
        pen.line([(_x(at_s, span_s), _y(value, top)) for at_s, value in points], fill=colour, width=3, joint="curve")


def _lanes(
    pen: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    marks: Sequence[Mark],
    span_s: float,
) -> None:
    """A lane for each process: a bar from the blow until it was started again or went on."""
    targets = sorted({mark.target for mark in marks})
    for number, target in enumerate(targets):
        y = HEIGHT - BOTTOM + 40 + number * (BOTTOM - 60) / max(len(targets), 1)
        pen.text((LEFT - 8, y), target, fill=INK, font=font, anchor="rm")
        pen.line((LEFT, y, WIDTH - RIGHT, y), fill=GRID)
        for mark in (mark for mark in marks if mark.target == target):
            left, right = _x(mark.at_s, span_s), _x(mark.back_s, span_s)
            pen.rectangle((left, y - 6, max(right, left + 3), y + 6), fill=BLOWS[mark.action])


def _legend(
    pen: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    title: str,
    words: dict[str, str],
) -> None:
    x = float(LEFT)
    pen.text((x, 20), f"{title}: running totals; below, what was hit", fill=INK, font=font)
    for word, colour in {**words, **BLOWS}.items():
        pen.rectangle((x, 54, x + 14, 68), fill=colour)
        pen.text((x + 20, 61), word, fill=INK, font=font, anchor="lm")
        x += 44 + pen.textlength(word, font=font)
