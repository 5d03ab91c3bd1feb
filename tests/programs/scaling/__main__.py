"""python -m tests.programs.scaling: simulate the ScaledObject under a recorded burst; draw build/scaling.png."""

import sys
from pathlib import Path

from PIL import Image, ImageDraw
from rich.console import Console
from rich.table import Table

from tests.programs.scaling.keda import Moment
from tests.programs.scaling.shipped import load_burst, per_s, shipped_policy, simulate_burst

FACTORS = (1, 2, 4)
PATH = Path("build/scaling.png")
WIDTH, HEIGHT, MARGIN = 900, 260, 40
INK, FAINT, AGE, WORKERS = "#222222", "#dddddd", "#c0392b", "#2980b9"


def main() -> int:
    """Simulate, print and draw; return the exit status."""
    burst = load_burst()
    policy, rate = shipped_policy(burst.slots), per_s(burst)
    console = Console(width=None if sys.stdout.isatty() else 120)
    arrived = max(second.arrived for second in burst.seconds)
    console.print(f"One worker finishes {rate:.1f}/s. The burst arrives at {arrived}/s.")
    table = Table("burst", "of one worker", "oldest job, max", "workers, max", "empty after", "back to one after")
    charts = []
    for factor in FACTORS:
        moments = simulate_burst(burst, policy, factor)
        charts.append(moments)
        peak = arrived * factor
        table.add_row(
            f"x {factor}",
            f"{peak / rate:.1f} x",
            f"{max(moment.age_s for moment in moments):.0f} s",
            str(max(moment.size for moment in moments)),
            f"{max(moment.at_s for moment in moments if moment.due)} s",
            f"{max(moment.at_s for moment in moments if moment.size > policy.workers_min)} s",
        )
    console.print(table)
    PATH.parent.mkdir(exist_ok=True)
    draw_charts(charts).save(PATH)
    console.print(f"Chart: {PATH}")
    return 0


def draw_charts(charts: list[list[Moment]]) -> Image.Image:
    """Draw a chart for each run: the age of the oldest job in red, the ready workers in blue."""
    image = Image.new("RGB", (WIDTH, HEIGHT * len(charts)), "white")
    pen = ImageDraw.Draw(image)
    for number, moments in enumerate(charts):
        top = number * HEIGHT
        age_max = max(1, *(moment.age_s for moment in moments))
        ready_max = max(moment.ready for moment in moments)
        for part in range(5):
            y = top + MARGIN + part * (HEIGHT - 2 * MARGIN) // 4
            pen.line((MARGIN, y, WIDTH - MARGIN, y), FAINT)
        pen.line(curve([moment.age_s / age_max for moment in moments], top), AGE, 2)
        pen.line(curve([moment.ready / ready_max for moment in moments], top), WORKERS, 2)
        pen.text((MARGIN, top + 10), f"burst x {FACTORS[number]}: oldest job, max {age_max:.0f} s", AGE)
        pen.text((WIDTH // 2, top + 10), f"ready workers, max {ready_max}", WORKERS)
        pen.text((MARGIN, top + HEIGHT - 25), f"0 to {len(moments)} s", INK)
    return image


def curve(shares: list[float], top: int) -> list[tuple[float, float]]:
    """Return points for values between 0 and 1."""
    width, height = (WIDTH - 2 * MARGIN) / max(len(shares) - 1, 1), HEIGHT - 2 * MARGIN
    return [(MARGIN + at * width, top + MARGIN + (1 - share) * height) for at, share in enumerate(shares)]


if __name__ == "__main__":
    sys.exit(main())
