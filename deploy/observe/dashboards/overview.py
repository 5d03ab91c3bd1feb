"""The overview: health, traffic, durations, queues and processes."""

from deploy.observe.dashboards.records import RECORDS
from deploy.observe.panels import RATE, Board, Chart, Number, PanelRow, Query, per_s, quantile
from deploy.observe.slo import SLOS

OURS = "* on (instance, process) group_left (role) wokflow_build_info"
HTTP = "wokflow_http_request_duration_seconds"

HEALTH = PanelRow(
    "Health",
    [
        Number(
            "Open generations",
            "short",
            "max(wokflow_generations_open)",
            "Generations accepted but not settled: in a backlog, on a queue or at a provider.",
        ),
        Number(
            "Oldest due job",
            "s",
            "max(wokflow_queue_oldest_job_age_seconds)",
            "Age of the oldest due job of any queue. It is near zero while workers keep up.",
            60,
        ),
        Number(
            "Uncertain",
            "short",
            "max(wokflow_generations_uncertain)",
            "Generations that a provider may or may not have. See `GenerationsUncertain` in the runbook.",
            1,
        ),
        Number(
            "Ledger faults",
            "short",
            "max(wokflow_ledger_check_findings)",
            "Faults that the last ledger check found; always 0.",
            1,
        ),
        Number(
            "Breakers open",
            "short",
            "count(max by (provider) (wokflow_provider_breaker_state) == 2) or vector(0)",
            "Providers whose circuit breaker is open, because of two of their models, or of our account.",
            1,
        ),
        Number(
            "Processes down",
            "short",
            "count(up == 0 and on (instance) last_over_time(wokflow_build_info[1h])) or vector(0)",
            "Processes that Prometheus cannot scrape.",
            1,
        ),
    ],
)
TRAFFIC = PanelRow(
    "Traffic",
    [
        Chart(
            "Requests",
            "reqps",
            [Query(per_s(f"{HTTP}_count", "dialect", "code"), "{{dialect}} {{code}}")],
            "Responses by dialect and HTTP status.",
            stacked=True,
        ),
        Chart(
            "Accepted",
            "ops",
            [
                Query(per_s("wokflow_generations_accepted_total", "kind"), "{{kind}}"),
                Query(per_s("wokflow_idempotent_replays_total"), "idempotent replays"),
            ],
            "Generations charged and queued, by kind. Idempotent replays return an existing generation.",
            stacked=True,
        ),
        Chart(
            "Settled",
            "ops",
            [Query(per_s("wokflow_generations_settled_total", "status", "code"), "{{status}} {{code}}")],
            "Generations by outcome. All failed ones were refunded.",
            stacked=True,
        ),
        Chart(
            "Refused",
            "reqps",
            [Query(per_s("wokflow_http_refusals_total", "code"), "{{code}}")],
            "Refused requests, by error code. They were not charged.",
        ),
    ],
)
CONNECTIONS = PanelRow(
    "Connections",
    [
        Chart("Open connections", "short", [Query("sum(wokflow_http_connections_open)", "open")], "Those of clients."),
        Chart(
            "Closed connections",
            "short",
            [Query("sum by (reason) (increase(wokflow_http_connections_closed_total[5m]))", "{{reason}}")],
            "Connections that the gateway closed, in 5 minutes. With too_many_of_address, check TRUSTED_PROXIES.",
        ),
    ],
)
DURATIONS = PanelRow(
    "Durations",
    [
        Chart(
            "Accept",
            "s",
            [Query(quantile(q, "wokflow_accept_duration_seconds"), f"p{q * 100:g}") for q in (0.5, 0.99)],
            "Time to price, charge and durably queue a generation. Promise: 99 % within 250 ms.",
        ),
        Chart(
            "Time to settle, p95",
            "s",
            [Query(quantile(0.95, "wokflow_generation_duration_seconds", "kind"), "{{kind}}")],
            "Time from accepted to settled. Promise: 95 % within a minute, videos and music within ten.",
        ),
        Chart(
            "Settled to webhook",
            "s",
            [Query(quantile(q, "wokflow_webhook_delivery_duration_seconds"), f"p{q * 100:g}") for q in (0.5, 0.95)],
            "Time from settled to the endpoint's 2xx. Promise: 95 % within 30 s.",
        ),
        Chart(
            "Promises broken",
            "percentunit",
            [Query(slo.ratio("1h"), slo.name.replace("_", " ")) for slo in SLOS],
            "The share of the last hour's events that broke each promise of slo.yml.",
        ),
    ],
)
QUEUES = PanelRow(
    "Queues",
    [
        Chart(
            "Due jobs",
            "short",
            [Query('max by (queue) (wokflow_queue_jobs{state="due"})', "{{queue}}")],
            "Jobs that a worker should run now.",
        ),
        Chart(
            "Age of the oldest due job",
            "s",
            [Query("max by (queue) (wokflow_queue_oldest_job_age_seconds)", "{{queue}}")],
            "The measure to scale workers by.",
        ),
        Chart(
            "Backlogs",
            "short",
            [Query("max by (provider) (wokflow_backlog_generations)", "{{provider}}")],
            "Generations that wait for a slot of their account or provider. More workers do not help.",
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
            "Running jobs as a share of the slots of all processes of a queue.",
        ),
    ],
)
STORE = PanelRow(
    "Store and engine",
    [
        Chart(
            "Store scripts, p99",
            "s",
            [Query(quantile(0.99, "wokflow_store_script_duration_seconds", "script"), "{{script}}")],
            "Duration of each Lua script, including the wait for the disk or a replica.",
        ),
        Chart(
            "Store scripts",
            "ops",
            [
                Query(per_s("wokflow_store_script_duration_seconds_count", "script"), "{{script}}"),
                Query(per_s("wokflow_store_unavailable_total"), "no reply"),
            ],
            "Scripts per second, and those without a reply in time.",
        ),
        Chart(
            "Recovered",
            "short",
            [
                Query(f"sum by (queue) (increase(wokflow_worker_{name}_total[10m]))", f"{{{{queue}}}} {words}")
                for name, words in (
                    ("jobs_rescued", "jobs rescued"),
                    ("leases_lost", "leases lost"),
                    ("jobs_dropped", "jobs dropped"),
                )
            ]
            + [Query("sum by (finding) (increase(wokflow_sweeper_findings_total[10m]))", "sweeper: {{finding}}")],
            "Events in ten minutes that other workers or the sweeper had to correct.",
        ),
    ],
)
PROCESSES = PanelRow(
    "Processes",
    [
        Chart(
            "CPU of a process",
            "percentunit",
            [Query(f"rate(process_cpu_seconds_total{RATE}) {OURS}", "{{role}} {{instance}}")],
            "CPU as a share of one core, the most that a process can use.",
        ),
        Chart(
            "Memory of a process",
            "bytes",
            [Query(f"process_resident_memory_bytes {OURS}", "{{role}} {{instance}}")],
            "Resident memory.",
        ),
        Chart(
            "Running versions and catalogues",
            "short",
            [
                Query("count by (version, role) (wokflow_build_info)", "{{role}} {{version}}"),
                Query("max(wokflow_catalogue_versions)", "different catalogues"),
                Query("max(wokflow_catalogue_faults)", "processes at fault"),
                Query("sum by (outcome) (increase(wokflow_catalogue_reloads_total[10m]))", "reloads {{outcome}}"),
            ],
            "Processes by role and version. Catalogues that they work with (1 is normal), and reloads in ten minutes.",
        ),
        Chart(
            "Dropped log lines, restarted tasks",
            "ops",
            [
                Query(f"sum by (instance) (rate(wokflow_log_lines_dropped_total{RATE}))", "{{instance}} dropped"),
                Query(f"sum by (instance, task) (rate(wokflow_task_restarts_total{RATE}))", "{{instance}} {{task}}"),
            ],
            "Info lines above LOG_INFO_PER_S, and background tasks that crashed. Warnings are always printed.",
        ),
    ],
)
SECURITY = PanelRow(
    "Security",
    [
        Chart(
            "Admin API refusals",
            "short",
            [Query("sum by (outcome) (increase(wokflow_admin_refusals_total[10m]))", "{{outcome}}")],
            "Requests in ten minutes with a wrong key, without a key, or beyond the role of their key.",
        ),
        Chart(
            "Keys and endpoints changed",
            "short",
            [Query("sum by (kind) (increase(wokflow_security_events_total[10m]))", "{{kind}}")],
            "API keys and webhook endpoints that accounts made, changed or removed in ten minutes.",
        ),
    ],
)
BOARD = Board(
    "wokflow-overview",
    "Wokflow: overview",
    "Health, traffic, durations, queues, processes and security.",
    [HEALTH, TRAFFIC, CONNECTIONS, DURATIONS, QUEUES, STORE, RECORDS, PROCESSES, SECURITY],
)
