"""deploy/prometheus/slo.yml: our promises as ratios over windows, and alerts on how fast an error budget burns.

These are the usual multi-window, multi-burn-rate alerts: the long window shows that it matters, the short one that it
still happens.
"""

from typing import NamedTuple

HEAD = "# Written by `make docs` from deploy/observe/slo.py.\n"
RUNBOOK = "docs/runbook.md#"
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")


class Pace(NamedTuple):
    """How fast a budget may burn before an alert: factors with a long and a short window."""

    suffix: str
    how: str
    severity: str
    hold: str
    burns: tuple[tuple[float, str, str], ...]


PACES = (
    Pace("Fast", "quickly", "page", "2m", ((14.4, "1h", "5m"), (6, "6h", "30m"))),  # 2 % of a month's budget in an hour
    Pace("Slowly", "steadily", "ticket", "15m", ((3, "1d", "2h"), (1, "3d", "6h"))),  # or all of it in a month
)


class Slo(NamedTuple):
    """A promise. `bad` is the query of the share that breaks it, with WINDOW as its range."""

    name: str
    alert: str
    objective: float
    promise: str
    bad: str

    def ratio(self, window: str) -> str:
        """Return the name of the recording rule for a window."""
        return f"wokflow:{self.name}:ratio_rate{window}"


def share_above(metric: str, le: str, labels: str = "") -> str:
    """Return the query of the share of a histogram's observations above one of its bounds."""
    within, total = f'{metric}_bucket{{{labels}le="{le}"}}[WINDOW]', f"{metric}_count[WINDOW]"
    return f"1 - sum(rate({within})) / sum(rate({total}))"


DURATION = "wokflow_generation_duration_seconds"
LONG_KINDS = "video|music"
SLOS = (
    Slo(
        "http_errors",
        "ApiErrors",
        0.999,
        "99.9 % of requests get a response other than 500 and 503",
        'sum(rate(wokflow_http_request_duration_seconds_count{code=~"500|503"}[WINDOW]) or vector(0))'
        " / sum(rate(wokflow_http_request_duration_seconds_count[WINDOW]))",
    ),
    Slo(
        "accept_slow",
        "Accept",
        0.99,
        "99 % of generations are charged and queued within 250 ms",
        share_above("wokflow_accept_duration_seconds", "0.25"),
    ),
    Slo(
        "settle_slow",
        "Settle",
        0.95,
        "95 % of generations settle within a minute, videos and music within ten",
        f'1 - sum(rate({DURATION}_bucket{{kind!~"{LONG_KINDS}",le="60.0"}}[WINDOW])'
        f' or rate({DURATION}_bucket{{kind=~"{LONG_KINDS}",le="600.0"}}[WINDOW]))'
        f" / sum(rate({DURATION}_count[WINDOW]))",
    ),
    Slo(
        "webhook_slow",
        "Webhook",
        0.95,
        "95 % of events reach their endpoint within 30 seconds of settlement",
        share_above("wokflow_webhook_delivery_duration_seconds", "30.0"),
    ),
)


def text() -> str:
    """Return the text of slo.yml."""
    groups = [group for slo in SLOS for group in (recording(slo), alerting(slo))]
    return HEAD + "groups:\n" + "".join(groups)


def recording(slo: Slo) -> str:
    """Return the group of rules that record the ratio of each window."""
    rules = "".join(f"      - record: {slo.ratio(w)}\n        expr: {slo.bad.replace('WINDOW', w)}\n" for w in WINDOWS)
    return f"  - name: {slo.name}\n    rules:\n{rules}"


def alerting(slo: Slo) -> str:
    """Return the group of the alert that pages and the one that opens a ticket."""
    return f"  - name: {slo.name}_alerts\n    rules:\n" + "".join(alert(slo, pace) for pace in PACES)


def alert(slo: Slo, pace: Pace) -> str:
    """Return one alert. The error budget is 1 - objective."""
    name, budget = f"{slo.alert}BudgetBurns{pace.suffix}", round(1 - slo.objective, 6)
    terms = [
        f"({slo.ratio(far)} > {factor * budget:g} and {slo.ratio(near)} > {factor * budget:g})"
        for factor, far, near in pace.burns
    ]
    return f"""      - alert: {name}
        expr: {" or ".join(terms)}
        for: {pace.hold}
        labels:
          severity: {pace.severity}
        annotations:
          summary: "The error budget burns {pace.how}: {slo.promise}"
          description: "{{{{ $value | humanizePercentage }}}} of the events break the promise."
          runbook: {RUNBOOK}{name.lower()}
"""
