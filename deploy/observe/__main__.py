"""python -m deploy.observe [--check]: write what is made from the code: docs/metrics.md, dashboards, rules."""

import sys
from collections.abc import Callable
from functools import partial

from deploy.observe import cases, panels, slo, table
from deploy.observe.dashboards import life, money, overview, providers, webhooks
from shared.ops.settings import ROOT

BOARDS = {
    "overview": overview.BOARD,
    "providers": providers.BOARD,
    "money": money.BOARD,
    "webhooks": webhooks.BOARD,
    "life": life.BOARD,
}
MADE: dict[str, Callable[[], str]] = {
    "docs/metrics.md": table.text,
    "deploy/prometheus/slo.yml": slo.text,
    "deploy/prometheus/slo_test.yml": cases.slo_text,
    "deploy/prometheus/alerts_test.yml": cases.facts_text,
    **{f"deploy/grafana/{name}.json": partial(panels.json_of, board) for name, board in BOARDS.items()},
}


def stale() -> list[str]:
    """Files that are not what the code makes of them."""
    paths = {name: ROOT / name for name in MADE}
    return [name for name, path in paths.items() if not path.exists() or path.read_text() != MADE[name]()]


def main() -> int:
    """Write every stale file, or only name them; the exit status is 1 if --check finds one."""
    names = stale()
    if "--check" in sys.argv[1:]:
        print("\n".join(f"{name} is stale: run `make docs`" for name in names))
        return 1 if names else 0
    for name in names:
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(MADE[name]())
        print(f"wrote {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
