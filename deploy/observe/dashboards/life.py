"""One generation's life: its steps in order, the duration of each, and the ways it ends."""

from deploy.observe.panels import RATE, Board, Chart, PanelRow, Query, TextPanel, per_s, quantile

P = '{provider=~"$provider"}'
CALLS = "wokflow_provider_call_duration_seconds"
TAKEN = '{provider=~"$provider",call="submit",outcome=~"pending|done"}'
SUBMITS = '{provider=~"$provider",call="submit"}'


def mean(histogram: str, where: str = P) -> str:
    """Return the query of a histogram's mean."""
    return f"sum(rate({histogram}_sum{where}{RATE})) / sum(rate({histogram}_count{where}{RATE}))"


VERBS = """**accepted** (gateway: charged and queued) → **run** (worker: started, submitted, polled, copied) →
**settled** (once: cost, refund, event) → **delivered** (dispatcher: the endpoint's 2xx).

For one generation run `wokflow generation explain ID`, and select its log lines with
`jq -c 'select(.generation == "ID")'`. Their `trace` is the caller's trace id. Requests to the provider and to webhook
endpoints carry it too."""

STEPS = PanelRow(
    "The steps",
    [
        TextPanel("Four verbs", VERBS),
        Chart(
            "Generations at each step",
            "ops",
            [
                Query(per_s("wokflow_generations_accepted_total", where=P), "accepted"),
                Query(
                    per_s(f"{CALLS}_count", where=TAKEN),
                    "submitted",
                ),
                Query(per_s("wokflow_generations_settled_total", where=P), "settled"),
                Query(per_s("wokflow_webhook_delivery_duration_seconds_count"), "delivered (of all providers)"),
            ],
            "In a steady state the first three lines are equal. An account has any number of endpoints.",
        ),
        Chart(
            "Mean duration of each step",
            "s",
            [
                Query(mean("wokflow_generation_wait_duration_seconds"), "wait for a worker"),
                Query(mean("wokflow_generation_work_duration_seconds"), "work at the provider, and copying"),
                Query(mean("wokflow_webhook_delivery_duration_seconds", ""), "settled to webhook (of all providers)"),
            ],
            "The steps from accepted to the webhook, stacked.",
            stacked=True,
        ),
    ],
)
DURATIONS = PanelRow(
    "Durations, p50 and p95",
    [
        Chart(
            title,
            "s",
            [Query(quantile(q, histogram, where=where), f"p{q * 100:g}") for q in (0.5, 0.95)],
            about,
        )
        for title, histogram, where, about in (
            ("Accept", "wokflow_accept_duration_seconds", "", "Time to charge and durably queue it, of all providers."),
            ("Wait", "wokflow_generation_wait_duration_seconds", P, "Time until a worker first started it."),
            ("Submit", CALLS, SUBMITS, "Time until the provider responded to the submit."),
            ("Work", "wokflow_generation_work_duration_seconds", P, "Time from started to settled."),
            ("Copy", "wokflow_output_copy_duration_seconds", P, "Time to copy its outputs to our storage."),
            ("Whole life", "wokflow_generation_duration_seconds", P, "Time from accepted to settled."),
        )
    ],
)
ENDS = PanelRow(
    "Outcomes",
    [
        Chart(
            "Settled by outcome",
            "ops",
            [Query(per_s("wokflow_generations_settled_total", "status", "code", where=P), "{{status}} {{code}}")],
            "Completed, or failed with an error code.",
            stacked=True,
        ),
        Chart(
            "Exceptions in an hour",
            "short",
            [
                Query(f"sum(increase(wokflow_provider_submits_uncertain_total{P}[1h]))", "uncertain"),
                Query(f"sum(increase(wokflow_generations_rerouted_total{P}[1h]))", "rerouted"),
                Query(f"sum(increase(wokflow_generations_late_total{P}[1h]))", "late"),
                Query(
                    'sum(increase(wokflow_worker_jobs_rescued_total{queue=~"$provider"}[1h]))', "rescued from a worker"
                ),
                Query('sum(increase(wokflow_worker_jobs_dropped_total{queue=~"$provider"}[1h]))', "dropped"),
            ],
            "Generations and jobs that left the normal path.",
        ),
        Chart(
            "Submits per generation",
            "percentunit",
            [
                Query(
                    f'sum(rate(wokflow_generation_submits_bucket{{provider=~"$provider",le="{bound}.0"}}{RATE}))'
                    f" / sum(rate(wokflow_generation_submits_count{P}{RATE}))",
                    f"at most {bound}",
                )
                for bound in (1, 2, 5)
            ],
            "The share of settled generations with at most that many submits.",
        ),
    ],
)
BOARD = Board(
    "wokflow-life",
    "Wokflow: one generation's life",
    "Its steps in order, the duration of each, and the ways it ends.",
    [STEPS, DURATIONS, ENDS],
    by_provider=True,
)
