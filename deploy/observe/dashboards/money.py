"""Money: reserved, settled, refunded and paid to providers, and the ledger check."""

from deploy.observe.panels import Board, Chart, Number, PanelRow, Query, per_s


def in_an_hour(counter: str, *by: str) -> str:
    """Return the query of a counter's increase in an hour."""
    group = f" by ({', '.join(by)})" if by else ""
    return f"sum{group} (increase(wokflow_{counter}_total[1h]))"


SETTLED, PAID = in_an_hour("money_settled_usd"), in_an_hour("money_provider_cost_usd")
LEDGER = PanelRow(
    "Ledger",
    [
        Number(
            "Ledger faults",
            "short",
            "max(wokflow_ledger_check_findings)",
            "Faults that the last check found. Above 0, run `wokflow ledger check` at once.",
            1,
        ),
        Number(
            "Last checked",
            "s",
            "time() - max(wokflow_ledger_check_timestamp_seconds)",
            "Time since the last check, by a sweeper or by `wokflow ledger check`.",
            14_400,
        ),
        Number(
            "Duration of the check",
            "s",
            "max(wokflow_ledger_check_duration_seconds)",
            "The check reads every account and generation, so it grows with them.",
        ),
        Number("Settled in an hour", "currencyUSD", SETTLED, "Final cost of settled generations."),
        Number("Paid in an hour", "currencyUSD", PAID, "Known cost of providers."),
        Number(
            "Uncertain",
            "short",
            "max(wokflow_generations_uncertain)",
            "Generations that a provider may or may not charge us for.",
            1,
        ),
    ],
)
FLOW = PanelRow(
    "Flow per hour",
    [
        Chart(
            "Reserved, settled, refunded",
            "currencyUSD",
            [
                Query(in_an_hour("money_reserved_usd"), "reserved"),
                Query(SETTLED, "settled"),
                Query(in_an_hour("money_refunded_usd"), "refunded"),
            ],
            "Reserved minus settled and refunded is the money of open generations.",
        ),
        Chart(
            "Settled by provider",
            "currencyUSD",
            [Query(in_an_hour("money_settled_usd", "provider"), "{{provider}}")],
            "Final cost of generations, by provider.",
            stacked=True,
        ),
        Chart(
            "Paid by provider",
            "currencyUSD",
            [Query(in_an_hour("money_provider_cost_usd", "provider"), "{{provider}}")],
            "Cost reported by the provider, or else the catalogue's price; `wokflow reconcile` compares them.",
            stacked=True,
        ),
    ],
)
REFUNDS = PanelRow(
    "Refunds and refusals",
    [
        Chart(
            "Refunds",
            "short",
            [Query(in_an_hour("generations_refunded", "provider"), "{{provider}}")],
            "Generations refunded within an hour, in part or in full.",
        ),
        Chart(
            "Failures by code",
            "short",
            [
                Query(
                    'sum by (code) (increase(wokflow_generations_settled_total{status="failed"}[1h]))',
                    "{{code}}",
                )
            ],
            "Failed generations within an hour, by error code. All of them were refunded.",
            stacked=True,
        ),
        Chart(
            "Uncertain and late",
            "short",
            [
                Query(in_an_hour("provider_submits_uncertain", "provider"), "{{provider}} uncertain"),
                Query(in_an_hour("generations_late", "provider"), "{{provider}} late"),
                Query("max(wokflow_generations_late_pending)", "refunded, still pending"),
            ],
            "Submits with an unknown outcome, and results after the refund. The provider may charge us for both.",
        ),
        Chart(
            "Refused for balance or quota",
            "reqps",
            [
                Query(
                    per_s("wokflow_http_refusals_total", "code", where='{code=~"insufficient_balance|quota_exceeded"}'),
                    "{{code}}",
                )
            ],
            "Orders refused because the balance is too low or the daily quota is used up.",
        ),
        Chart(
            "Refused for a daily bound",
            "reqps",
            [Query(per_s("wokflow_bound_refusals_total", "scope", "bound"), "{{scope}} {{bound}}")],
            "Orders refused because a caller, its network, all guests or everybody reached a bound of the day.",
        ),
        Chart(
            "Input images stored",
            "Bps",
            [Query(per_s("wokflow_uploaded_bytes_total"), "stored")],
            "Input images of accepted generations. They are deleted when their generation ends.",
        ),
    ],
)
BOARD = Board(
    "wokflow-money",
    "Wokflow: money",
    "Money reserved, settled, refunded and paid to providers, and the ledger check.",
    [LEDGER, FLOW, REFUNDS],
)
