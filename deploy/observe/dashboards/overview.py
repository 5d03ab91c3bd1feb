"""The first look: is it well, what is asked of it, how long does it take."""

from deploy.observe.panels import RATE, Board, Chart, Number, Query, Row, per_s, quantile
from deploy.observe.slo import SLOS

OURS = "* on (instance) group_left (role) wokflow_build_info"
HTTP = "wokflow_http_request_duration_seconds"

WELL = Row(
    "Is it well?",
    [
        Number(
            "Open generations",
            "short",
            "max(wokflow_generations_open)",
            "Accepted and not settled: queued, waiting, at a provider.",
        ),
        Number(
            "Oldest due job",
            "s",
            "max(wokflow_queue_oldest_job_age_seconds)",
            "For how long the oldest job of any queue should have been taken. Near zero while workers keep up.",
            60,
        ),
        Number(
            "Uncertain",
            "short",
            "max(wokflow_generations_uncertain)",
            "Generations whose submit was lost: a provider may or may not have them. See `GenerationsUncertain`.",
            1,
        ),
        Number(
            "Ledger findings",
            "short",
            "max(wokflow_ledger_check_findings)",
            "What the last check of the books found wrong: always 0.",
            1,
        ),
        Number(
            "Breakers open",
            "short",
            "count(max by (provider) (wokflow_provider_breaker_state) == 2) or vector(0)",
            "Providers that are left alone at this moment, because they could not serve anybody.",
            1,
        ),
        Number(
            "Processes down",
            "short",
            "count(up == 0 and on (instance) last_over_time(wokflow_build_info[1h])) or vector(0)",
            "Processes of ours that Prometheus cannot scrape.",
            1,
        ),
    ],
)
TRAFFIC = Row(
    "Traffic",
    [
        Chart(
            "Requests",
            "reqps",
            [Query(per_s(f"{HTTP}_count", "dialect", "code"), "{{dialect}} {{code}}")],
            "Answers by dialect and HTTP status.",
            stacked=True,
        ),
        Chart(
            "Accepted",
            "ops",
            [
                Query(per_s("wokflow_generations_accepted_total", "kind"), "{{kind}}"),
                Query(per_s("wokflow_idempotent_replays_total"), "asked again"),
            ],
            "Orders charged and queued, by kind; and those answered with what their Idempotency-Key made before.",
            stacked=True,
        ),
        Chart(
            "Settled",
            "ops",
            [Query(per_s("wokflow_generations_settled_total", "status", "code"), "{{status}} {{code}}")],
            "Generations that ended, and with which code the failed ones did. All of those were refunded.",
            stacked=True,
        ),
        Chart(
            "Refused",
            "reqps",
            [Query(per_s("wokflow_http_refusals_total", "code"), "{{code}}")],
            "Requests refused, by error code; nothing was charged.",
        ),
    ],
)
TIME = Row(
    "Time",
    [
        Chart(
            "Accept",
            "s",
            [Query(quantile(q, "wokflow_accept_duration_seconds"), f"p{q * 100:g}") for q in (0.5, 0.99)],
            "To price, charge and durably queue an order. Promised: 99 % within 250 ms.",
        ),
        Chart(
            "Time to settle, p95",
            "s",
            [Query(quantile(0.95, "wokflow_generation_duration_seconds", "kind"), "{{kind}}")],
            "From accepted to settled. Promised: 95 % within a minute, films and music within ten.",
        ),
        Chart(
            "Settled to webhook",
            "s",
            [Query(quantile(q, "wokflow_webhook_delivery_duration_seconds"), f"p{q * 100:g}") for q in (0.5, 0.95)],
            "From settled to the endpoint's 2xx. Promised: 95 % within 30 s.",
        ),
        Chart(
            "Promises broken",
            "percentunit",
            [Query(slo.ratio("1h"), slo.name.replace("_", " ")) for slo in SLOS],
            "The share of the last hour's events that broke each promise of slo.yml.",
        ),
    ],
)
QUEUES = Row(
    "Queues",
    [
        Chart(
            "Due jobs",
            "short",
            [Query('max by (queue) (wokflow_queue_jobs{state="due"})', "{{queue}}")],
            "Jobs that a worker should take now.",
        ),
        Chart(
            "Age of the oldest due job",
            "s",
            [Query("max by (queue) (wokflow_queue_oldest_job_age_seconds)", "{{queue}}")],
            "What to scale workers by.",
        ),
        Chart(
            "Waiting in backlogs",
            "short",
            [Query("max by (provider) (wokflow_backlog_generations)", "{{provider}}")],
            "Generations held back by their account's or provider's concurrency: more workers do not help them.",
        ),
        Chart(
            "Slots in use",
            "percentunit",
            [
                Query(
                    "sum by (queue) (wokflow_worker_jobs_in_flight) / sum by (queue) (wokflow_worker_slots)",
                    "{{queue}}",
                )
            ],
            "Jobs in hand, of what all processes of a queue take at once.",
        ),
    ],
)
INSIDE = Row(
    "Inside",
    [
        Chart(
            "Store scripts, p99",
            "s",
            [Query(quantile(0.99, "wokflow_store_script_duration_seconds", "script"), "{{script}}")],
            "To the answer of each Lua verb, the wait for the disk or a replica included.",
        ),
        Chart(
            "Store scripts",
            "ops",
            [
                Query(per_s("wokflow_store_script_duration_seconds_count", "script"), "{{script}}"),
                Query(per_s("wokflow_store_unavailable_total"), "no answer"),
            ],
            "Verbs run a second, and how many got no answer in time.",
        ),
        Chart(
            "Mended",
            "short",
            [
                Query(f"sum by (queue) (increase(wokflow_worker_{name}_total[10m]))", f"{{{{queue}}}} {words}")
                for name, words in (
                    ("jobs_rescued", "jobs taken over"),
                    ("leases_lost", "leases lost"),
                    ("jobs_dropped", "jobs given up"),
                )
            ]
            + [Query("sum by (finding) (increase(wokflow_sweeper_findings_total[10m]))", "sweeper: {{finding}}")],
            "In ten minutes: what other workers and the sweeper had to put right.",
        ),
    ],
)
PROCESSES = Row(
    "Processes",
    [
        Chart(
            "CPU of a process",
            "percentunit",
            [Query(f"rate(process_cpu_seconds_total{RATE}) {OURS}", "{{role}} {{instance}}")],
            "Of one core: a process cannot use more than one.",
        ),
        Chart(
            "Memory of a process",
            "bytes",
            [Query(f"process_resident_memory_bytes {OURS}", "{{role}} {{instance}}")],
            "Resident.",
        ),
        Chart(
            "What runs",
            "short",
            [Query("count by (version, role) (wokflow_build_info)", "{{role}} {{version}}")],
            "Processes by role and version.",
            stacked=True,
        ),
        Chart(
            "Log lines left out",
            "ops",
            [Query(f"sum by (instance) (rate(wokflow_log_lines_dropped_total{RATE}))", "{{instance}}")],
            "Info lines above LOG_INFO_PER_S; warnings are always printed.",
        ),
    ],
)
BOARD = Board(
    "wokflow-overview",
    "Wokflow: overview",
    "Is it well, what is asked of it, and how long does it take.",
    [WELL, TRAFFIC, TIME, QUEUES, INSIDE, PROCESSES],
)
