"""Metrics of the whole deployment, read from the store once for each scrape and exported by the sweeper."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import structlog
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from shared.domain.catalogue import Catalogue
from shared.domain.errors import StoreDown, StoreError
from shared.domain.model_notice import REASONS, ModelCheck
from shared.ops import clock, metrics
from shared.store.archive import RecordsLag, read_lag
from shared.store.check import check_ledger
from shared.store.connect import Store
from shared.store.findings import Report
from shared.store.keys import WEBHOOKS
from shared.store.model_checks import read_model_checks
from shared.store.processes import Process, list_processes
from shared.store.stats import QueueStats, StoreStats, claim_ledger_check, read_stats, record_ledger_check

STORE_WAIT_S = 1.0  # the longest wait of a scrape for the store
FINDINGS_LOGGED = 10
CHECK_EVERY_S = 10.0
HOLDS = ("", "pause", "drain")
JOB_STATES = ("due", "running", "parked")

log = structlog.get_logger()


class Fleet(Collector):
    """A collector of the store's latest figures. It exports none while the store is down."""

    def __init__(self, store: Store, catalogue: Callable[[], Catalogue]) -> None:
        self._store, self._catalogue = store, catalogue
        self._checks: Mapping[str, ModelCheck] = {}
        self._processes: Sequence[Process] = ()
        self._seen: StoreStats | None = None
        self._lag: RecordsLag | None = None
        self._swept_s: float | None = None
        self._orphans: Mapping[str, int] = {}

    def record_round(self, orphans: Mapping[str, int]) -> None:
        """Record that the sweeper has finished a round, and the orders that it found at providers that are gone."""
        self._orphans = orphans
        self._swept_s = clock.now_s()

    async def refresh(self) -> None:
        """Read the figures from the store."""
        try:
            async with asyncio.timeout(STORE_WAIT_S):
                self._seen = await read_stats(self._store, (*self._catalogue().providers, WEBHOOKS))
                self._processes = await list_processes(self._store)
                self._checks = await read_model_checks(self._store)
                self._lag = await read_lag(self._store)
        except (StoreDown, TimeoutError):
            self._seen = None

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics to Prometheus' client."""
        if self._swept_s is not None:
            yield gauge(metrics.SEEN_SWEPT_AT, {(): self._swept_s})
            orphans = dict.fromkeys(self._catalogue().providers, 0) | dict(self._orphans)
            yield gauge(metrics.SEEN_ORPHANS, {(name,): count for name, count in orphans.items()})
        if self._seen is not None:
            yield from queue_metrics(self._seen.queues)
            yield from store_metrics(self._seen)
            yield from process_metrics(self._processes)
            yield model_metrics(self._checks, self._catalogue())
            if self._lag is not None:
                yield gauge(metrics.SEEN_RECORDS_WAITING, {(): self._lag.waiting})
                yield gauge(metrics.SEEN_RECORDS_LAG, {(): self._lag.age_ms / 1000})


def gauge(measure: metrics.Measure, values: Mapping[tuple[str, ...], float]) -> Metric:
    """Return a metric with its values by their labels."""
    family = GaugeMetricFamily(measure.name, measure.means, labels=measure.labels)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family


def queue_metrics(queues: Sequence[QueueStats]) -> Iterator[Metric]:
    """Yield the metrics of each queue and provider."""
    providers = [queue for queue in queues if queue.name != WEBHOOKS]
    yield gauge(metrics.SEEN_JOBS, {(q.name, state): getattr(q, state) for q in queues for state in JOB_STATES})
    yield gauge(metrics.SEEN_OLDEST, {(queue.name,): queue.oldest_ms / 1000 for queue in queues})
    yield gauge(metrics.SEEN_BACKLOG, {(provider.name,): provider.waiting for provider in providers})
    yield gauge(metrics.SEEN_BACKLOG_OLDEST, {(provider.name,): provider.waiting_ms / 1000 for provider in providers})
    yield gauge(metrics.SEEN_BREAKER, {(provider.name,): provider.breaker for provider in providers})
    yield gauge(metrics.SEEN_OPERATOR_MODE, {(provider.name,): HOLDS.index(provider.held) for provider in providers})
    yield gauge(metrics.SEEN_PAUSED, {(provider.name,): provider.paused_ms / 1000 for provider in providers})
    yield from route_metrics(providers)


def route_metrics(providers: Sequence[QueueStats]) -> Iterator[Metric]:
    """Yield the metrics of routes that had trouble lately; models past the bound of labels share one."""
    states: dict[tuple[str, ...], float] = {}
    pauses: dict[tuple[str, ...], float] = {}
    for provider in providers:
        for route in provider.routes:
            labels = (provider.name, metrics.bounded("model", route.target))
            states[labels] = max(states.get(labels, 0), route.breaker)
            pauses[labels] = max(pauses.get(labels, 0), route.paused_ms / 1000)
    yield gauge(metrics.SEEN_ROUTE_BREAKER, states)
    yield gauge(metrics.SEEN_ROUTE_PAUSED, pauses)


def store_metrics(seen: StoreStats) -> Iterator[Metric]:
    """Yield the metrics of the whole store."""
    yield gauge(metrics.SEEN_OPEN, {(): seen.open})
    yield gauge(metrics.SEEN_UNCERTAIN, {(): seen.uncertain})
    yield gauge(metrics.SEEN_LATE, {(): seen.late})
    yield gauge(metrics.SEEN_DELIVERIES, {(): seen.deliveries})
    if seen.check is not None:
        yield gauge(metrics.SEEN_CHECKED_AT, {(): seen.check.at_ms / 1000})
        yield gauge(metrics.SEEN_CHECK_FINDINGS, {(): seen.check.findings})
        yield gauge(metrics.SEEN_CHECK_SECONDS, {(): seen.check.took_ms / 1000})


def process_metrics(processes: Sequence[Process]) -> Iterator[Metric]:
    """Yield the metrics of the running processes."""
    yield gauge(metrics.SEEN_CATALOGUES, {(): len({one.catalogue for one in processes})})
    yield gauge(metrics.SEEN_CATALOGUE_FAULTS, {(): sum(one.is_at_fault for one in processes)})


def model_metrics(checks: Mapping[str, ModelCheck], catalogue: Catalogue) -> Metric:
    """Return the number of routed models that end, by provider and reason, at the last comparison; 0 before it."""
    counts: dict[tuple[str, ...], float] = {(name, reason): 0.0 for name in catalogue.providers for reason in REASONS}
    for name, check in checks.items():
        routed = catalogue.targets(name)
        for notice in check.notices:
            reason = notice.reason_at(clock.now_s())
            if reason is not None and notice.model in routed:
                counts[name, reason] += 1
    return gauge(metrics.SEEN_MODELS_ENDING, counts)


async def audit_forever(store: Store, every_s: float) -> None:
    """Check the ledger every `every_s` seconds in one of all sweepers, until cancelled; never if that is 0."""
    while every_s:
        try:
            await audit(store, every_s)
        except (StoreDown, StoreError) as error:
            log.warning("ledger.check_failed", reason=str(error))
        await asyncio.sleep(min(every_s, CHECK_EVERY_S))


async def audit(store: Store, every_s: float) -> None:
    """Check the ledger if that is due and no other sweeper does it. Raises StoreDown.

    In a deployment with a database the archivers do it, which check both.
    """
    if await read_lag(store) is not None or not await claim_ledger_check(store, every_s):
        return
    began_s, report = time.monotonic(), Report()
    await check_ledger(store, report)
    took_ms = round((time.monotonic() - began_s) * 1000)
    await record_ledger_check(store, report, took_ms)
    if report.findings:
        found = [f"{finding.fault} {finding.id}" for finding in report.findings[:FINDINGS_LOGGED]]
        log.error("ledger.faults_found", findings=len(report.findings), first=found, took_ms=took_ms)
    else:
        log.info("ledger.checked", accounts=report.accounts, generations=report.generations, took_ms=took_ms)
