"""Deliveries that were given up."""

from collections.abc import Sequence

from msgspec import Struct

from operate.operator import Operator
from operate.times import moment
from shared.domain.errors import Refused
from shared.store import replay, webhooks
from shared.store.webhooks import Dead

REPLAY_MAX = 1000


class DeadLetterEntry(Struct, kw_only=True):
    """One of them. `last` is what the last attempt came to."""

    id: str
    account: str
    endpoint: str
    type: str
    generation_id: str | None
    created_at: str | None
    dead_at: str | None
    attempts: int
    last: str | None


class ReplayedDead(Struct, kw_only=True):
    """How many begin anew, and which cannot: their endpoint is switched off or gone."""

    queued: int
    left: tuple[str, ...]


async def dead_letters(operator: Operator, count: int) -> list[DeadLetterEntry]:
    """Up to `count` of them, newest first."""
    return [_letter(one) for one in await webhooks.dead(operator.store, count)]


async def replay_dead(operator: Operator, chosen: Sequence[str]) -> ReplayedDead:
    """Post these again; none named: all, the newest 1000 at once. Raises Refused for one that is not dead."""
    dead = {one.delivery.id: one for one in await webhooks.dead(operator.store, REPLAY_MAX if not chosen else 10_000)}
    unknown = [name for name in chosen if name not in dead]
    if unknown:
        raise Refused("not_found", f"There is no dead delivery {unknown[0][:120]!r}: see `wokflow deadletter list`.")
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
