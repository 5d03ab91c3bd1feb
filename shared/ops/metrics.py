"""Every metric once. Labels are bounded: never an account, an id or a prompt. docs/metrics.md is written from this.

Counters and histograms count what a process itself saw. What begins with `SEEN` is a fact of the store: the
sweeper alone reads it, for each scrape, and each sweeper tells the same.
"""

from collections.abc import Callable
from functools import cache
from typing import TypeVar

import prometheus_client
from msgspec import Struct
from prometheus_client import Counter, Gauge, Histogram

from shared.domain.money import MICROS_PER_USD
from shared.version import VERSION

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
LONG_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
DAYS_SECONDS = (0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600, 1800, 3600, 21_600, 86_400, 259_200)
SUBMITS = (0, 1, 2, 3, 5, 10, 20)
LABEL_VALUES_MAX = 64

Made = TypeVar("Made", Counter, Gauge, Histogram)


class Measure(Struct, frozen=True):
    """A metric as docs/metrics.md tells it. `by` is who exports it."""

    name: str
    kind: str
    labels: tuple[str, ...]
    means: str
    by: str


MEASURES: list[Measure] = []
prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]


def _told(make: Callable[..., Made], kind: str) -> Callable[..., Made]:
    def define(name: str, means: str, labels: tuple[str, ...] = (), *, by: str, **more: object) -> Made:
        full = f"wokflow_{name}"
        MEASURES.append(Measure(full, kind, labels, means, by))
        return make(full, means, labels, **more)

    return define


_counter = _told(Counter, "counter")
_gauge = _told(Gauge, "gauge")
_histogram = _told(Histogram, "histogram")


def _seen(name: str, means: str, labels: tuple[str, ...] = ()) -> Measure:
    MEASURES.append(Measure(f"wokflow_{name}", "gauge", labels, means, "sweeper"))
    return MEASURES[-1]


BUILD = _gauge("build_info", "1, for the version that runs and its role.", ("version", "role"), by="all")

# What clients ask of the gateway.
HTTP_SECONDS = _histogram(
    "http_request_duration_seconds",
    "Time to answer a request, a wait for its result included; code is the HTTP status.",
    ("dialect", "route", "code"),
    by="gateway",
    buckets=SECONDS,
)
REFUSED = _counter(
    "http_refusals_total", "Requests refused, by the error code in the answer.", ("dialect", "code"), by="gateway"
)
ACCEPT_SECONDS = _histogram(
    "accept_duration_seconds",
    "Time to price, charge and durably queue an accepted order, without any wait for its result.",
    ("dialect",),
    by="gateway",
    buckets=SECONDS,
)
ACCEPTED = _counter(
    "generations_accepted_total", "Generations charged and queued.", ("dialect", "kind", "provider"), by="gateway"
)
REPLAYED = _counter(
    "generations_replayed_total", "Orders answered with what their Idempotency-Key made.", ("dialect",), by="gateway"
)

# Money, in dollars.
RESERVED_USD = _counter("money_reserved_usd_total", "Money reserved by accepted orders.", by="gateway")
SETTLED_USD = _counter("money_settled_usd_total", "Money that settled generations cost.", ("provider",), by="settlers")
REFUNDED_USD = _counter(
    "money_refunded_usd_total", "Reservations given back when generations settled.", ("provider",), by="settlers"
)
PAID_USD = _counter(
    "money_provider_cost_usd_total",
    "What providers charge us: as they say, or as the catalogue prices it.",
    ("provider",),
    by="worker",
)

# How generations end.
SETTLED = _counter(
    "generations_settled_total",
    "Generations closed; code is empty for completed ones.",
    ("provider", "status", "code"),
    by="settlers",
)
REFUNDED = _counter(
    "generations_refunded_total", "Generations that got money back, in part or in full.", ("provider",), by="settlers"
)
SETTLE_SECONDS = _histogram(
    "generation_duration_seconds",
    "From accepted to settled.",
    ("provider", "kind"),
    by="settlers",
    buckets=LONG_SECONDS,
)
WAIT_SECONDS = _histogram(
    "generation_wait_duration_seconds",
    "From accepted until a worker first took it up, of settled generations.",
    ("provider",),
    by="settlers",
    buckets=LONG_SECONDS,
)
WORK_SECONDS = _histogram(
    "generation_work_duration_seconds",
    "From taken up to settled: the provider's work, its polls and the copying.",
    ("provider",),
    by="settlers",
    buckets=LONG_SECONDS,
)
COPY_SECONDS = _histogram(
    "output_copy_duration_seconds", "Time to copy a generation's outputs.", ("provider",), by="worker", buckets=SECONDS
)
COPIED_BYTES = _counter("output_copied_bytes_total", "Bytes of outputs copied.", ("provider",), by="worker")
GENERATION_SUBMITS = _histogram(
    "generation_submits",
    "How often a settled generation was offered to providers.",
    ("provider",),
    by="settlers",
    buckets=SUBMITS,
)
UNCERTAIN = _counter("provider_submits_uncertain_total", "Submits whose outcome was lost.", ("provider",), by="worker")
LATE = _counter(
    "generations_late_total",
    "Results that came after the refund: paid by us, not by the user.",
    ("provider",),
    by="worker",
)
REROUTED = _counter(
    "generations_rerouted_total", "Generations handed on to another provider.", ("provider", "to"), by="worker"
)

# Providers.
PROVIDER_SECONDS = _histogram(
    "provider_call_duration_seconds",
    "Time an adapter took for a call (submit, check, find, cancel), by what came of it.",
    ("provider", "call", "outcome"),
    by="worker",
    buckets=LONG_SECONDS,
)
PROVIDER_ANSWERS = _counter(
    "provider_answers_total", "Answers of providers by HTTP status; 429 is too many.", ("provider", "code"), by="worker"
)

# Workers and their queues.
IN_FLIGHT = _gauge("worker_jobs_in_flight", "Jobs this process has in hand.", ("queue",), by="workers")
SLOTS = _gauge("worker_slots", "Jobs this process takes at once.", ("queue",), by="workers")
LEASES_LOST = _counter(
    "worker_leases_lost_total", "Leases that ran out while their job was in hand.", ("queue",), by="workers"
)
RESCUED = _counter(
    "worker_jobs_rescued_total", "Jobs taken over from a worker that fell silent.", ("queue",), by="workers"
)
DROPPED = _counter("worker_jobs_dropped_total", "Jobs given up after too many crashes.", ("queue",), by="workers")

# Webhooks.
WEBHOOK_SECONDS = _histogram(
    "webhook_delivery_duration_seconds", "From settled to the endpoint's 2xx.", by="deliver", buckets=DAYS_SECONDS
)
WEBHOOK_POSTS = _histogram(
    "webhook_attempt_duration_seconds",
    "Time of one post, by what came of it: delivered, retry, dead (it was the last), gone (410), void (not posted).",
    ("outcome",),
    by="deliver",
    buckets=SECONDS,
)
DEAD_LETTERS = _counter("webhook_dead_letters_total", "Deliveries given up after the last attempt.", by="deliver")
DISABLED = _counter(
    "webhook_endpoints_disabled_total", "Endpoints switched off: gone, or failing for days.", by="deliver"
)

# The store, as each process sees it.
SCRIPT_SECONDS = _histogram(
    "store_script_duration_seconds",
    "Time to an answer of a Lua script, the wait for the disk or a replica included.",
    ("script",),
    by="all",
    buckets=SECONDS,
)
STORE_AWAY = _counter("store_unavailable_total", "Scripts that got no answer in time.", by="all")

NOT_LOGGED = _counter("log_lines_left_out_total", "Info lines above LOG_INFO_PER_S a second.", by="all")

# The sweeper.
SWEPT = _counter("sweeper_findings_total", "What the sweeper had to mend.", ("finding",), by="sweeper")

# Facts of the store, and of the sweeper that looks at them.
SEEN_SWEPT_AT = _seen("sweeper_last_round_timestamp_seconds", "When the sweeper last finished a round.")
SEEN_JOBS = _seen(
    "queue_jobs",
    "Jobs on a queue: due (a worker should take them), running, parked (to be looked at later).",
    ("queue", "state"),
)
SEEN_OLDEST = _seen("queue_oldest_job_age_seconds", "For how long the oldest due job waits; 0 if none is.", ("queue",))
SEEN_BACKLOG = _seen("backlog_generations", "Generations that wait for a place on the queue.", ("provider",))
SEEN_BACKLOG_OLDEST = _seen(
    "backlog_oldest_age_seconds", "How long the oldest of them waits; 0 if none does.", ("provider",)
)
SEEN_BREAKER = _seen(
    "provider_breaker_state", "0 closed, 1 half open (the next submit is a probe), 2 open.", ("provider",)
)
SEEN_PAUSED = _seen("provider_pause_seconds", "For how long the provider wants no submit.", ("provider",))
SEEN_HELD = _seen(
    "provider_held_state",
    "0 unless an operator holds it: 1 no submits (pause), 2 no new orders (drain).",
    ("provider",),
)
SEEN_OPEN = _seen("generations_open", "Generations accepted and not settled.")
SEEN_UNCERTAIN = _seen("generations_uncertain", "Generations whose submit nobody knows the outcome of.")
SEEN_LATE = _seen("generations_late_watched", "Refunded generations that a provider may still finish.")
SEEN_DELIVERIES = _seen("webhook_deliveries_open", "Deliveries that wait for an attempt.")
SEEN_CHECKED_AT = _seen(
    "ledger_check_timestamp_seconds", "When the books were last checked, by the sweeper or the command."
)
SEEN_CHECK_FINDINGS = _seen("ledger_check_findings", "What that check found wrong.")
SEEN_CHECK_SECONDS = _seen("ledger_check_duration_seconds", "How long that check took.")

_values: dict[str, set[str]] = {}


def build(role: str) -> None:
    """Tell the version and the role of this process."""
    BUILD.labels(VERSION, role).set(1)


def bounded(label: str, value: str) -> str:
    """`value`, or "other" once LABEL_VALUES_MAX different ones were seen: for words that we do not choose ourselves."""
    seen = _values.setdefault(label, set())
    if value not in seen and len(seen) >= LABEL_VALUES_MAX:
        return "other"
    seen.add(value)
    return value


def usd(micros: int) -> float:
    """Dollars: Prometheus counts in base units. The books are kept in micro-USD."""
    return micros / MICROS_PER_USD


@cache
def of(metric: Made, *labels: str | int) -> Made:
    """The child for these labels; finding it by its labels each time costs more than counting."""
    child: Made = metric.labels(*labels)
    return child
