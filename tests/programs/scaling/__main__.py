"""python -m tests.programs.scaling: how the ScaledObject answers a recorded burst; writes build/scaling.png."""

import sys
from pathlib import Path

from PIL import Image, ImageDraw
from rich.console import Console
from rich.table import Table

from tests.programs.scaling.keda import Moment
from tests.programs.scaling.shipped import answered, per_s, shipped, the_burst

FACTORS = (1, 2, 4)
PATH = Path("build/scaling.png")
WIDTH, HEIGHT, MARGIN = 900, 260, 40
INK, FAINT, AGE, WORKERS = "#222222", "#dddddd", "#c0392b", "#2980b9"


def main() -> int:
    """Simulate, show, draw; the exit status."""
    burst = the_burst()
    policy, rate = shipped(burst.slots), per_s(burst)
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(f"A worker does {rate:.1f}/s. The burst: {max(second.arrived for second in burst.seconds)}/s.")
    table = Table("burst", "of one worker", "oldest job at most", "workers at most", "empty after", "one again after")
    pictures = []
    for factor in FACTORS:
        moments = answered(burst, policy, factor)
        pictures.append(moments)
        peak = max(second.arrived for second in burst.seconds) * factor
        table.add_row(
            f"x {factor}",
            f"{peak / rate:.1f} x",
            f"{max(moment.age_s for moment in moments):.0f} s",
            str(max(moment.wanted for moment in moments)),
            f"{max(moment.at_s for moment in moments if moment.due)} s",
            f"{max(moment.at_s for moment in moments if moment.wanted > policy.least)} s",
        )
    console.print(table)
    PATH.parent.mkdir(exist_ok=True)
    drawn(pictures).save(PATH)
    console.print(f"Picture: {PATH}")
    return 0


def drawn(pictures: list[list[Moment]]) -> Image.Image:
    """A chart for each: the oldest job's age in red, the ready workers in blue."""
    image = Image.new("RGB", (WIDTH, HEIGHT * len(pictures)), "white")
    pen = ImageDraw.Draw(image)
    for number, moments in enumerate(pictures):
        top = number * HEIGHT
        age_max = max(1, *(moment.age_s for moment in moments))
        ready_max = max(moment.ready for moment in moments)
        for part in range(5):
            y = top + MARGIN + part * (HEIGHT - 2 * MARGIN) // 4
            pen.line((MARGIN, y, WIDTH - MARGIN, y), FAINT)
        pen.line(curve([moment.age_s / age_max for moment in moments], top), AGE, 2)
        pen.line(curve([moment.ready / ready_max for moment in moments], top), WORKERS, 2)
        pen.text((MARGIN, top + 10), f"burst x {FACTORS[number]}: oldest job, at most {age_max:.0f} s", AGE)
        pen.text((WIDTH // 2, top + 10), f"ready workers, at most {ready_max}", WORKERS)
        pen.text((MARGIN, top + HEIGHT - 25), f"0 to {len(moments)} s", INK)
    return image


def curve(shares: list[float], top: int) -> list[tuple[float, float]]:
    """Points for values between 0 and 1."""
    across, high = (WIDTH - 2 * MARGIN) / max(len(shares) - 1, 1), HEIGHT - 2 * MARGIN
    return [(MARGIN + at * across, top + MARGIN + (1 - share) * high) for at, share in enumerate(shares)]


if __name__ == "__main__":
    sys.exit(main())
