"""A chart of a run: running totals over time, with every fault marked."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from shared.domain.generation import COMPLETED, FAILED
from tests.programs.chaos.injector import InjectedFault
from tests.programs.chaos.plan import EVERYTHING, PARTITIONS
from tests.programs.chaos.scene import Evidence

WIDTH, HEIGHT = 1600, 760
LEFT, RIGHT, TOP, BOTTOM = 110, 50, 90, 260  # margins; the bottom one holds the lanes of the faults
INK, PAPER, GRID = "#24292f", "#ffffff", "#e3e6ea"
COLOURS = {"ordered": "#8c959f", "accepted": "#0969da", "completed": "#1a7f37", "refunded": "#bf8700"}
UNCERTAIN = "#cf222e"
FAULTS = {"kill": "#24292f", "stop": "#8250df", "pause": "#bf8700", **dict.fromkeys(PARTITIONS, "#0969da")}
OUTAGE = "#ffebe9"
TICKS = 10

Points = list[tuple[float, float]]


def curves(evidence: Evidence) -> dict[str, Points]:
    """Return running totals over seconds since the start."""
    ends: dict[str, list[float]] = {COMPLETED: [], FAILED: []}
    for generation in evidence.generations.values():
        if generation.closed_ms is not None:
            ends[generation.state].append((generation.closed_ms - evidence.started_ms) / 1000)
    return {
        "ordered": [(sample.at_s, sample.ordered) for sample in evidence.samples],
        "accepted": [(sample.at_s, sample.accepted) for sample in evidence.samples],
        "completed": [(at_s, number) for number, at_s in enumerate(sorted(ends[COMPLETED]), 1)],
        "refunded": [(at_s, number) for number, at_s in enumerate(sorted(ends[FAILED]), 1)],
    }


def draw(evidence: Evidence, path: Path) -> None:
    """Draw the chart and write it as PNG."""
    lines = curves(evidence)
    uncertain: Points = [(sample.at_s, sample.states.get("uncertain", 0)) for sample in evidence.samples]
    span_s = max(evidence.took_s, 1.0)
    top = max((y for points in lines.values() for _, y in points), default=1.0)
    second_top = max((y for _, y in uncertain), default=0) * 3 or 1.0  # a low curve does not cross the others
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(15)
    for fault in evidence.injected:
        if fault.target in ("store", EVERYTHING):
            pen.rectangle((_x(fault.at_s, span_s), TOP, _x(fault.back_s, span_s), HEIGHT - BOTTOM), fill=OUTAGE)
    _draw_axes(pen, font, span_s, top)
    for name, points in lines.items():
        _draw_curve(pen, points, span_s, top, COLOURS[name])
    _draw_curve(pen, uncertain, span_s, second_top, UNCERTAIN)
    _draw_lanes(pen, font, evidence.injected, span_s)
    words = {**COLOURS, f"uncertain now (at most {max((y for _, y in uncertain), default=0):.0f})": UNCERTAIN}
    _draw_legend(pen, font, f"seed {evidence.plan.seed}", words)
    image.save(path, "PNG")


def _x(at_s: float, span_s: float) -> float:
    return LEFT + at_s / span_s * (WIDTH - LEFT - RIGHT)


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM)


def _draw_axes(
    pen: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, span_s: float, top: float
) -> None:
    for tick in range(TICKS + 1):
        x, y = _x(span_s * tick / TICKS, span_s), _y(top * tick / TICKS, top)
        pen.line((x, TOP, x, HEIGHT - BOTTOM), fill=GRID)
        pen.line((LEFT, y, WIDTH - RIGHT, y), fill=GRID)
        pen.text((x, HEIGHT - BOTTOM + 8), f"{span_s * tick / TICKS:.0f} s", fill=INK, font=font, anchor="mt")
        pen.text((LEFT - 8, y), f"{top * tick / TICKS:.0f}", fill=INK, font=font, anchor="rm")


def _draw_curve(pen: ImageDraw.ImageDraw, points: Points, span_s: float, top: float, colour: str) -> None:
    if len(points) > 1:
        pen.line([(_x(at_s, span_s), _y(value, top)) for at_s, value in points], fill=colour, width=3, joint="curve")


def _draw_lanes(
    pen: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    injected: Sequence[InjectedFault],
    span_s: float,
) -> None:
    """Draw a lane for each process, with a bar from each fault until the process is back."""
    targets = sorted({fault.target for fault in injected})
    for number, target in enumerate(targets):
        y = HEIGHT - BOTTOM + 40 + number * (BOTTOM - 60) / max(len(targets), 1)
        pen.text((LEFT - 8, y), target, fill=INK, font=font, anchor="rm")
        pen.line((LEFT, y, WIDTH - RIGHT, y), fill=GRID)
        for fault in (fault for fault in injected if fault.target == target):
            left, right = _x(fault.at_s, span_s), _x(fault.back_s, span_s)
            pen.rectangle((left, y - 6, max(right, left + 3), y + 6), fill=FAULTS[fault.action])


def _draw_legend(
    pen: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    title: str,
    words: dict[str, str],
) -> None:
    x = float(LEFT)
    pen.text((x, 20), f"{title}: running totals, and below them the faults of each process", fill=INK, font=font)
    for word, colour in {**words, **FAULTS}.items():
        pen.rectangle((x, 54, x + 14, 68), fill=colour)
        pen.text((x + 20, 61), word, fill=INK, font=font, anchor="lm")
        x += 44 + pen.textlength(word, font=font)
