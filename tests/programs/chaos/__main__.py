"""python -m tests.programs.chaos: kill, pause and cut off processes under load, then check every account to the cent.

CHAOS_SEED repeats a plan, CHAOS_N is the number of orders, TEST_STORE=redis runs on Debian's Redis.
The records are in Debian's PostgreSQL, which is killed too; CHAOS_DATABASE=sqlite takes SQLite.
The figures and a chart go to build/. The exit status is 1 if a rule was broken.
"""

import os
import shutil
import sys
import time
from pathlib import Path
from random import SystemRandom

import msgspec
import uvloop
from rich.console import Console

from tests.harness.postgres import Postgres
from tests.harness.processes import STARTED
from tests.programs.chaos.checks import violations
from tests.programs.chaos.plan import make_plan
from tests.programs.chaos.report import as_json, print_report
from tests.programs.chaos.scene import run_chaos
from tests.programs.chaos.timeline import draw

COUNT = 2000
FOLDER = Path("build")


def main() -> int:
    """Run, check and report; return the exit status."""
    seed = int(os.environ.get("CHAOS_SEED") or SystemRandom().randrange(1_000_000))
    plan = make_plan(seed, int(os.environ.get("CHAOS_N") or COUNT))
    started_s = time.monotonic()

    def report(step: str) -> None:
        print(f"[{time.monotonic() - started_s:5.0f} s] {step}", file=sys.stderr, flush=True)

    report(f"CHAOS_SEED={seed} CHAOS_N={len(plan.orders)}: {plan.load_s:.0f} s of load, {len(plan.faults)} faults")
    database = None if os.environ.get("CHAOS_DATABASE") == "sqlite" else Postgres().start()
    evidence = uvloop.run(run_chaos(plan, report, rollback=True, database=database))
    broken = violations(evidence, timed=True)
    FOLDER.mkdir(exist_ok=True)
    name = FOLDER / f"chaos-{seed}"
    name.with_suffix(".json").write_bytes(msgspec.json.format(msgspec.json.encode(as_json(evidence, broken))))
    draw(evidence, name.with_suffix(".png"))
    print_report(Console(width=None if sys.stdout.isatty() else 160), evidence, broken)
    logs = name.with_name(f"{name.name}-logs")
    logs.mkdir(exist_ok=True)
    for process in STARTED:
        shutil.copy(process.log, logs / f"{process.name}.log")
    print(f"Figures: {name}.json, chart: {name}.png, logs of the processes: {logs}/")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
