"""The state of a deployment at a glance, as `wokflow top` shows it."""

import asyncio
from typing import Annotated

from msgspec import Struct

from operate.operator import Operator
from operate.queues import QueueEntry, list_queues
from operate.times import moment, seconds
from operate.workers import WorkerEntry, list_workers
from shared.domain.described import doc, timestamp
from shared.store import keys, overview
from shared.store.stats import read_stats

MINUTES, SHOWN = 5, 10


class Totals(Struct, kw_only=True):
    """Counts of the whole deployment."""

    open: Annotated[int, doc("Generations that are accepted and not settled.")]
    uncertain: Annotated[int, doc("Generations whose submit has an unknown outcome.")]
    late: Annotated[int, doc("Refunded generations that a provider may still finish.")]
    deliveries: Annotated[int, doc("Deliveries that wait to be posted.")]
    dead_letters: Annotated[int, doc("Deliveries that failed for good.")]


class MoneyRate(Struct, kw_only=True):
    """Money moved in the last full minutes and the current one, micro-USD."""

    minutes: Annotated[int, doc("How many full minutes are counted, besides the running one.")]
    reserved_micros: Annotated[int, doc("The reservation in micro-dollars.")]
    settled_micros: Annotated[int, doc("Cost of settled generations, in micro-dollars.")]
    refunded_micros: Annotated[int, doc("Reservations refunded, in micro-dollars.")]


class SlowEntry(Struct, kw_only=True):
    """An open generation, its age, and the time left until it is refunded."""

    id: Annotated[str, doc("The generation's id.")]
    account: Annotated[str, doc("The account's id.")]
    provider: Annotated[str, doc("The provider's name in the catalogue.")]
    state: Annotated[str, doc("The state.")]
    age_s: Annotated[float, doc("Seconds since it was accepted.")]
    left_s: Annotated[float, doc("Seconds until it fails and is refunded.")]


class FailingEntry(Struct, kw_only=True):
    """A webhook endpoint whose deliveries have failed since a time."""

    id: Annotated[str, doc("The endpoint's id.")]
    account: Annotated[str, doc("The account's id.")]
    url: Annotated[str, doc("The URL.")]
    since: Annotated[str | None, timestamp("Since when every attempt has failed.")]
    disabled: Annotated[bool, doc("Whether the endpoint is disabled.")]


class LedgerState(Struct, kw_only=True):
    """The result of the last ledger check."""

    checked_at: Annotated[str | None, timestamp("When the ledger was last checked.")]
    findings: Annotated[int, doc("How many faults the check found.")]


class Overview(Struct, kw_only=True):
    """The state of a deployment. `ledger` is null before the first check."""

    totals: Annotated[Totals, doc("Totals of the whole deployment.")]
    money: Annotated[MoneyRate, doc("Money that moved in the last minutes.")]
    ledger: Annotated[LedgerState | None, doc("The last check of the ledger. Null if there was none.")]
    queues: Annotated[tuple[QueueEntry, ...], doc("Every provider's queue.")]
    workers: Annotated[tuple[WorkerEntry, ...], doc("Every running process.")]
    slowest: Annotated[tuple[SlowEntry, ...], doc("The oldest open generations.")]
    failing_endpoints: Annotated[
        tuple[FailingEntry, ...], doc("Endpoints whose deliveries fail, longest failing first.")
    ]


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
