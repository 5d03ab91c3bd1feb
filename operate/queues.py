"""Queues and the providers behind them: read their state, pause, drain and resume them."""

from typing import Annotated, Literal

from msgspec import Struct

from operate.operator import Operator
from operate.times import seconds
from shared.domain.described import doc
from shared.store import keys
from shared.store.stats import QueueStats, read_stats

Mode = Literal["pause", "drain"]
BREAKER = ("closed", "half_open", "open")


class QueueEntry(Struct, kw_only=True):
    """A queue. `held` is the operator's pause or drain; the queue of webhooks has none, no backlog and no breaker."""

    name: Annotated[str, doc("The provider's name in the catalogue.")]
    due: Annotated[int, doc("Jobs that are ready to run.")]
    running: Annotated[int, doc("Jobs that are running.")]
    parked: Annotated[int, doc("Jobs that wait for their next poll or attempt.")]
    oldest_s: Annotated[float, doc("Seconds that the oldest due job has waited.")]
    backlog: Annotated[int, doc("Generations that wait for a slot on this queue.")]
    backlog_oldest_s: Annotated[float, doc("Seconds that the oldest of them has waited.")]
    breaker: Annotated[
        str, doc("`open`: the provider gets no jobs for now. `half_open`: the next submit is a probe.", enum=[*BREAKER])
    ]
    down_why: Annotated[str | None, doc("The error that opened the breaker.")]
    down_s: Annotated[float, doc("Seconds until the breaker lets a probe through.")]
    busy_s: Annotated[float, doc("Seconds until the provider's own rate limit allows the next submit.")]
    held: Annotated[
        str | None, doc("`pause`: nothing is submitted. `drain`: no new generations are accepted. Null: neither.")
    ]


class Held(Struct, kw_only=True):
    """An operator's pause or drain of a provider, now and before."""

    provider: Annotated[str, doc("The provider's name in the catalogue.")]
    held: Annotated[
        str | None, doc("`pause`: nothing is submitted. `drain`: no new generations are accepted. Null: neither.")
    ]
    before: Annotated[str | None, doc("The mode before this call: `pause` or `drain`. Null if it ran.")]


async def list_queues(operator: Operator) -> list[QueueEntry]:
    """Return all queues in the catalogue's order, that of webhooks last. Raises StoreDown."""
    found = (await read_stats(operator.store, (*operator.providers, keys.WEBHOOKS))).queues
    return [await _read_entry(operator, queue) for queue in found]


async def set_mode(operator: Operator, provider: str, mode: Mode | None) -> Held:
    """Pause, drain or, for None, resume a provider. Raises Refused for an unknown one."""
    acting = operator.act(f"queue {mode or 'resume'}", operator.require_provider(provider))
    _, before = await acting.run("set_mode", provider, mode or "")
    return Held(provider=provider, held=mode, before=before.decode() or None)


async def _read_entry(operator: Operator, queue: QueueStats) -> QueueEntry:
    reason = await operator.store.call("HGET", keys.provider(queue.name), "down_why")
    return QueueEntry(
        name=queue.name,
        due=queue.due,
        running=queue.running,
        parked=queue.parked,
        oldest_s=seconds(queue.oldest_ms),
        backlog=queue.waiting,
        backlog_oldest_s=seconds(queue.waiting_ms),
        breaker=BREAKER[queue.breaker],
        down_why=reason.decode() if reason and queue.downs else None,
        down_s=seconds(queue.down_ms),
        busy_s=seconds(queue.paused_ms),
        held=queue.held or None,
    )
