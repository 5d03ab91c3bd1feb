"""Queues and the providers behind them: how full they are, and holding one up."""

from typing import Literal

from msgspec import Struct

from operate.operator import Operator
from operate.times import seconds
from shared.store import keys
from shared.store.queue import WEBHOOKS
from shared.store.survey import Queue, survey

Hold = Literal["pause", "drain"]
BREAKER = ("closed", "half_open", "open")


class QueueEntry(Struct, kw_only=True):
    """One queue; that of the webhooks has no backlog, no breaker and is never held."""

    name: str
    due: int
    running: int
    parked: int
    oldest_s: float
    backlog: int
    backlog_oldest_s: float
    breaker: str
    down_why: str | None
    down_s: float
    busy_s: float
    held: str | None


class Held(Struct, kw_only=True):
    """What is held at a provider now, and what was before."""

    provider: str
    held: str | None
    before: str | None


async def queues(operator: Operator) -> list[QueueEntry]:
    """All queues, in the catalogue's order, the webhooks' last. Raises StoreDown."""
    seen = (await survey(operator.store, (*operator.providers, WEBHOOKS))).queues
    return [await _entry(operator, queue) for queue in seen]


async def hold(operator: Operator, provider: str, held: Hold | None) -> Held:
    """Pause or drain a provider, or let it go on. Raises Refused for an unknown one."""
    what = {"pause": "queue pause", "drain": "queue drain", None: "queue resume"}[held]
    acting = operator.act(what, operator.known(provider))
    _, before = await acting.run("hold", provider, held or "")
    return Held(provider=provider, held=held, before=before.decode() or None)


async def _entry(operator: Operator, queue: Queue) -> QueueEntry:
    why = await operator.store.call("HGET", keys.provider(queue.name), "down_why")
    return QueueEntry(
        name=queue.name,
        due=queue.due,
        running=queue.running,
        parked=queue.parked,
        oldest_s=seconds(queue.oldest_ms),
        backlog=queue.waiting,
        backlog_oldest_s=seconds(queue.waiting_ms),
        breaker=BREAKER[queue.breaker],
        down_why=why.decode() if why and queue.downs else None,
        down_s=seconds(queue.down_ms),
        busy_s=seconds(queue.paused_ms),
        held=queue.held or None,
    )
