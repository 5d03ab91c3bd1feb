"""One generation's life: its steps in their order, how long each takes, and where lives end early."""

from deploy.observe.panels import RATE, Board, Chart, Query, Row, Words, per_s, quantile

P = '{provider=~"$provider"}'
CALLS = "wokflow_provider_call_duration_seconds"
TAKEN = '{provider=~"$provider",call="submit",outcome=~"pending|done"}'
SUBMITS = '{provider=~"$provider",call="submit"}'


def mean(histogram: str, where: str = P) -> str:
    """The mean of a histogram's observations."""
    return f"sum(rate({histogram}_sum{where}{RATE})) / sum(rate({histogram}_count{where}{RATE}))"


WORDS = """**accepted** (gateway: charged and queued) → **run** (worker: taken up, submitted, looked at, copied) →
**settled** (once: cost, refund, event) → **delivered** (dispatcher: the endpoint's 2xx).

Of one generation: `wokflow generation show ID`, and its four log lines:
`jq -c 'select(.generation == "ID")'`. Its `trace` is the caller's trace id, which its provider and its webhook were
sent too."""

STEPS = Row(
    "The steps",
    [
        Words("Four verbs", WORDS),
        Chart(
            "Generations at each step",
            "ops",
            [
                Query(per_s("wokflow_generations_accepted_total", where=P), "accepted"),
                Query(
                    per_s(f"{CALLS}_count", where=TAKEN),
                    "taken",
                ),
                Query(per_s("wokflow_generations_settled_total", where=P), "settled"),
                Query(per_s("wokflow_webhook_delivery_duration_seconds_count"), "delivered (of all providers)"),
            ],
            "In a steady state the first three are one line. Events go to each endpoint of an account, or to none.",
        ),
        Chart(
            "Where the time goes, on average",
            "s",
            [
                Query(mean("wokflow_generation_wait_duration_seconds"), "waits for a worker"),
                Query(mean("wokflow_generation_work_duration_seconds"), "work at the provider, and copying"),
                Query(mean("wokflow_webhook_delivery_duration_seconds", ""), "settled to webhook (of all providers)"),
            ],
            "The mean of each step, one on top of the other: from accepted to the webhook.",
            stacked=True,
        ),
    ],
)
LONG = Row(
    "How long, p50 and p95",
    [
        Chart(
            title,
            "s",
            [Query(quantile(q, histogram, where=where), f"p{q * 100:g}") for q in (0.5, 0.95)],
            about,
        )
        for title, histogram, where, about in (
            ("Accept", "wokflow_accept_duration_seconds", "", "To charge and durably queue it, of all providers."),
            ("Wait", "wokflow_generation_wait_duration_seconds", P, "Until a worker first took it up."),
            ("Submit", CALLS, SUBMITS, "Until the provider said that it takes it."),
            ("Work", "wokflow_generation_work_duration_seconds", P, "From taken up to settled."),
            ("Copy", "wokflow_output_copy_duration_seconds", P, "Of its outputs to our storage."),
            ("Whole life", "wokflow_generation_duration_seconds", P, "From accepted to settled."),
        )
    ],
)
ENDS = Row(
    "How lives end",
    [
        Chart(
            "Ends",
            "ops",
            [Query(per_s("wokflow_generations_settled_total", "status", "code", where=P), "{{status}} {{code}}")],
            "completed, or failed and why.",
            stacked=True,
        ),
        Chart(
            "Detours in an hour",
            "short",
            [
                Query(f"sum(increase(wokflow_provider_submits_uncertain_total{P}[1h]))", "submit lost"),
                Query(f"sum(increase(wokflow_generations_rerouted_total{P}[1h]))", "handed on"),
                Query(f"sum(increase(wokflow_generations_late_total{P}[1h]))", "late"),
                Query('sum(increase(wokflow_worker_jobs_rescued_total{queue=~"$provider"}[1h]))', "worker lost"),
                Query('sum(increase(wokflow_worker_jobs_dropped_total{queue=~"$provider"}[1h]))', "given up"),
            ],
            "What does not go the straight way.",
        ),
        Chart(
            "Offers",
            "percentunit",
            [
                Query(
                    f'sum(rate(wokflow_generation_submits_bucket{{provider=~"$provider",le="{bound}.0"}}{RATE}))'
                    f" / sum(rate(wokflow_generation_submits_count{P}{RATE}))",
                    f"at most {bound}",
                )
                for bound in (1, 2, 5)
            ],
            "The share of settled generations that were offered to a provider at most so often.",
        ),
    ],
)
BOARD = Board(
    "wokflow-life",
    "Wokflow: one generation's life",
    "Its steps in their order, how long each takes, and where lives end early.",
    [STEPS, LONG, ENDS],
    by_provider=True,
)
