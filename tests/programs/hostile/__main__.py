"""python -m tests.programs.hostile --seconds N: an ordinary customer, alone and then next to a hostile tenant.

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
from tests.programs.hostile.figures import Figure, figures
from tests.programs.hostile.scene import Observed, observe

PATH = Path("build/hostile.json")
LOGS = Path("build/hostile-logs")


def main() -> int:
    """Run both phases and report; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=180, help="of the phase with the hostile tenant")
    seconds = parser.parse_args().seconds
    observed = uvloop.run(observe(seconds, lambda step: print(step, file=sys.stderr, flush=True)))
    found = figures(observed)
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_bytes(msgspec.json.format(msgspec.json.encode({"figures": found, **as_json(observed)})))
    print_report(Console(width=None if sys.stdout.isatty() else 140), found)
    LOGS.mkdir(exist_ok=True)
    for process in STARTED:
        shutil.copy(process.log, LOGS / f"{process.name}.log")
    print(f"Figures and the responses to the hostile tenant: {PATH}, logs of the processes: {LOGS}/")
    return 0 if all(figure.met for figure in found) else 1


def as_json(observed: Observed) -> dict[str, object]:
    """Return what the phases saw."""
    phases = {
        name: {str(status): number for status, number in course.statuses.items()}
        for name, course in (("alone", observed.alone), ("beside", observed.beside))
    }
    return {"statuses": phases, "hostile": dict(sorted(observed.hostile.items()))}


def print_report(screen: Console, found: list[Figure]) -> None:
    """Print the figures with their bounds."""
    table = Table("figure", "value", "at most", "", title="hostile", title_justify="left")
    for figure in found:
        table.add_row(figure.name, f"{figure.value:,.1f}", f"{figure.at_most:,.1f}", "met" if figure.met else "missed")
    screen.print(table)


if __name__ == "__main__":
    sys.exit(main())
