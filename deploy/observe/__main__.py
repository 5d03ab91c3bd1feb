"""python -m deploy.observe [--check]: write the files generated from code: docs/metrics.md, dashboards, rules."""

import sys
from collections.abc import Callable
from functools import partial

from deploy.observe import cases, panels, slo, table
from deploy.observe.dashboards import life, money, overview, providers, usage, webhooks
from shared.ops.settings import ROOT

BOARDS = {
    "overview": overview.BOARD,
    "providers": providers.BOARD,
    "money": money.BOARD,
    "webhooks": webhooks.BOARD,
    "life": life.BOARD,
    "usage": usage.BOARD,
}
GENERATED: dict[str, Callable[[], str]] = {
    "docs/metrics.md": table.text,
    "deploy/prometheus/slo.yml": slo.text,
    "deploy/prometheus/slo_test.yml": cases.slo_text,
    "deploy/prometheus/alerts_test.yml": cases.facts_text,
    **{f"deploy/grafana/{name}.json": partial(panels.json_of, board) for name, board in BOARDS.items()},
}


def find_stale() -> list[str]:
    """Return the files that differ from their generated text."""
    paths = {name: ROOT / name for name in GENERATED}
    return [name for name, path in paths.items() if not path.exists() or path.read_text() != GENERATED[name]()]


def main() -> int:
    """Write every stale file, or only name them with --check; return exit status 1 if --check finds one."""
    names = find_stale()
    if "--check" in sys.argv[1:]:
        print("\n".join(f"{name} is stale: run `make docs`" for name in names))
        return 1 if names else 0
    for name in names:
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(GENERATED[name]())
        print(f"wrote {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
