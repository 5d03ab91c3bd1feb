"""Each provider: availability, calls, work, queue and outputs."""

from deploy.observe.panels import RATE, Board, Chart, PanelRow, Query, per_s, quantile

P = '{provider=~"$provider"}'
CALLS = "wokflow_provider_call_duration_seconds"
SUBMITS = '{provider=~"$provider",call="submit"}'
SETTLED = "wokflow_generations_settled_total"
FAILED = '{provider=~"$provider",status="failed"}'

AVAILABILITY = PanelRow(
    "Availability",
    [
        Chart(
            "Breaker",
            "short",
            [
                Query(f"max by (provider) (wokflow_provider_breaker_state{P})", "{{provider}}"),
                Query(f"max by (provider, model) (wokflow_route_breaker_state{P})", "{{provider}} {{model}}"),
                Query(f"max by (provider) (wokflow_provider_operator_mode{P})", "{{provider}} operator"),
            ],
            "Of a provider or model: 0 closed, 1 half-open (a probe is next), 2 open. Operator: 1 paused, 2 draining.",
        ),
        Chart(
            "Rate limit pause",
            "s",
            [
                Query(f"max by (provider) (wokflow_provider_pause_seconds{P})", "{{provider}}"),
                Query(f"max by (provider, model) (wokflow_route_pause_seconds{P})", "{{provider}} {{model}}"),
            ],
            "Time left until the rate limit of the provider, or of one of its models, allows the next submit.",
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
            "The share of its settled generations that failed, for any reason.",
        ),
        Chart(
            "Failures",
            "ops",
            [Query(per_s(SETTLED, "provider", "code", where=FAILED), "{{provider}} {{code}}")],
            "By error code: content_policy and invalid_input are the caller's, others the provider's or ours.",
            stacked=True,
        ),
    ],
)
CALL_TIMES = PanelRow(
    "Calls",
    [
        Chart(
            "Submits by outcome",
            "ops",
            [Query(per_s(f"{CALLS}_count", "provider", "outcome", where=SUBMITS), "{{provider}} {{outcome}}")],
            "pending and done: accepted. retry, rejected and down: not accepted. unknown: uncertain.",
            stacked=True,
        ),
        Chart(
            "Submit, p95",
            "s",
            [Query(quantile(0.95, CALLS, "provider", where=SUBMITS), "{{provider}}")],
            "Time until it responds to a submit.",
        ),
        Chart(
            "All calls, p95",
            "s",
            [Query(quantile(0.95, CALLS, "provider", "call", where=P), "{{provider}} {{call}}")],
            "Duration of submit, check, find and cancel.",
        ),
        Chart(
            "HTTP responses",
            "ops",
            [Query(per_s("wokflow_provider_responses_total", "provider", "code", where=P), "{{provider}} {{code}}")],
            "Responses by status; 429 means too many requests.",
            stacked=True,
        ),
    ],
)
WORK = PanelRow(
    "Work",
    [
        Chart(
            "Time of the work, p95",
            "s",
            [Query(quantile(0.95, "wokflow_generation_work_duration_seconds", "provider", where=P), "{{provider}}")],
            "Time from started to settled: the provider's work, the polls and the copying.",
        ),
        Chart(
            "Submits per generation",
            "short",
            [
                Query(
                    f"sum by (provider) (rate(wokflow_generation_submits_sum{P}{RATE}))"
                    f" / sum by (provider) (rate(wokflow_generation_submits_count{P}{RATE}))",
                    "{{provider}}",
                )
            ],
            "Mean number of submits of a settled generation; 1 without refusals.",
        ),
        Chart(
            "Uncertain, late, rerouted",
            "short",
            [
                Query(
                    f"sum by (provider) (increase(wokflow_provider_submits_uncertain_total{P}[1h]))",
                    "{{provider}} uncertain",
                ),
                Query(f"sum by (provider) (increase(wokflow_generations_late_total{P}[1h]))", "{{provider}} late"),
                Query(
                    f"sum by (provider, to) (increase(wokflow_generations_rerouted_total{P}[1h]))",
                    "{{provider}} to {{to}}",
                ),
            ],
            "In an hour: uncertain submits, results after the refund, and generations rerouted to another provider.",
        ),
        Chart(
            "Cost",
            "currencyUSD",
            [Query(f"sum by (provider) (increase(wokflow_money_provider_cost_usd_total{P}[1h]))", "{{provider}}")],
            "Cost per hour, reported by the provider or else priced by the catalogue.",
        ),
    ],
)
QUEUE = PanelRow(
    "Queue",
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
            "due: a worker should run them; running; parked: waiting for the next poll.",
        ),
        Chart(
            "Age of the oldest",
            "s",
            [
                Query('max by (queue) (wokflow_queue_oldest_job_age_seconds{queue=~"$provider"})', "{{queue}}"),
                Query(f"max by (provider) (wokflow_backlog_oldest_age_seconds{P})", "{{provider}} backlog"),
            ],
            "A queue ages with too few workers, a backlog while an account or the provider is at its limit.",
        ),
        Chart(
            "Backlog",
            "short",
            [
                Query(f"max by (provider) (wokflow_backlog_generations{P})", "{{provider}}"),
                Query("max by (provider) (wokflow_generations_orphaned)", "{{provider}} removed"),
            ],
            "Generations that wait for a slot on the queue, and those of a provider that was removed.",
        ),
        Chart(
            "Workers' slots",
            "short",
            [
                Query('sum by (queue) (wokflow_worker_jobs_in_flight{queue=~"$provider"})', "{{queue}} in use"),
                Query('sum by (queue) (wokflow_worker_slots{queue=~"$provider"})', "{{queue}}"),
            ],
            "Running jobs, and the slots of all its workers.",
        ),
    ],
)
OUTPUTS = PanelRow(
    "Outputs",
    [
        Chart(
            "Copy, p95",
            "s",
            [Query(quantile(0.95, "wokflow_output_copy_duration_seconds", "provider", where=P), "{{provider}}")],
            "Time to copy a generation's outputs from the provider to our storage.",
        ),
        Chart(
            "Copied",
            "Bps",
            [Query(per_s("wokflow_output_copied_bytes_total", "provider", where=P), "{{provider}}")],
            "Bytes of outputs copied per second.",
        ),
    ],
)
BOARD = Board(
    "wokflow-providers",
    "Wokflow: providers",
    "Each provider: availability, calls, work, queue and outputs.",
    [AVAILABILITY, CALL_TIMES, WORK, QUEUE, OUTPUTS],
    by_provider=True,
)
