"""Each provider: does it serve, how fast, what does it refuse, what is queued for it."""

from deploy.observe.panels import RATE, Board, Chart, Query, Row, per_s, quantile

P = '{provider=~"$provider"}'
CALLS = "wokflow_provider_call_duration_seconds"
SUBMITS = '{provider=~"$provider",call="submit"}'
SETTLED = "wokflow_generations_settled_total"
FAILED = '{provider=~"$provider",status="failed"}'

SERVES = Row(
    "Does it serve?",
    [
        Chart(
            "Breaker",
            "short",
            [
                Query(f"max by (provider) (wokflow_provider_breaker_state{P})", "{{provider}}"),
                Query(f"max by (provider) (wokflow_provider_operator_mode{P})", "{{provider}} held"),
            ],
            "0 closed, 1 half open (the next submit is a probe), 2 open. Held by an operator: 1 paused, 2 drained.",
        ),
        Chart(
            "Pause it asked for",
            "s",
            [Query(f"max by (provider) (wokflow_provider_pause_seconds{P})", "{{provider}}")],
            "For how long it wants no submit from any worker.",
        ),
        Chart(
            "Failed share",
            "percentunit",
            [
                Query(
                    f"({per_s(SETTLED, 'provider', where=FAILED)} or {per_s(SETTLED, 'provider', where=P)} * 0)"
                    f" / {per_s(SETTLED, 'provider', where=P)}",
                    "{{provider}}",
                )
            ],
            "Of the generations settled there, those that failed, for whatever reason.",
        ),
        Chart(
            "Failures",
            "ops",
            [Query(per_s(SETTLED, "provider", "code", where=FAILED), "{{provider}} {{code}}")],
            "By error code: content_policy and invalid_input are the caller's, the others the provider's or ours.",
            stacked=True,
        ),
    ],
)
CALLED = Row(
    "Calls",
    [
        Chart(
            "Submits by outcome",
            "ops",
            [Query(per_s(f"{CALLS}_count", "provider", "outcome", where=SUBMITS), "{{provider}} {{outcome}}")],
            "pending and done were taken; retry, rejected and down were not; unknown may have been.",
            stacked=True,
        ),
        Chart(
            "Submit, p95",
            "s",
            [Query(quantile(0.95, CALLS, "provider", where=SUBMITS), "{{provider}}")],
            "Until it said whether it takes the work.",
        ),
        Chart(
            "All calls, p95",
            "s",
            [Query(quantile(0.95, CALLS, "provider", "call", where=P), "{{provider}} {{call}}")],
            "submit, check, find and cancel.",
        ),
        Chart(
            "HTTP answers",
            "ops",
            [Query(per_s("wokflow_provider_responses_total", "provider", "code", where=P), "{{provider}} {{code}}")],
            "By status, of providers that are reached over HTTP; 429 is too many.",
            stacked=True,
        ),
    ],
)
WORK = Row(
    "Work",
    [
        Chart(
            "Time of the work, p95",
            "s",
            [Query(quantile(0.95, "wokflow_generation_work_duration_seconds", "provider", where=P), "{{provider}}")],
            "From taken up to settled: the provider's work, our looks at it and the copying.",
        ),
        Chart(
            "Offers of a generation",
            "short",
            [
                Query(
                    f"sum by (provider) (rate(wokflow_generation_submits_sum{P}{RATE}))"
                    f" / sum by (provider) (rate(wokflow_generation_submits_count{P}{RATE}))",
                    "{{provider}}",
                )
            ],
            "How often a settled generation was offered to it, on average: 1 without refusals.",
        ),
        Chart(
            "Lost, late, handed on",
            "short",
            [
                Query(
                    f"sum by (provider) (increase(wokflow_provider_submits_uncertain_total{P}[1h]))",
                    "{{provider}} lost",
                ),
                Query(f"sum by (provider) (increase(wokflow_generations_late_total{P}[1h]))", "{{provider}} late"),
                Query(
                    f"sum by (provider, to) (increase(wokflow_generations_rerouted_total{P}[1h]))",
                    "{{provider}} to {{to}}",
                ),
            ],
            "In an hour: submits whose answer was lost, results after the refund, and what went to another provider.",
        ),
        Chart(
            "What it costs us",
            "currencyUSD",
            [Query(f"sum by (provider) (increase(wokflow_money_provider_cost_usd_total{P}[1h]))", "{{provider}}")],
            "An hour, as the provider says or as the catalogue has it.",
        ),
    ],
)
QUEUE = Row(
    "Its queue",
    [
        Chart(
            "Jobs",
            "short",
            [
                Query(
                    'max by (queue, state) (wokflow_queue_jobs{queue=~"$provider"})',
                    "{{queue}} {{state}}",
                )
            ],
            "due: a worker should take them; running; parked: the provider works, and we look again later.",
        ),
        Chart(
            "How long the oldest waits",
            "s",
            [
                Query('max by (queue) (wokflow_queue_oldest_job_age_seconds{queue=~"$provider"})', "{{queue}}"),
                Query(f"max by (provider) (wokflow_backlog_oldest_age_seconds{P})", "{{provider}} in a backlog"),
            ],
            "The first grows while its workers are too few or away, the second while an account or it is at its limit.",
        ),
        Chart(
            "Backlog",
            "short",
            [Query(f"max by (provider) (wokflow_backlog_generations{P})", "{{provider}}")],
            "Generations that wait for a place on the queue.",
        ),
        Chart(
            "Workers' slots",
            "short",
            [
                Query('sum by (queue) (wokflow_worker_jobs_in_flight{queue=~"$provider"})', "{{queue}} in use"),
                Query('sum by (queue) (wokflow_worker_slots{queue=~"$provider"})', "{{queue}}"),
            ],
            "Jobs in hand, and how many all its workers take at once.",
        ),
    ],
)
OUTPUTS = Row(
    "Outputs",
    [
        Chart(
            "Copy, p95",
            "s",
            [Query(quantile(0.95, "wokflow_output_copy_duration_seconds", "provider", where=P), "{{provider}}")],
            "Of a generation's outputs from the provider to our storage.",
        ),
        Chart(
            "Copied",
            "Bps",
            [Query(per_s("wokflow_output_copied_bytes_total", "provider", where=P), "{{provider}}")],
            "Bytes of outputs a second.",
        ),
    ],
)
BOARD = Board(
    "wokflow-providers",
    "Wokflow: providers",
    "Each provider: does it serve, how fast, what does it refuse, what is queued for it.",
    [SERVES, CALLED, WORK, QUEUE, OUTPUTS],
    by_provider=True,
)
