"""Statistics of the store and its queues, in one cheap read, for metrics and operators."""

from collections.abc import Sequence
from typing import Any, Literal

from msgspec import Struct

from shared.ops import clock
from shared.store import keys
from shared.store.client import StoreClient
from shared.store.findings import Report

CLOSED, HALF_OPEN, OPEN, GONE = 0, 1, 2, 3
Hold = Literal["", "pause", "drain"]


class RouteStats(Struct, frozen=True):
    """The breaker and pause of one model of a provider, which had one of both within the last hour."""

    target: str  # the provider's name of the model
    downs: int  # failures in a row
    down_ms: int  # time until the breaker lets a probe through
    paused_ms: int  # time until submits go on
    gone: int  # 1: the provider does not offer the model

    @property
    def breaker(self) -> int:
        """Return CLOSED, HALF_OPEN (the next submit is a probe), OPEN, or GONE: open because the model is gone."""
        if self.down_ms:
            return GONE if self.gone else OPEN
        return HALF_OPEN if self.downs else CLOSED


class QueueStats(Struct, frozen=True):
    """Statistics of a queue. A provider's queue also has its backlogs and the provider's breaker."""

    name: str
    due: int  # jobs to run now
    running: int  # jobs leased by a worker
    parked: int  # jobs due later
    oldest_ms: int  # age of the oldest due job
    waiting: int  # generations in the accounts' backlogs
    waiting_ms: int  # age of the oldest of them
    downs: int  # failures of the provider in a row
    down_ms: int  # time until the breaker lets a probe through
    paused_ms: int  # time until submits go on
    held: Hold  # set by an operator
    routes: tuple[RouteStats, ...] = ()  # those that were down or paused within the last hour

    @property
    def breaker(self) -> int:
        """Return CLOSED, HALF_OPEN (the next submit is a probe) or OPEN."""
        return OPEN if self.down_ms else HALF_OPEN if self.downs else CLOSED


class LedgerCheck(Struct, frozen=True):
    """The last ledger check and its number of findings."""

    at_ms: int
    took_ms: int
    findings: int


class StoreStats(Struct, frozen=True):
    """Statistics of the store; `check` is None before the first ledger check."""

    open: int
    uncertain: int
    late: int
    deliveries: int
    check: LedgerCheck | None
    queues: tuple[QueueStats, ...]


async def read_stats(store: StoreClient, queues: Sequence[str]) -> StoreStats:
    """Return the statistics of the store and of these queues. Raises StoreDown."""
    _, opened, uncertain, late, deliveries, check, *rows = await store.run("read_stats", *queues)
    stats = tuple(_queue(name, row) for name, row in zip(queues, rows, strict=True))
    return StoreStats(opened, uncertain, late, deliveries, _check(check), stats)


async def record_ledger_check(store: StoreClient, report: Report, took_ms: int) -> None:
    """Record the result of a ledger check for metrics and operators."""
    fields = ("at_ms", clock.now_ms(), "took_ms", took_ms, "findings", len(report.findings))
    await store.call("HSET", keys.LEDGER_CHECK, *fields)


async def record_full_check(store: StoreClient, findings: int) -> None:
    """Record the result of a full check, which later checks of what changed do not replace."""
    await store.call("HSET", keys.LEDGER_CHECK, "full_at_ms", clock.now_ms(), "full_findings", findings)


async def claim_slice(store: StoreClient, every_s: float) -> bool:
    """Claim the next slice of the full check. True for one caller in each `every_s`."""
    return await store.call("SET", keys.FULL_CHECK_DUE, "1", "NX", "PX", int(every_s * 1000)) is not None


async def claim_ledger_check(store: StoreClient, every_s: float) -> bool:
    """Claim the next ledger check. True for one caller in each `every_s`."""
    due = await store.call("SET", keys.LEDGER_CHECK_DUE, "1", "NX", "PX", int(every_s * 1000))
    return due is not None


def _queue(name: str, row: list[Any]) -> QueueStats:
    *numbers, held, routes = row
    found = tuple(RouteStats(target.decode(errors="replace"), *values) for target, *values in routes)
    return QueueStats(*(name, *numbers, held.decode(), found))


def _check(fields: list[bytes]) -> LedgerCheck | None:
    values = {fields[i].decode(): int(fields[i + 1]) for i in range(0, len(fields), 2)}
    if "at_ms" not in values:
        return None
    return LedgerCheck(values["at_ms"], values["took_ms"], values["findings"] + values.get("full_findings", 0))
