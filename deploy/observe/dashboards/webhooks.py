"""Webhooks: open deliveries, attempts and dispatchers."""

from deploy.observe.panels import Board, Chart, Number, PanelRow, Query, per_s, quantile

POSTS, ARRIVED = "wokflow_webhook_attempt_duration_seconds", "wokflow_webhook_delivery_duration_seconds"
MAIL = '{queue="webhooks"}'

NOW = PanelRow(
    "Now",
    [
        Number(
            "Open deliveries",
            "short",
            "max(wokflow_webhook_deliveries_open)",
            "Deliveries that have not reached their endpoint, including those between two attempts.",
        ),
        Number(
            "Oldest due attempt",
            "s",
            f"max(wokflow_queue_oldest_job_age_seconds{MAIL})",
            "Age of the oldest due attempt. It is near zero while dispatchers keep up.",
            60,
        ),
        Number(
            "Dead letters in a day",
            "short",
            "sum(increase(wokflow_webhook_dead_letters_total[1d]))",
            "Deliveries whose ten attempts over three days failed. `wokflow deadletter replay` sends them again.",
            1,
        ),
        Number(
            "Endpoints disabled in a day",
            "short",
            "sum(increase(wokflow_webhook_endpoints_disabled_total[1d]))",
            "Endpoints that returned 410 Gone, or failed for five days.",
            1,
        ),
    ],
)
ATTEMPTS = PanelRow(
    "Attempts",
    [
        Chart(
            "Attempts by outcome",
            "ops",
            [Query(per_s(f"{POSTS}_count", "outcome"), "{{outcome}}")],
            "delivered; retry: another follows; dead: the last failed; gone: 410; void: endpoint deleted or disabled.",
            stacked=True,
        ),
        Chart(
            "Settled to 2xx",
            "s",
            [Query(quantile(q, ARRIVED), f"p{q * 100:g}") for q in (0.5, 0.95, 0.99)],
            "Time of delivered events. Promise: 95 % within 30 s.",
        ),
        Chart(
            "Time of one post, p95",
            "s",
            [Query(quantile(0.95, POSTS, "outcome"), "{{outcome}}")],
            "The endpoint's response time. A slow one uses a dispatcher's slot for at most 15 s.",
        ),
    ],
)
DISPATCHERS = PanelRow(
    "Dispatchers",
    [
        Chart(
            "Queue",
            "short",
            [Query(f"max by (state) (wokflow_queue_jobs{MAIL})", "{{state}}")],
            "due: an attempt should start; parked: waiting for the next attempt.",
        ),
        Chart(
            "Slots",
            "short",
            [
                Query(f"sum(wokflow_worker_jobs_in_flight{MAIL})", "in use"),
                Query(f"sum(wokflow_worker_slots{MAIL})", "all"),
            ],
            "Running posts, and the slots of all dispatchers.",
        ),
        Chart(
            "Held",
            "ops",
            [
                Query(per_s("wokflow_webhook_held_total", "limit"), "{{limit}}"),
                Query("sum(rate(wokflow_webhook_breakers_opened_total[$__rate_interval]))", "breakers opened"),
            ],
            "Deliveries that had to wait: for a slot of their endpoint, account or the slow ones, or for a breaker.",
        ),
        Chart(
            "Promise broken",
            "percentunit",
            [Query(f"wokflow:webhook_slow:ratio_rate{window}", window) for window in ("5m", "1h", "6h")],
            "The share of events that took longer than 30 s, over three windows.",
        ),
    ],
)
BOARD = Board(
    "wokflow-webhooks",
    "Wokflow: webhooks",
    "Open deliveries, attempts and dispatchers.",
    [NOW, ATTEMPTS, DISPATCHERS],
)
