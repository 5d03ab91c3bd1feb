"""python -m tests.programs.bench: measure speed and latency against stock arq and bare aiohttp in the same run."""

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
from tests.programs.bench.report import draw_chart, measured, write_page
from tests.programs.bench.row import FULL, QUICK, Measure, Row, Size
from tests.programs.bench.scene import run_scene

ROWS = (
    "accept",
    "engine",
    "pickup",
    "parked",
    "pending",
    "whole",
    "memory",
    "records",
    "lists",
    "rewrite",
    "inputs",
    "outputs",
    "wake",
    "waiting",
    "deliver",
    "rescue",
    "scale",
    "local",
)
PEERS = ("litellm", "queues")  # they need an environment of their own: `make bench-peers`
OUTPUT_CHARS_MAX = 2000
CHART = Path("build/bench.png")


@click.command()
@click.option("--quick", is_flag=True, help="Measure less, only to check that every row works.")
@click.option(
    "--only", multiple=True, type=click.Choice(ROWS + PEERS), help="Measure only this row. Repeat for more rows."
)
@click.option("--archived", type=int, help="Generations that pass through the archiver.")
@click.option("--database", "databases", multiple=True, type=click.Choice(FULL.databases), help="Of the row records.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Write the figures to this file.")
@click.option("--page", type=click.Path(path_type=Path), help="Write a page of them, such as docs/performance.md.")
def measure_and_report(
    *,
    quick: bool,
    only: tuple[str, ...],
    archived: int | None,
    databases: tuple[str, ...],
    path: Path | None,
    page: Path | None,
) -> None:
    """Measure, print a table, and write the figures to bench-DATE.json and a chart to build/bench.png."""
    screen = Console(width=None if sys.stdout.isatty() else 160)
    size = QUICK if quick else FULL
    size = msgspec.structs.replace(size, archived=archived or size.archived, databases=databases or size.databases)
    facts, rows, failed = uvloop.run(measure_rows(size, only or ROWS))
    screen.print(", ".join(f"{name} {value}" for name, value in facts.items()), soft_wrap=True)
    screen.print(table(rows))
    if facts["load_before"] > facts["cores"] / 2:
        screen.print("The machine was busy before the run: the figures are too low and the ratios less certain.")
    path = path or Path(f"bench-{time.strftime('%Y-%m-%d')}.json")
    report = {"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "quick": quick, "machine": facts}
    path.write_bytes(msgspec.json.format(msgspec.json.encode({**report, "failed": failed, "rows": rows_as_json(rows)})))
    CHART.parent.mkdir(exist_ok=True)
    draw_chart(rows).save(CHART)
    screen.print(f"Figures: {path}, chart: {CHART}")
    if page:
        page.write_text(write_page(rows, facts, report["at"]))
    if failed:
        screen.print(f"Not measured: {', '.join(failed)}")
        sys.exit(1)


async def measure_rows(size: Size, names: tuple[str, ...]) -> tuple[dict[str, Any], list[Row], list[str]]:
    """Return facts about the machine, the measured rows, and the names of the rows that failed."""
    progress = Console(stderr=True)
    facts = {**machine.facts(), "sync_ms": machine.measure_sync_ms(scratch_folder())}
    async with run_scene() as scene:
        facts["server"] = machine.server_name(await machine.read_server_info(scene.store))
    rows: list[Row] = []
    failed = []
    for number, name in enumerate(names, 1):
        head = f"[{number}/{len(names)}] {name}"
        measure: Measure = import_module(f"tests.programs.bench.rows.{name}").measure
        started_s = time.monotonic()
        STARTED.clear()
        with progress.status(head) as status:

            def report(step: str, head: str = head, status: Any = status) -> None:
                status.update(f"{head}: {step}")
                if not progress.is_terminal:
                    progress.print(f"{head}: {step}", markup=False, highlight=False)

            try:
                rows += await measure(size, report)
            except Exception:
                # A row that fails must not cost the figures of the other rows.
                progress.print(
                    traceback.format_exc(), *last_outputs(), sep="\n", markup=False, highlight=False, soft_wrap=True
                )
                failed.append(name)
        progress.print(f"{head}: {time.monotonic() - started_s:.0f} s", markup=False, highlight=False)
    return facts, rows, failed


def last_outputs() -> list[str]:
    """Return the last output of each process of a row that failed."""
    return [f"{process.name}: {process.output[-OUTPUT_CHARS_MAX:]}" for process in STARTED if process.output]


def rows_as_json(rows: list[Row]) -> list[dict[str, Any]]:
    """Return the rows as JSON objects, each with its result."""
    return [{**msgspec.structs.asdict(row), "ratio": row.ratio, "result": row.result} for row in rows]


def table(rows: list[Row]) -> Table:
    """Lay out the rows for the terminal."""
    shown = Table()
    for title in ("row", "measured", "ratio", "spread", "target", "result", "detail"):
        shown.add_column(title, justify="right" if title in ("measured", "ratio", "spread") else "left")
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f} x"
        colour = "" if not row.result else "green" if row.result == "met" else "yellow"
        ratio, spread = ("", "") if row.saturated else (ratio, row.spread)
        shown.add_row(row.name, measured(row), ratio, spread, row.goal, row.result, row.detail, style=colour)
    return shown


if __name__ == "__main__":
    measure_and_report()
