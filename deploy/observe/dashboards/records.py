"""Records: the archiver's progress and failures, as a row of the overview."""

from deploy.observe.panels import Chart, PanelRow, Query, per_s, quantile

RECORDS = PanelRow(
    "Records",
    [
        Chart(
            "Waiting for the archiver",
            "short",
            [
                Query("max(wokflow_records_waiting)", "ended records"),
                Query("sum(increase(wokflow_records_roots_signed_total[1d]))", "days signed, in a day"),
            ],
            "Ended records that are not in the database yet, and days that were signed. Nothing without a database.",
        ),
        Chart(
            "Archive lag",
            "s",
            [
                Query("max(wokflow_records_lag_seconds)", "oldest record"),
                Query(quantile(0.95, "wokflow_records_batch_duration_seconds"), "batch, p95"),
            ],
            "Age of the oldest ended record that waits, and the time to archive one batch.",
        ),
        Chart(
            "Archived rows",
            "ops",
            [Query(per_s("wokflow_records_rows_total", "table"), "{{table}}")],
            "Rows that the archivers wrote, by table.",
        ),
        Chart(
            "Archiver failures",
            "short",
            [Query("sum by (reason) (increase(wokflow_records_errors_total[10m]))", "{{reason}}")],
            "In ten minutes. away: no store or no database. A record that is refused or unreadable stays in the store.",
        ),
    ],
)
