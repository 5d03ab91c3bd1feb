"""Webhooks: do events arrive, how fast, and who does not take them."""

from deploy.observe.panels import Board, Chart, Number, Query, Row, per_s, quantile

POSTS, ARRIVED = "wokflow_webhook_attempt_duration_seconds", "wokflow_webhook_delivery_duration_seconds"
MAIL = '{queue="webhooks"}'

NOW = Row(
    "Now",
    [
        Number(
            "Open deliveries",
            "short",
            "max(wokflow_webhook_deliveries_open)",
            "Events that have not reached an endpoint yet, those between two attempts included.",
        ),
        Number(
            "Oldest due attempt",
            "s",
            f"max(wokflow_queue_oldest_job_age_seconds{MAIL})",
            "For how long an attempt should have been made: near zero while dispatchers keep up.",
            60,
        ),
        Number(
            "Given up in a day",
            "short",
            "sum(increase(wokflow_webhook_dead_letters_total[1d]))",
            "Events whose ten attempts over three days failed: `wokflow webhook replay` sends them again.",
            1,
        ),
        Number(
            "Endpoints switched off in a day",
            "short",
            "sum(increase(wokflow_webhook_endpoints_disabled_total[1d]))",
            "They answered 410 Gone, or failed for five days.",
            1,
        ),
    ],
)
ARRIVE = Row(
    "Do they arrive?",
    [
        Chart(
            "Attempts by outcome",
            "ops",
            [Query(per_s(f"{POSTS}_count", "outcome"), "{{outcome}}")],
            "delivered; retry: again later; dead: it was the last; gone: 410; void: endpoint deleted or switched off.",
            stacked=True,
        ),
        Chart(
            "Settled to 2xx",
            "s",
            [Query(quantile(q, ARRIVED), f"p{q * 100:g}") for q in (0.5, 0.95, 0.99)],
            "Of what arrived. Promised: 95 % within 30 s.",
        ),
        Chart(
            "Time of one post, p95",
            "s",
            [Query(quantile(0.95, POSTS, "outcome"), "{{outcome}}")],
            "The endpoint's own time: a slow one holds a slot of a dispatcher for at most 15 s.",
        ),
    ],
)
DISPATCHERS = Row(
    "Dispatchers",
    [
        Chart(
            "Their queue",
            "short",
            [Query(f"max by (state) (wokflow_queue_jobs{MAIL})", "{{state}}")],
            "due: an attempt should be made; parked: between two attempts.",
        ),
        Chart(
            "Slots",
            "short",
            [
                Query(f"sum(wokflow_worker_jobs_in_flight{MAIL})", "in use"),
                Query(f"sum(wokflow_worker_slots{MAIL})", "all"),
            ],
            "Posts on their way, and how many all dispatchers make at once.",
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
    "Do events arrive, how fast, and who does not take them.",
    [NOW, ARRIVE, DISPATCHERS],
)
