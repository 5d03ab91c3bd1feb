"""Dead letters: webhook deliveries that failed for good."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Struct

from operate.operator import Operator
from operate.times import moment
from shared.domain.described import doc, timestamp
from shared.domain.errors import Refused
from shared.store import replay, webhooks
from shared.store.webhooks import Dead

REDELIVER_MAX, LIST_MAX = 1000, 10_000


class DeadLetterEntry(Struct, kw_only=True):
    """A dead letter. `last` is the error or response of the last attempt."""

    id: Annotated[str, doc("The delivery's id.")]
    account: Annotated[str, doc("The account's id.")]
    endpoint: Annotated[str, doc("The endpoint's id.")]
    type: Annotated[str, doc("The type of the event.")]
    generation_id: Annotated[str | None, doc("The generation behind the event. Null for events of other kinds.")]
    created_at: Annotated[str | None, timestamp("When it was created.")]
    dead_at: Annotated[str | None, timestamp("When its last attempt failed.")]
    attempts: Annotated[int, doc("How many times it was posted.")]
    last: Annotated[str | None, doc("The error or response of the last attempt.")]


class ReplayedDead(Struct, kw_only=True):
    """How many deliveries were queued again. `left` has those whose endpoint is disabled or deleted."""

    queued: Annotated[int, doc("How many deliveries were queued again.")]
    left: Annotated[tuple[str, ...], doc("Deliveries whose endpoint is disabled or deleted.")]


async def list_dead_letters(operator: Operator, count: int) -> list[DeadLetterEntry]:
    """Return up to `count` dead letters, newest first."""
    return [_letter(one) for one in await webhooks.list_dead(operator.store, count)]


async def redeliver_dead_letters(operator: Operator, chosen: Sequence[str]) -> ReplayedDead:
    """Queue these dead letters again, or the newest 1000 if none is named. Raises Refused for an unknown one."""
    dead = {
        one.delivery.id: one for one in await webhooks.list_dead(operator.store, LIST_MAX if chosen else REDELIVER_MAX)
    }
    unknown = [name for name in chosen if name not in dead]
    if unknown:
        message = f"Delivery {unknown[0][:120]!r} is not a dead letter: see `wokflow deadletter list`."
        raise Refused("not_found", message)
    queued, left = 0, []
    for name in chosen or dead:
        try:
            acting = operator.act("deadletter replay", name)
            await replay.redeliver(acting, dead[name].account, dead[name].endpoint, name)
            queued += 1
        except Refused:
            left.append(name)
    return ReplayedDead(queued=queued, left=tuple(left))


def _letter(one: Dead) -> DeadLetterEntry:
    delivery = one.delivery
    last = delivery.attempts[-1] if delivery.attempts else None
    return DeadLetterEntry(
        id=delivery.id,
        account=one.account,
        endpoint=one.endpoint,
        type=delivery.type,
        generation_id=delivery.generation,
        created_at=moment(delivery.created_ms),
        dead_at=moment(one.dead_ms),
        attempts=len(delivery.attempts),
        last=None if last is None else last.error or f"{last.status} {last.answer or ''}".strip(),
    )
