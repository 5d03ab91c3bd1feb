"""python -m tests.programs.hostile --seconds N: an ordinary customer, by turns alone and next to a hostile tenant.

The figures go to build/hostile.json. The exit status is 1 if one is beyond its bound.
"""

import argparse
import shutil
import sys
from pathlib import Path

import msgspec
import uvloop
from rich.console import Console
from rich.table import Table

from tests.harness.processes import STARTED
from tests.programs.bench.row import percentile
from tests.programs.hostile.figures import Figure, figures
from tests.programs.hostile.ordinary import Course
from tests.programs.hostile.scene import Observed, observe

PATH = Path("build/hostile.json")
LOGS = Path("build/hostile-logs")


def main() -> int:
    """Run every slice and report; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=180, help="next to the hostile tenant, in all")
    seconds = parser.parse_args().seconds
    LOGS.mkdir(parents=True, exist_ok=True)
    try:
        observed = uvloop.run(observe(seconds, lambda step: print(step, file=sys.stderr, flush=True)))
    finally:
        for process in STARTED:
            shutil.copy(process.log, LOGS / f"{process.name}.log")
    found = figures(observed)
    PATH.write_bytes(msgspec.json.format(msgspec.json.encode({"figures": found, **as_json(observed)})))
    screen = Console(width=None if sys.stdout.isatty() else 140)
    print_slices(screen, observed.courses)
    print_figures(screen, found)
    print(f"Figures and the responses to the hostile tenant: {PATH}, logs of the processes: {LOGS}/")
    return 0 if all(figure.met for figure in found) else 1


def as_json(observed: Observed) -> dict[str, object]:
    """Return what the slices saw."""
    slices = [
        {
            "hostile": course.hostile,
            "statuses": {str(status): number for status, number in course.statuses.items()},
            "accept_ms": summary(course.accept_ms),
            "webhook_ms": summary(course.webhook_ms),
            "late_ms": summary(course.late_ms),
            "processor_s": used_s,
        }
        for course, used_s in zip(observed.courses, observed.processor_s, strict=True)
    ]
    responses = dict(sorted(observed.hostile.items()))
    return {"slices": slices, "hostile": responses, "slow_commands": observed.slow_commands}


def summary(values: list[float]) -> dict[str, float]:
    """Return the percentiles of some times."""
    if not values:
        return {}
    return {"p50": percentile(values, 50), "p99": percentile(values, 99), "max": max(values)}


def print_slices(screen: Console, courses: list[Course]) -> None:
    """Print the times of each slice. `late` is how late the measuring process itself was."""
    table = Table("slice", "orders", "accept p50", "p99", "max, ms", "webhook p99, ms", "late p99, ms", title="slices")
    for course in courses:
        accept, webhook, late = map(summary, (course.accept_ms, course.webhook_ms, course.late_ms))
        times = [accept.get("p50"), accept.get("p99"), accept.get("max"), webhook.get("p99"), late.get("p99")]
        cells = ["" if value is None else f"{value:,.1f}" for value in times]
        table.add_row("hostile" if course.hostile else "alone", str(sum(course.statuses.values())), *cells)
    screen.print(table)


def print_figures(screen: Console, found: list[Figure]) -> None:
    """Print the figures with their bounds."""
    table = Table("figure", "value", "at most", "", title="hostile", title_justify="left")
    for figure in found:
        table.add_row(figure.name, f"{figure.value:,.1f}", f"{figure.at_most:,.1f}", "met" if figure.met else "missed")
    screen.print(table)


if __name__ == "__main__":
    sys.exit(main())
