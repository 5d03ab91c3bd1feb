"""python -m tests.programs.chaos: real processes killed under load, then every account checked to the cent.

CHAOS_SEED replays a schedule, CHAOS_N is how many generations are asked for, TEST_STORE=redis runs on Debian's Redis.
The figures and a picture go to build/. Exit status 1 if any rule was broken.
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

from tests.harness.processes import STARTED
from tests.programs.chaos.plan import planned
from tests.programs.chaos.report import as_json, show
from tests.programs.chaos.scene import played
from tests.programs.chaos.timeline import draw
from tests.programs.chaos.verdict import violations

COUNT = 2000
FOLDER = Path("build")


def main() -> int:
    """Run, report, judge; the exit status."""
    seed = int(os.environ.get("CHAOS_SEED") or SystemRandom().randrange(1_000_000))
    plan = planned(seed, int(os.environ.get("CHAOS_N") or COUNT))
    began_s = time.monotonic()

    def say(what: str) -> None:
        print(f"[{time.monotonic() - began_s:5.0f} s] {what}", file=sys.stderr, flush=True)

    say(f"CHAOS_SEED={seed} CHAOS_N={len(plan.wishes)}: {plan.load_s:.0f} s of load, {len(plan.strikes)} blows")
    evidence = uvloop.run(played(plan, say))
    wrong = violations(evidence, timed=True)
    FOLDER.mkdir(exist_ok=True)
    name = FOLDER / f"chaos-{seed}"
    name.with_suffix(".json").write_bytes(msgspec.json.format(msgspec.json.encode(as_json(evidence, wrong))))
    draw(evidence, name.with_suffix(".png"))
    show(Console(width=None if sys.stdout.isatty() else 160), evidence, wrong)
    logs = name.with_name(f"{name.name}-logs")
    logs.mkdir(exist_ok=True)
    for process in STARTED:
        shutil.copy(process.log, logs / f"{process.name}.log")
    print(f"Figures: {name}.json, picture: {name}.png, what the processes said: {logs}/")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
