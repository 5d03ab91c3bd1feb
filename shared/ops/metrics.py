"""Every metric, defined once; docs/metrics.md is generated from here.

Labels are bounded: never an account, an id or a prompt. Counters and histograms count the events of their own process.
Names that begin with `SEEN` are facts of the store. Sweepers alone export them, read at each scrape, all with the same
values.
"""

from shared.domain.money import MICROS_PER_USD
from shared.ops import measures
from shared.version import VERSION

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
LONG_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
DAYS_SECONDS = (0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600, 1800, 3600, 21_600, 86_400, 259_200)
SUBMITS = (0, 1, 2, 3, 5, 10, 20)

MEASURES = measures.MEASURES
Measure = measures.Measure
_counter, _gauge, _histogram = measures.define_counter, measures.define_gauge, measures.define_histogram
_seen = measures.define_fact
of, bounded = measures.child_of, measures.bound_label

BUILD = _gauge("build_info", "1, labeled with the running version and its role.", ("version", "role"), by="all")

# Requests to the gateway.
HTTP_SECONDS = _histogram(
    "http_request_duration_seconds",
    "Time to respond to a request, including any wait for its result; code is the HTTP status.",
    ("dialect", "route", "code"),
    by="gateway",
    buckets=SECONDS,
)
REFUSED = _counter(
    "http_refusals_total", "Requests refused, by the error code of the response.", ("dialect", "code"), by="gateway"
)
CONNECTIONS = _gauge("http_connections_open", "Open connections of clients.", by="gateway")
CONNECTIONS_CLOSED = _counter(
    "http_connections_closed_total", "Connections that the gateway closed, by reason.", ("reason",), by="gateway"
)
BOUND_REFUSALS = _counter(
    "bound_refusals_total", "Orders refused for a daily bound of their scope.", ("scope", "bound"), by="gateway"
)
UPLOADED_BYTES = _counter("uploaded_bytes_total", "Bytes of input images stored for generations.", by="gateway")
ACCEPT_SECONDS = _histogram(
    "accept_duration_seconds",
    "Time to price, charge and durably queue an accepted generation, without any wait for its result.",
    ("dialect",),
    by="gateway",
    buckets=SECONDS,
)
ACCEPTED = _counter(
    "generations_accepted_total", "Generations charged and queued.", ("dialect", "kind", "provider"), by="gateway"
)
IDEMPOTENT_REPLAYS = _counter(
    "idempotent_replays_total",
    "Requests answered with the generation that their Idempotency-Key created before.",
    ("dialect",),
    by="gateway",
)
SECURITY_EVENTS = _counter(
    "security_events_total",
    "Keys and webhook endpoints that accounts made, changed or removed.",
    ("kind",),
    by="gateway",
)
ADMIN_REFUSED = _counter(
    "admin_refusals_total",
    "Requests to the admin API refused: without a valid key, or because the key's role does not allow them.",
    ("outcome",),
    by="gateway",
)
STRIPE_EVENTS = _counter("stripe_events_total", "Events of Stripe, by outcome.", ("outcome",), by="gateway")

# Money, in dollars.
RESERVED_USD = _counter("money_reserved_usd_total", "Money reserved by accepted generations.", by="gateway")
SETTLED_USD = _counter("money_settled_usd_total", "Final cost of settled generations.", ("provider",), by="settlers")
REFUNDED_USD = _counter(
    "money_refunded_usd_total", "Reservations refunded when generations settled.", ("provider",), by="settlers"
)
PAID_USD = _counter(
    "money_provider_cost_usd_total",
    "Cost of providers: as they report it, or else as the catalogue prices it.",
    ("provider",),
    by="worker",
)

# Settled generations.
SETTLED = _counter(
    "generations_settled_total",
    "Generations settled; code is empty for completed ones.",
    ("provider", "status", "code"),
    by="settlers",
)
REFUNDED = _counter(
    "generations_refunded_total", "Generations refunded, in part or in full.", ("provider",), by="settlers"
)
SETTLE_SECONDS = _histogram(
    "generation_duration_seconds",
    "Time from accepted to settled.",
    ("provider", "kind"),
    by="settlers",
    buckets=LONG_SECONDS,
)
WAIT_SECONDS = _histogram(
    "generation_wait_duration_seconds",
    "Time from accepted until a worker first started it, of settled generations.",
    ("provider",),
    by="settlers",
    buckets=LONG_SECONDS,
)
WORK_SECONDS = _histogram(
    "generation_work_duration_seconds",
    "Time from started to settled: the provider's work, the polls and the copying.",
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
    "Submits per settled generation.",
    ("provider",),
    by="settlers",
    buckets=SUBMITS,
)
UNCERTAIN = _counter(
    "provider_submits_uncertain_total", "Submits whose outcome is unknown.", ("provider",), by="worker"
)
LATE = _counter(
    "generations_late_total",
    "Results that came after the refund: the provider charges us, the user pays nothing.",
    ("provider",),
    by="worker",
)
REROUTED = _counter(
    "generations_rerouted_total", "Generations rerouted to another provider.", ("provider", "to"), by="worker"
)

# Providers.
PROVIDER_SECONDS = _histogram(
    "provider_call_duration_seconds",
    "Duration of an adapter's calls (submit, check, find, cancel), by outcome.",
    ("provider", "call", "outcome"),
    by="worker",
    buckets=LONG_SECONDS,
)
PROVIDER_RESPONSES = _counter(
    "provider_responses_total",
    "HTTP responses of providers, by status; 429 means too many requests.",
    ("provider", "code"),
    by="worker",
)

# Workers and their queues.
IN_FLIGHT = _gauge("worker_jobs_in_flight", "Jobs that this process is running.", ("queue",), by="workers")
SLOTS = _gauge("worker_slots", "Jobs that this process can run at once.", ("queue",), by="workers")
LEASES_LOST = _counter(
    "worker_leases_lost_total", "Leases that ran out while their job was running.", ("queue",), by="workers"
)
RESCUED = _counter("worker_jobs_rescued_total", "Jobs rescued from a silent worker.", ("queue",), by="workers")
DROPPED = _counter("worker_jobs_dropped_total", "Jobs dropped after too many crashes.", ("queue",), by="workers")

# Webhooks.
WEBHOOK_SECONDS = _histogram(
    "webhook_delivery_duration_seconds",
    "Time from settled to the endpoint's 2xx response.",
    by="deliver",
    buckets=DAYS_SECONDS,
)
WEBHOOK_POSTS = _histogram(
    "webhook_attempt_duration_seconds",
    "Duration of one post, by outcome: delivered, retry, dead (the last attempt), gone (410), void (not posted).",
    ("outcome",),
    by="deliver",
    buckets=SECONDS,
)
DEAD_LETTERS = _counter("webhook_dead_letters_total", "Deliveries that failed their last attempt.", by="deliver")
DISABLED = _counter("webhook_endpoints_disabled_total", "Endpoints disabled: gone, or failing for days.", by="deliver")
WEBHOOK_HELD = _counter(
    "webhook_held_total",
    "Times that a delivery had to wait for a slot, by what stopped it: breaker, endpoint, account, slow.",
    ("limit",),
    by="deliver",
)
WEBHOOK_BREAKERS = _counter(
    "webhook_breakers_opened_total", "Breakers of endpoints opened: several posts in a row had no answer.", by="deliver"
)

# Records: the archiver and its database.
RECORDS_ROWS = _counter("records_rows_total", "Rows that the archiver wrote, by table.", ("table",), by="archiver")
RECORDS_ERRORS = _counter(
    "records_errors_total", "Failures; ledger lines missing, or taken back (restored).", ("reason",), by="archiver"
)
RECORDS_DAYS_SIGNED = _counter("records_roots_signed_total", "Daily roots of records that were signed.", by="archiver")
RECORDS_BATCH_SECONDS = _histogram(
    "records_batch_duration_seconds", "Time to archive one batch of records.", by="archiver", buckets=SECONDS
)

# The store, measured by each process.
SCRIPT_SECONDS = _histogram(
    "store_script_duration_seconds",
    "Duration of a Lua script, including the wait for the disk or a replica.",
    ("script",),
    by="all",
    buckets=SECONDS,
)
STORE_UNAVAILABLE = _counter("store_unavailable_total", "Scripts that got no reply in time.", by="all")
STORE_FENCED = _gauge(
    "store_fenced",
    "1 while this process holds submits and orders back because the store's history or settings are wrong.",
    ("reason",),
    by="all",
)
CLOCK_SKEW = _gauge(
    "clock_skew_seconds", "How far the machine's clock is ahead of the store's, which decides.", by="all"
)
TASK_RESTARTS = _counter("task_restarts_total", "Background tasks started again after a crash.", ("task",), by="all")
CATALOGUE_RELOADS = _counter(
    "catalogue_reloads_total", "Readings of the catalogue after the start, by outcome.", ("outcome",), by="all"
)
LOG_LINES_DROPPED = _counter("log_lines_dropped_total", "Info lines dropped above LOG_INFO_PER_S a second.", by="all")

# The sweeper.
SWEPT = _counter(
    "sweeper_findings_total", "Lost jobs and overdue generations that the sweeper found.", ("finding",), by="sweeper"
)

# Facts of the store, and of the sweeper that reads them.
SEEN_SWEPT_AT = _seen("sweeper_last_round_timestamp_seconds", "Time of the sweeper's last finished round.")
SEEN_JOBS = _seen(
    "queue_jobs",
    "Jobs on a queue: due (a worker should run them), running, parked (until the next poll).",
    ("queue", "state"),
)
SEEN_OLDEST = _seen("queue_oldest_job_age_seconds", "Age of the oldest due job; 0 if none is due.", ("queue",))
SEEN_BACKLOG = _seen("backlog_generations", "Generations that wait for a slot on the queue.", ("provider",))
SEEN_BACKLOG_OLDEST = _seen(
    "backlog_oldest_age_seconds", "Age of the oldest generation in a backlog; 0 if there is none.", ("provider",)
)
SEEN_BREAKER = _seen(
    "provider_breaker_state",
    "Circuit breaker of all models: 0 closed, 1 half-open (the next submit is a probe), 2 open.",
    ("provider",),
)
SEEN_PAUSED = _seen(
    "provider_pause_seconds", "Time left until the provider's rate limit allows a submit.", ("provider",)
)
SEEN_ROUTE_BREAKER = _seen(
    "route_breaker_state",
    "Circuit breaker of one model of a provider, as provider_breaker_state, 3: the provider does not offer the model; "
    "models with trouble in the last hour.",
    ("provider", "model"),
)
SEEN_ROUTE_PAUSED = _seen(
    "route_pause_seconds",
    "Time left until the rate limit of one model allows a submit; models with trouble in the last hour.",
    ("provider", "model"),
)
SEEN_OPERATOR_MODE = _seen(
    "provider_operator_mode",
    "Set by operators: 0 none, 1 paused (no submits), 2 draining (no new orders).",
    ("provider",),
)
SEEN_OPEN = _seen("generations_open", "Generations accepted but not settled.")
SEEN_UNCERTAIN = _seen("generations_uncertain", "Generations whose submit has an unknown outcome.")
SEEN_ORPHANS = _seen(
    "generations_orphaned",
    "Open generations of a provider that has neither workers nor an entry in the catalogue.",
    ("provider",),
)
SEEN_LATE = _seen("generations_late_pending", "Refunded generations that their provider may still finish.")
SEEN_DELIVERIES = _seen("webhook_deliveries_open", "Deliveries that wait for an attempt.")
SEEN_CHECKED_AT = _seen("ledger_check_timestamp_seconds", "Time of the last ledger check, of any origin.")
SEEN_CHECK_FINDINGS = _seen("ledger_check_findings", "Faults that the last ledger check found.")
SEEN_CHECK_SECONDS = _seen("ledger_check_duration_seconds", "Duration of the last ledger check.")
SEEN_RECORDS_WAITING = _seen("records_waiting", "Ended records that wait for the archiver; none without a database.")
SEEN_RECORDS_LAG = _seen("records_lag_seconds", "Age of the oldest ended record that waits for the archiver.")
SEEN_CATALOGUES = _seen("catalogue_versions", "Different catalogues that running processes work with; 1 is normal.")
SEEN_CATALOGUE_FAULTS = _seen(
    "catalogue_faults", "Running processes that rejected the last reload, or need a restart for all of it."
)
SEEN_MODELS_ENDING = _seen(
    "route_models_ending",
    "Routed models that the provider's list omits, or ends within 30 days.",
    ("provider", "reason"),
)


def build(role: str) -> None:
    """Export the version and role of this process."""
    BUILD.labels(VERSION, role).set(1)


def usd(micros: int) -> float:
    """Convert micro-USD to dollars, because Prometheus counts in base units."""
    return micros / MICROS_PER_USD
