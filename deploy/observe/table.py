"""docs/metrics.md, from the metrics as the code defines them."""

from shared.ops.metrics import MEASURES, Measure

WHO = {
    "all": "every process",
    "gateway": "gateways",
    "worker": "workers",
    "workers": "workers, dispatchers",
    "settlers": "workers, sweeper, gateways",
    "deliver": "dispatchers",
    "sweeper": "sweeper",
}
HEAD = """# Metrics

Every process serves its metrics in Prometheus' text format: a gateway at `/metrics` beside its API, the others at
`/metrics` of `METRICS_PORT` (0, the default, serves none; `HOST` is the address). This page is written by `make docs`
from `shared/ops/metrics.py`, and `make test` fails when it is stale.

- **For you alone.** A gateway's `/metrics` is on the port of its API: have the proxy in front of it refuse that path,
  as `deploy/compose/Caddyfile` does.
- **Labels are bounded.** Providers, kinds, routes and codes come from the catalogue and the code; no account, key, id
  or prompt is ever a label. Words that a provider's adapter chooses are counted as `other` past the 64th.
- **Who counts.** Counters and histograms hold what one process saw since it started: sum their rates over all.
- **Facts of the store** (from the sweeper) are read with one script for each scrape, and every sweeper tells the same:
  take `max`, never `sum`. While the store is away they are absent, which the alert `FactsMissing` says.
- Times are seconds and money is dollars, as is usual with Prometheus. The books themselves are kept in whole
  micro-dollars; `wokflow ledger check` is what proves them.
- What Python's client tells of every process (`process_*`, `python_*`) comes on top.

| metric | type | labels | who | what |
|---|---|---|---|---|
"""


def text() -> str:
    """The whole page."""
    return HEAD + "".join(row(measure) for measure in MEASURES)


def row(measure: Measure) -> str:
    """One line of the table."""
    labels = ", ".join(f"`{label}`" for label in measure.labels)
    return f"| `{measure.name}` | {measure.kind} | {labels} | {WHO[measure.by]} | {measure.means} |\n"
