"""The figures of a run for readers: a page of Markdown, and a chart of how each compares with its target."""

from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image, ImageDraw

from tests.programs.bench.row import Row

WIDTH, BAR, GAP, MARGIN, LABEL = 1200, 18, 8, 24, 560
SHARE_MAX = 4.0  # times the target, at which a bar ends
INK, MET, MISSED, LINE = "#222222", "#2e7d5b", "#c0662b", "#888888"
HEAD = """# Performance

`make bench` wrote this page on {at}; [benchmarks.md](benchmarks.md) says what each row measures and how to
read it. Figures per second depend on the machine. Ratios compare two systems that took turns within the run; the spread
shows the smallest and the largest round.

{facts}.

| row | measured | ratio | spread | target | result |
|---|---|---|---|---|---|
"""


def format_figure(value: float) -> str:
    """Format a number with as many digits as matter."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def measured(row: Row) -> str:
    """Return the figure with its unit, or why there is none."""
    return f"({row.saturated})" if row.saturated else f"{format_figure(row.value)} {row.unit}"


def write_page(rows: Sequence[Row], facts: Mapping[str, Any], at: str) -> str:
    """Return the page. `at` is the time of the run as text."""
    lines = []
    for row in rows:
        ratio, spread = ("", "") if row.saturated or row.ratio is None else (f"{row.ratio:.2f} x", row.spread)
        lines.append(f"| {row.name} | {measured(row)} | {ratio} | {spread} | {row.goal} | {row.result} |")
    described = ", ".join(f"{name} {value}" for name, value in facts.items())
    return HEAD.format(at=at, facts=described[:1].upper() + described[1:]) + "\n".join(lines) + "\n"


def share_of_target(row: Row) -> float | None:
    """Return how good a figure is, of its target: 1 meets it, and more is better; None without a target."""
    if row.target is None or row.saturated or row.figure <= 0:
        return None
    return row.target / row.figure if row.at_most else row.figure / row.target


def draw_chart(rows: Sequence[Row]) -> Image.Image:
    """Draw a bar for each row with a target. The line is the target, and a longer bar is better."""
    shares = [(row, share) for row in rows if (share := share_of_target(row)) is not None]
    image = Image.new("RGB", (WIDTH, 2 * MARGIN + (len(shares) + 1) * (BAR + GAP)), "white")
    pen, scale = ImageDraw.Draw(image), (WIDTH - LABEL - MARGIN) / SHARE_MAX
    pen.text((LABEL + scale, MARGIN - 4), "target", LINE, anchor="ma")
    for number, (row, share) in enumerate(shares, 1):
        top = MARGIN + number * (BAR + GAP)
        pen.text((LABEL - GAP, top + BAR // 2), row.name, INK, anchor="rm")
        length, colour = min(share, SHARE_MAX) * scale, MET if share >= 1 else MISSED
        pen.rectangle((LABEL, top, LABEL + length, top + BAR), colour)
        text = f"{share:.2f}"
        inside = length > 50
        place = LABEL + length + (-GAP if inside else GAP)
        pen.text((place, top + BAR // 2), text, "white" if inside else INK, anchor="rm" if inside else "lm")
    pen.line((LABEL + scale, MARGIN + BAR, LABEL + scale, image.height - MARGIN // 2), LINE, 1)
    return image
