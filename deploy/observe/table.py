"""docs/metrics.md, generated from the metrics that the code defines."""

from shared.ops.metrics import MEASURES, Measure

EXPORTERS = {
    "all": "every process",
    "gateway": "gateways",
    "worker": "workers",
    "workers": "workers, dispatchers",
    "settlers": "workers, sweeper, gateways",
    "deliver": "dispatchers",
    "sweeper": "sweeper",
    "archiver": "archiver",
}
HEAD = """# Metrics

Every process exports metrics in Prometheus' text format. A gateway serves them at `/metrics` next to its API. Other
processes serve `/metrics` on `METRICS_PORT` at the address `HOST`; with 0, the default, they serve none. `make docs`
writes this page from `shared/ops/metrics.py`, and `make test` fails when it is stale.

- **Keep them private.** A gateway's `/metrics` is on the port of its API. Let the proxy in front of it refuse that
  path, as `deploy/compose/Caddyfile` does.
- **Labels are bounded.** Providers, kinds, routes and codes come from the catalogue and the code. Accounts, keys, ids
  and prompts are never labels. Words that a provider chooses count as `other` after the 64th.
- **Counters and histograms** count the events of one process since its start: sum their rates over all processes.
- **Facts of the store** are exported by every sweeper with the same values: take `max`, never `sum`. One script reads
  them at each scrape. While the store is unavailable they are absent, and the alert `StoreFactsMissing` fires.
- **Units** are seconds and dollars, as is usual with Prometheus. The ledger itself is in whole micro-dollars, and
  `wokflow ledger check` proves it.
- **Python's client** adds its own metrics of every process (`process_*`, `python_*`).

| metric | type | labels | exported by | meaning |
|---|---|---|---|---|
"""


def text() -> str:
    """Return the text of the page."""
    return HEAD + "".join(row(measure) for measure in MEASURES)


def row(measure: Measure) -> str:
    """Return one row of the table."""
    labels = ", ".join(f"`{label}`" for label in measure.labels)
    return f"| `{measure.name}` | {measure.kind} | {labels} | {EXPORTERS[measure.by]} | {measure.means} |\n"
