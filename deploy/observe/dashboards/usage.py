"""Usage and margin by provider and kind, and the archiver that keeps their history."""

from deploy.observe.dashboards.money import PAID, SETTLED, in_an_hour
from deploy.observe.dashboards.records import RECORDS
from deploy.observe.panels import Board, Chart, Number, PanelRow, Query

BY_PROVIDER = ("provider",)
SETTLED_BY, PAID_BY = in_an_hour("money_settled_usd", *BY_PROVIDER), in_an_hour("money_provider_cost_usd", *BY_PROVIDER)
ENDED = in_an_hour("generations_settled", *BY_PROVIDER)
FAILED = 'sum by (provider) (increase(wokflow_generations_settled_total{status="failed"}[1h]))'
NOW = PanelRow(
    "The last hour",
    [
        Number("Settled", "currencyUSD", SETTLED, "Final cost of settled generations, which their accounts pay."),
        Number("Paid to providers", "currencyUSD", PAID, "Known cost of providers."),
        Number("Margin", "currencyUSD", f"{SETTLED} - {PAID}", "Settled minus paid to providers."),
        Number(
            "Archivers",
            "short",
            "count(count by (instance) (wokflow_records_errors_total)) or vector(0)",
            "Archivers that Prometheus scrapes. One is enough; several share the work.",
        ),
        Number(
            "Archive lag",
            "s",
            "max(wokflow_records_lag_seconds)",
            "Age of the oldest ended record that is not in the database. Nothing without a database.",
            600,
        ),
        Number(
            "Waiting records",
            "short",
            "max(wokflow_records_waiting)",
            "Entries of the stream, which takes no more than 500,000.",
            400_000,
        ),
    ],
)
USAGE = PanelRow(
    "Usage per hour",
    [
        Chart(
            "Generations by provider",
            "short",
            [Query(ENDED, "{{provider}}")],
            "Settled generations, failed ones too.",
            stacked=True,
        ),
        Chart(
            "Generations by kind",
            "short",
            [Query("sum by (kind) (increase(wokflow_generation_duration_seconds_count[1h]))", "{{kind}}")],
            "Settled generations of each kind of model.",
            stacked=True,
        ),
        Chart(
            "Failed share by provider",
            "percentunit",
            [Query(f"{FAILED} / ({ENDED} > 0)", "{{provider}}")],
            "Failed generations among the settled ones. Each was refunded.",
        ),
    ],
)
MARGIN = PanelRow(
    "Margin per hour",
    [
        Chart(
            "Margin by provider",
            "currencyUSD",
            [Query(f"{SETTLED_BY} - ({PAID_BY} or {SETTLED_BY} * 0)", "{{provider}}")],
            "Settled minus paid. Below zero, a provider costs more than its generations earn: check their prices.",
        ),
        Chart(
            "Margin share by provider",
            "percentunit",
            [Query(f"1 - {PAID_BY} / ({SETTLED_BY} > 0)", "{{provider}}")],
            "The share of the settled money that stays. `wokflow margin` has it by model, exact to the ledger.",
        ),
        Chart(
            "Refunded and late",
            "currencyUSD",
            [Query(in_an_hour("money_refunded_usd", *BY_PROVIDER), "{{provider}} refunded")],
            "Reservations that went back to accounts. A provider may charge for a refunded generation all the same.",
        ),
    ],
)
BOARD = Board(
    "wokflow-usage",
    "Wokflow: usage, margin and records",
    "Usage and margin by provider and kind, and the archiver that keeps their history.",
    [NOW, USAGE, MARGIN, RECORDS],
)
