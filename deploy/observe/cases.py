"""deploy/prometheus/*_test.yml: two cases for each alert, one in which it fires and one in which it stays quiet."""

from collections.abc import Mapping
from typing import NamedTuple

from deploy.observe.slo import SLOS, Slo

HEAD = """# Written by `make docs` from deploy/observe/cases.py: promtool test rules deploy/prometheus/*_test.yml
rule_files: [{rules}]
evaluation_interval: {every}
tests:
"""
Series = Mapping[str, str]  # a series and its values, one a minute, in promtool's notation


class Case(NamedTuple):
    """An alert, series that make it fire, series that keep it quiet, and the time of the evaluation."""

    alert: str
    fires: Series
    quiet: Series
    at: str = "20m"


def series_of(slo: Slo, bad: float) -> Series:
    """Return series in which the share `bad` breaks a promise: 1000 events a minute for three and a half hours."""
    grow = "0+{:g}x210".format
    broken, held = grow(1000 * bad), grow(1000 * (1 - bad))
    match slo.name:
        case "http_errors":
            name = "wokflow_http_request_duration_seconds_count"
            return {f'{name}{{code="503"}}': broken, f'{name}{{code="200"}}': held}
        case "accept_slow":
            name, bucket = "wokflow_accept_duration_seconds", '{le="0.25"}'
        case "settle_slow":
            name, bucket = "wokflow_generation_duration_seconds", '{kind="video",le="600.0"}'
        case _:
            name, bucket = "wokflow_webhook_delivery_duration_seconds", '{le="30.0"}'
    labels = '{kind="video"}' if "kind" in bucket else ""
    return {f"{name}_bucket{bucket}": held, f"{name}_count{labels}": grow(1000)}


def cases_of(slo: Slo) -> tuple[Case, Case]:
    """Return the cases of a promise's two alerts. Burning four times the budget opens a ticket without paging."""
    budget = 1 - slo.objective
    steady = series_of(slo, min(4 * budget, 0.25) if budget > 0.02 else 5 * budget)
    return (
        Case(f"{slo.alert}BudgetBurnsFast", series_of(slo, 0.9), steady, "200m"),
        Case(f"{slo.alert}BudgetBurnsSlowly", steady, series_of(slo, budget / 2), "200m"),
    )


STORM, CALM = "0+10x30", "0x30"
FACTS = (
    Case(
        "LedgerDoesNotBalance", {"wokflow_ledger_check_findings": "0x5 2x20"}, {"wokflow_ledger_check_findings": CALM}
    ),
    Case(
        "LedgerNotChecked",
        {"wokflow_ledger_check_timestamp_seconds": "-20000x30"},
        {"wokflow_ledger_check_timestamp_seconds": "0+60x30"},
    ),
    Case("GenerationsUncertain", {"wokflow_generations_uncertain": "1x30"}, {"wokflow_generations_uncertain": CALM}),
    Case(
        "LateResults",
        {'wokflow_generations_late_total{provider="fal"}': "0x5 1x30"},
        {'wokflow_generations_late_total{provider="fal"}': "7x30"},
    ),
    Case(
        "OldestJobTooOld",
        {'wokflow_queue_oldest_job_age_seconds{queue="fal",instance="a"}': "0+60x30"},
        {'wokflow_queue_oldest_job_age_seconds{queue="fal",instance="a"}': "0x9 90x1 0x20"},
        at="11m",
    ),
    Case(
        "NoWorker",
        {'wokflow_queue_jobs{queue="fal",state="due"}': "3x30", 'wokflow_worker_slots{queue="local"}': "100x30"},
        {'wokflow_queue_jobs{queue="fal",state="due"}': "3x30", 'wokflow_worker_slots{queue="fal"}': "100x30"},
    ),
    Case(
        "WorkersFull",
        {'wokflow_worker_jobs_in_flight{queue="fal"}': "95x30", 'wokflow_worker_slots{queue="fal"}': "100x30"},
        {'wokflow_worker_jobs_in_flight{queue="fal"}': "50x30", 'wokflow_worker_slots{queue="fal"}': "100x30"},
    ),
    Case(
        "LeasesLost",
        {'wokflow_worker_leases_lost_total{queue="fal"}': STORM},
        {'wokflow_worker_leases_lost_total{queue="fal"}': "0x10 1x20"},
    ),
    Case(
        "JobsDropped",
        {'wokflow_worker_jobs_dropped_total{queue="fal"}': "0x15 1x15"},
        {'wokflow_worker_jobs_dropped_total{queue="fal"}': "5x30"},
    ),
    Case(
        "SweeperFindings",
        {'wokflow_sweeper_findings_total{finding="requeued"}': STORM},
        {'wokflow_sweeper_findings_total{finding="requeued"}': "0x10 3x20"},
    ),
    Case(
        "BreakerOpen",
        {'wokflow_provider_breaker_state{provider="fal"}': "0x10 2x1 1x1 2x20"},
        {'wokflow_provider_breaker_state{provider="fal"}': "2x5 1x1 0x30"},
    ),
    Case(
        "OrdersWithoutProvider",
        {'wokflow_generations_orphaned{provider="fal"}': "0x5 3x25"},
        {'wokflow_generations_orphaned{provider="fal"}': "0x10 3x0 0x20"},
    ),
    Case(
        "RouteBreakerOpen",
        {'wokflow_route_breaker_state{provider="fal",model="a/b"}': "2x30"},
        {'wokflow_route_breaker_state{provider="fal",model="a/b"}': "2x2 1x1 _x30"},
    ),
    Case(
        "ModelGone",
        {'wokflow_route_breaker_state{provider="fal",model="a/b"}': "_x3 3x27"},
        {'wokflow_route_breaker_state{provider="fal",model="a/b"}': "2x30"},
    ),
    Case(
        "ModelEnds",
        {'wokflow_route_models_ending{provider="fal",reason="missing"}': "0x5 1x25"},
        {'wokflow_route_models_ending{provider="fal",reason="missing"}': CALM},
    ),
    Case("CataloguesDiffer", {"wokflow_catalogue_versions": "2x30"}, {"wokflow_catalogue_versions": "1x12 2x5 1x13"}),
    Case("CatalogueRejected", {"wokflow_catalogue_faults": "0x10 1x20"}, {"wokflow_catalogue_faults": CALM}),
    Case(
        "ProviderRateLimited",
        {f'wokflow_provider_responses_total{{provider="fal",code="{code}"}}': STORM for code in (200, 429)},
        {
            'wokflow_provider_responses_total{provider="fal",code="200"}': "0+100x30",
            'wokflow_provider_responses_total{provider="fal",code="429"}': STORM,
        },
    ),
    Case(
        "ProviderFailing",
        {
            'wokflow_generations_settled_total{provider="fal",status="completed",code=""}': STORM,
            'wokflow_generations_settled_total{provider="fal",status="failed",code="provider_failed"}': STORM,
        },
        {
            'wokflow_generations_settled_total{provider="fal",status="completed",code=""}': STORM,
            'wokflow_generations_settled_total{provider="fal",status="failed",code="content_policy"}': STORM,
        },
    ),
    Case(
        "DeadLettersGrow",
        {"wokflow_webhook_dead_letters_total": "0x5 1x30"},
        {"wokflow_webhook_dead_letters_total": "4x30"},
    ),
    Case(
        "EndpointDisabled",
        {"wokflow_webhook_endpoints_disabled_total": "0x5 1x30"},
        {"wokflow_webhook_endpoints_disabled_total": "4x30"},
    ),
    Case(
        "AdminKeysRefused",
        {'wokflow_admin_refusals_total{outcome="wrong_key"}': STORM},
        {
            'wokflow_admin_refusals_total{outcome="wrong_key"}': "0x5 9x30",
            'wokflow_admin_refusals_total{outcome="role"}': STORM,
        },
    ),
    Case(
        "ProviderPaused",
        {'wokflow_provider_operator_mode{provider="fal"}': "1x400"},
        {'wokflow_provider_operator_mode{provider="fal"}': "1x200 0x200"},
        at="390m",
    ),
    Case(
        "RecordsLag",
        {"wokflow_records_lag_seconds": "0+60x30"},
        {"wokflow_records_lag_seconds": "0x5 700x2 0x25"},
    ),
    Case(
        "RecordsStreamFull",
        {"wokflow_records_waiting": "0+40000x30"},
        {"wokflow_records_waiting": "0+10000x30"},
    ),
    Case(
        "RecordsRefused",
        {'wokflow_records_errors_total{reason="refused"}': "0x5 1x30"},
        {
            'wokflow_records_errors_total{reason="away"}': STORM,
            'wokflow_records_errors_total{reason="refused"}': "3x30",
        },
    ),
    Case(
        "NoArchiver",
        {"wokflow_records_waiting": CALM, 'wokflow_records_errors_total{reason="away"}': "0x5"},
        {"wokflow_records_waiting": CALM, 'wokflow_records_errors_total{reason="away"}': "0x30"},
    ),
    Case(
        "ProcessDown",
        {'up{instance="a"}': "1x5 0x30", 'wokflow_build_info{instance="a"}': "1x5"},
        {'up{instance="b"}': "1x5 0x30", 'wokflow_build_info{instance="a"}': "1x5"},
    ),
    Case(
        "StoreUnavailable", {"wokflow_store_unavailable_total": STORM}, {"wokflow_store_unavailable_total": "0x5 9x30"}
    ),
    Case(
        "StripeEventsRefused",
        {'wokflow_stripe_events_total{outcome="refused"}': "0x5 1x30"},
        {'wokflow_stripe_events_total{outcome="applied"}': STORM},
    ),
    Case(
        "StoreFenced",
        {'wokflow_store_fenced{reason="history",instance="a"}': "0x15 1x15"},
        {'wokflow_store_fenced{reason="history",instance="a"}': "0x5 1x5 0x20"},
    ),
    Case(
        "ClockSkewed",
        {'wokflow_clock_skew_seconds{instance="a"}': "-90x30"},
        {'wokflow_clock_skew_seconds{instance="a"}': "0x16 90x1 2x20"},
    ),
    Case("StoreFactsMissing", {"up": "1x30"}, {'wokflow_queue_oldest_job_age_seconds{queue="fal"}': CALM}),
    Case(
        "SweeperSilent",
        {"wokflow_sweeper_last_round_timestamp_seconds": "60x30"},
        {"wokflow_sweeper_last_round_timestamp_seconds": "0+60x30"},
    ),
)
BURNS = tuple(case for slo in SLOS for case in cases_of(slo))


def slo_text() -> str:
    """Return the text of slo_test.yml."""
    return HEAD.format(rules="slo.yml", every="5m") + "".join(map(text_of, BURNS))


def facts_text() -> str:
    """Return the text of alerts_test.yml."""
    return HEAD.format(rules="alerts.yml", every="1m") + "".join(map(text_of, FACTS))


def text_of(case: Case) -> str:
    """Return the two tests of an alert."""
    return test_of(case, case.fires, 1) + test_of(case, case.quiet, 0)


def test_of(case: Case, series: Series, firing: int) -> str:
    """Return one test: that many alerts of this name fire at that time."""
    lines = "".join(f"      - series: {name!r}\n        values: {values!r}\n" for name, values in series.items())
    expected = "[{labels: '{}', value: 1}]" if firing else "[]"
    return f"""  # {case.alert} {"fires" if firing else "stays quiet"}
  - interval: 1m
    input_series:
{lines}    promql_expr_test:
      - expr: count(ALERTS{{alertname="{case.alert}",alertstate="firing"}})
        eval_time: {case.at}
        exp_samples: {expected}
"""
