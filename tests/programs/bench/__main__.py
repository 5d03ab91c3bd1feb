"""python -m tests.programs.bench: speed and latency here, against stock arq and bare aiohttp in the same run."""

import sys
import time
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import msgspec
import uvloop
from rich.console import Console
from rich.table import Table

from tests.harness.processes import STARTED, scratch_folder
from tests.programs.bench import machine
from tests.programs.bench.row import FULL, QUICK, Measure, Row, Size
from tests.programs.bench.scene import scene

ROWS = (
    "accept",
    "engine",
    "pickup",
    "parked",
    "pending",
    "whole",
    "memory",
    "wake",
    "waiting",
    "rescue",
    "scale",
    "local",
)
SAID_CHARS_MAX = 2000


@click.command()
@click.option("--quick", is_flag=True, help="Less of everything: does it work at all?")
@click.option("--only", multiple=True, type=click.Choice(ROWS), help="Measure this row; may be given again.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Where to write the figures.")
def main(quick: bool, only: tuple[str, ...], path: Path | None) -> None:
    """Measure, print a table, write the figures to bench-DATE.json."""
    screen = Console(width=None if sys.stdout.isatty() else 160)
    facts, rows, failed = uvloop.run(measured(QUICK if quick else FULL, only or ROWS))
    screen.print(", ".join(f"{name} {value}" for name, value in facts.items()), soft_wrap=True)
    screen.print(table(rows))
    if facts["load_before"] > facts["cores"] / 2:
        screen.print("The machine was busy before we began: figures are too low, and ratios less certain.")
    path = path or Path(f"bench-{time.strftime('%Y-%m-%d')}.json")
    report = {"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "quick": quick, "machine": facts}
    path.write_bytes(msgspec.json.format(msgspec.json.encode({**report, "failed": failed, "rows": shown(rows)})))
    screen.print(f"Figures: {path}")
    if failed:
        screen.print(f"Not measured: {', '.join(failed)}")
        sys.exit(1)


async def measured(size: Size, names: tuple[str, ...]) -> tuple[dict[str, Any], list[Row], list[str]]:
    """Facts about the machine, the figures, and the rows that could not be measured."""
    progress = Console(stderr=True)
    facts = {**machine.facts(), "sync_ms": machine.sync_ms(scratch_folder())}
    async with scene() as seen:
        facts["server"] = machine.server_name(await machine.server(seen.store))
    rows: list[Row] = []
    failed = []
    for number, name in enumerate(names, 1):
        head = f"[{number}/{len(names)}] {name}"
        measure: Measure = import_module(f"tests.programs.bench.rows.{name}").measure
        started_s = time.monotonic()
        STARTED.clear()
        with progress.status(head) as status:

            def say(what: str, head: str = head, status: Any = status) -> None:
                status.update(f"{head}: {what}")

            try:
                rows += await measure(size, say)
            except Exception:
                # One row that fails does not take the others' figures along.
                progress.print(traceback.format_exc(), *said(), sep="\n", markup=False, highlight=False, soft_wrap=True)
                failed.append(name)
        progress.print(f"{head}: {time.monotonic() - started_s:.0f} s", markup=False, highlight=False)
    return facts, rows, failed


def said() -> list[str]:
    """The last words of the processes of a row that failed."""
    return [f"{process.name}: {process.output[-SAID_CHARS_MAX:]}" for process in STARTED if process.output]


def shown(rows: list[Row]) -> list[dict[str, Any]]:
    """Rows with what follows from them."""
    return [{**msgspec.structs.asdict(row), "standing": row.standing} for row in rows]


def figure(value: float) -> str:
    """A number with as many digits as it deserves."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def table(rows: list[Row]) -> Table:
    """What the terminal shows."""
    made = Table()
    for title in ("what", "measured", "ratio", "target", "standing", "detail"):
        made.add_column(title, justify="right" if title in ("measured", "ratio") else "left")
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f} x"
        colour = "" if not row.standing else "green" if row.standing == "met" else "yellow"
        made.add_row(
            row.name, f"{figure(row.value)} {row.unit}", ratio, row.goal, row.standing, row.detail, style=colour
        )
    return made


if __name__ == "__main__":
    main()
