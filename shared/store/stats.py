"""How full everything is at this moment, in one cheap read: for the metrics and for operators."""

import time
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from shared.store import keys
from shared.store.client import StoreClient
from shared.store.findings import Report

CLOSED, HALF_OPEN, OPEN = 0, 1, 2


class QueueStats(Struct, frozen=True):
    """One queue. A provider's also has generations that wait for a place on it, and the provider's breaker."""

    name: str
    due: int  # a worker should take them now
    running: int
    parked: int  # to be looked at later
    oldest_ms: int  # for how long the oldest due job waits
    waiting: int  # in the accounts' backlogs
    waiting_ms: int  # how long the oldest of them waits
    downs: int  # how often in a row the provider could not serve
    down_ms: int  # for how long it is left alone
    paused_ms: int  # for how long it wants no submit
    held: str  # by an operator: pause, drain, or empty

    @property
    def breaker(self) -> int:
        """CLOSED, HALF_OPEN (the next submit is a probe) or OPEN."""
        return OPEN if self.down_ms else HALF_OPEN if self.downs else CLOSED


class LedgerCheck(Struct, frozen=True):
    """When the books were last checked, and what was found."""

    at_ms: int
    took_ms: int
    findings: int


class StoreStats(Struct, frozen=True):
    """Everything; `check` is None before the first."""

    open: int
    uncertain: int
    late: int
    deliveries: int
    check: LedgerCheck | None
    queues: tuple[QueueStats, ...]


async def read_stats(store: StoreClient, queues: Sequence[str]) -> StoreStats:
    """The state of these queues and of the whole. Raises StoreDown."""
    _, opened, uncertain, late, deliveries, check, *rows = await store.run("read_stats", *queues)
    told = tuple(_queue(name, row) for name, row in zip(queues, rows, strict=True))
    return StoreStats(opened, uncertain, late, deliveries, _check(check), told)


async def record_ledger_check(store: StoreClient, report: Report, took_ms: int) -> None:
    """Keep what a check of the books found, for everybody who asks."""
    fields = ("at_ms", time.time_ns() // 1_000_000, "took_ms", took_ms, "findings", len(report.findings))
    await store.call("HSET", keys.LEDGER_CHECK, *fields)


async def claim_ledger_check(store: StoreClient, every_s: float) -> bool:
    """Whether the books are due to be checked and the caller is the one to do it: one in each `every_s`."""
    due = await store.call("SET", keys.LEDGER_CHECK_DUE, "1", "NX", "PX", int(every_s * 1000))
    return due is not None


def _queue(name: str, row: list[Any]) -> QueueStats:
    *numbers, held = row
    return QueueStats(*(name, *numbers, held.decode()))


def _check(fields: list[bytes]) -> LedgerCheck | None:
    values = {fields[i].decode(): int(fields[i + 1]) for i in range(0, len(fields), 2)}
    return LedgerCheck(values["at_ms"], values["took_ms"], values["findings"]) if values else None
