"""python -m tests.programs.drill: prove that a backup can be restored here. The exit status is 1 if a claim fails."""

import sys
import time
from collections import Counter

import uvloop

from tests.programs.drill.drill import Size, run_drill, violations


def main() -> int:
    """Run the drill, report, and return the exit status."""
    started_s = time.monotonic()

    def report(step: str) -> None:
        print(f"[{time.monotonic() - started_s:5.1f} s] {step}", flush=True)

    result = uvloop.run(run_drill(Size(), report))
    violated = violations(result)
    lost = result.restored["lost"]
    after_s = max((result.acknowledged[loss["id"]] - result.backup["at_ms"] for loss in lost), default=0) / 1000
    states = Counter(result.codes[name] or state for name, state in result.states.items())
    report(
        f"of {len(result.acknowledged)} acknowledged: {', '.join(f'{n} {state}' for state, n in states.most_common())}"
    )
    report(f"{len(lost)} reported as lost, the last of them acknowledged {after_s:.1f} s after the backup")
    report(f"ledger check: {result.check['generations']} generations, {len(result.check['findings'])} findings")
    for violation in violated:
        report(f"BROKEN: {violation}")
    report("The drill failed." if violated else "Every claim held.")
    return 1 if violated else 0


if __name__ == "__main__":
    sys.exit(main())
