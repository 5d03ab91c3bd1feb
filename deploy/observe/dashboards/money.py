"""Money: what is reserved, earned, given back and paid, and whether the books balance."""

from deploy.observe.panels import Board, Chart, Number, Query, Row, per_s


def in_an_hour(counter: str, *by: str) -> str:
    """What a counter grew by in an hour."""
    group = f" by ({', '.join(by)})" if by else ""
    return f"sum{group} (increase(wokflow_{counter}_total[1h]))"


EARNED, PAID = in_an_hour("money_settled_usd"), in_an_hour("money_provider_cost_usd")
BOOKS = Row(
    "The books",
    [
        Number(
            "Findings",
            "short",
            "max(wokflow_ledger_check_findings)",
            "What the last check found wrong: always 0. Otherwise run `wokflow ledger check` at once.",
            1,
        ),
        Number(
            "Last checked",
            "s",
            "time() - max(wokflow_ledger_check_timestamp_seconds)",
            "How long ago, by a sweeper or by `wokflow ledger check`.",
            14_400,
        ),
        Number(
            "The check takes",
            "s",
            "max(wokflow_ledger_check_duration_seconds)",
            "It walks every account and generation: it grows with them.",
        ),
        Number("Earned in an hour", "currencyUSD", EARNED, "What settled generations cost their users."),
        Number("Paid in an hour", "currencyUSD", PAID, "To providers, as far as it is known."),
        Number(
            "Uncertain",
            "short",
            "max(wokflow_generations_uncertain)",
            "Nobody knows whether a provider will charge us for these.",
            1,
        ),
    ],
)
FLOW = Row(
    "Flow, an hour",
    [
        Chart(
            "Reserved, earned, given back",
            "currencyUSD",
            [
                Query(in_an_hour("money_reserved_usd"), "reserved"),
                Query(EARNED, "earned"),
                Query(in_an_hour("money_refunded_usd"), "given back"),
            ],
            "Over time reserved is earned plus given back; the difference is open.",
        ),
        Chart(
            "Earned by provider",
            "currencyUSD",
            [Query(in_an_hour("money_settled_usd", "provider"), "{{provider}}")],
            "What generations cost their users, by who made them.",
            stacked=True,
        ),
        Chart(
            "Paid by provider",
            "currencyUSD",
            [Query(in_an_hour("money_provider_cost_usd", "provider"), "{{provider}}")],
            "As the provider says, or as the catalogue has it; `wokflow reconcile` compares the two.",
            stacked=True,
        ),
    ],
)
REFUNDS = Row(
    "What earns nothing",
    [
        Chart(
            "Refunds",
            "short",
            [Query(in_an_hour("generations_refunded", "provider"), "{{provider}}")],
            "Generations that got money back within an hour.",
        ),
        Chart(
            "Why they failed",
            "short",
            [
                Query(
                    'sum by (code) (increase(wokflow_generations_settled_total{status="failed"}[1h]))',
                    "{{code}}",
                )
            ],
            "Failed generations of an hour by error code. Nobody pays for them.",
            stacked=True,
        ),
        Chart(
            "Lost and late",
            "short",
            [
                Query(in_an_hour("provider_submits_uncertain", "provider"), "{{provider}} lost"),
                Query(in_an_hour("generations_late", "provider"), "{{provider}} late"),
                Query("max(wokflow_generations_late_pending)", "refunded and still watched"),
            ],
            "Submits whose answer was lost, and results after the refund: those the provider charges us for.",
        ),
        Chart(
            "Orders refused for money",
            "reqps",
            [
                Query(
                    per_s("wokflow_http_refusals_total", "code", where='{code=~"insufficient_balance|quota_exceeded"}'),
                    "{{code}}",
                )
            ],
            "Balance too low, or the plan's day used up.",
        ),
    ],
)
BOARD = Board(
    "wokflow-money",
    "Wokflow: money",
    "What is reserved, earned, given back and paid, and whether the books balance.",
    [BOOKS, FLOW, REFUNDS],
)
