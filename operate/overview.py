"""The state of a deployment at a glance, as `wokflow top` shows it."""

import asyncio

from msgspec import Struct

from operate.operator import Operator
from operate.queues import QueueEntry, list_queues
from operate.times import moment, seconds
from operate.workers import WorkerEntry, list_workers
from shared.store import keys, overview
from shared.store.stats import read_stats

MINUTES, SHOWN = 5, 10


class Totals(Struct, kw_only=True):
    """Counts of the whole deployment."""

    open: int
    uncertain: int
    late: int
    deliveries: int
    dead_letters: int


class MoneyRate(Struct, kw_only=True):
    """Money moved in the last full minutes and the current one, micro-USD."""

    minutes: int
    reserved_micros: int
    settled_micros: int
    refunded_micros: int


class SlowEntry(Struct, kw_only=True):
    """An open generation, its age, and the time left until it is refunded."""

    id: str
    account: str
    provider: str
    state: str
    age_s: float
    left_s: float


class FailingEntry(Struct, kw_only=True):
    """A webhook endpoint whose deliveries have failed since a time."""

    id: str
    account: str
    url: str
    since: str | None
    disabled: bool


class LedgerState(Struct, kw_only=True):
    """The result of the last ledger check."""

    checked_at: str | None
    findings: int


class Overview(Struct, kw_only=True):
    """The state of a deployment. `ledger` is null before the first check."""

    totals: Totals
    money: MoneyRate
    ledger: LedgerState | None
    queues: tuple[QueueEntry, ...]
    workers: tuple[WorkerEntry, ...]
    slowest: tuple[SlowEntry, ...]
    failing_endpoints: tuple[FailingEntry, ...]


async def read_overview(operator: Operator) -> Overview:
    """Return the state at this moment. Raises StoreDown."""
    store = operator.store
    seen, dead, moved, slow, failing, all_queues, living = await asyncio.gather(
        read_stats(store, ()),
        store.call("ZCARD", keys.DEAD),
        overview.read_money_flow(store, MINUTES),
        overview.list_slowest(store, SHOWN),
        overview.list_failing_endpoints(store, SHOWN),
        list_queues(operator),
        list_workers(operator),
    )
    check = seen.check
    return Overview(
        totals=Totals(
            open=seen.open, uncertain=seen.uncertain, late=seen.late, deliveries=seen.deliveries, dead_letters=dead
        ),
        money=MoneyRate(
            minutes=MINUTES,
            reserved_micros=moved.reserved,
            settled_micros=moved.settled,
            refunded_micros=moved.refunded,
        ),
        ledger=None if check is None else LedgerState(checked_at=moment(check.at_ms), findings=check.findings),
        queues=tuple(all_queues),
        workers=tuple(living),
        slowest=tuple(_slow(one) for one in slow),
        failing_endpoints=tuple(_failing(one) for one in failing),
    )


def _slow(one: overview.Slow) -> SlowEntry:
    return SlowEntry(
        id=one.id,
        account=one.account,
        provider=one.provider,
        state=one.state,
        age_s=seconds(one.age_ms),
        left_s=seconds(one.left_ms),
    )


def _failing(one: overview.Failing) -> FailingEntry:
    return FailingEntry(id=one.id, account=one.account, url=one.url, since=moment(one.since_ms), disabled=one.disabled)
