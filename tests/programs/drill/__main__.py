"""python -m tests.programs.drill: prove that a backup can be restored here. Exit status 1 if a claim fails."""

import sys
import time
from collections import Counter

import uvloop

from tests.programs.drill.drill import Size, drill, violations


def main() -> int:
    """Drill, report, judge; the exit status."""
    began_s = time.monotonic()

    def say(what: str) -> None:
        print(f"[{time.monotonic() - began_s:5.1f} s] {what}", flush=True)

    found = uvloop.run(drill(Size(), say))
    wrong = violations(found)
    lost = found.told["lost"]
    after_s = max((found.acknowledged[one["id"]] - found.backup["at_ms"] for one in lost), default=0) / 1000
    states = Counter(found.codes[name] or state for name, state in found.states.items())
    say(f"of {len(found.acknowledged)} acknowledged: {', '.join(f'{n} {state}' for state, n in states.most_common())}")
    say(f"{len(lost)} came after the backup, the last of them {after_s:.1f} s after it, and each was named")
    say(f"ledger check: {found.check['generations']} generations, {len(found.check['findings'])} findings")
    for fault in wrong:
        say(f"WRONG: {fault}")
    say("The drill has failed." if wrong else "Every claim held.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
