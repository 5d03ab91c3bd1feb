"""Redelivery of webhook events that an endpoint did not receive."""

import asyncio
from typing import Literal

from msgspec import Struct

from shared.domain.errors import Refused
from shared.store import keys
from shared.store.client import StoreClient

SCANNED_MAX, QUEUED_MAX, BATCH = 10_000, 1_000, 200
LIFE_MS_MAX = 3 * 86_400_000  # of a generation: a day of waiting, a day of running, a day in reserve

ReplayScope = Literal["failed", "missing"]


class ReplayProgress(Struct, frozen=True):
    """The number of queued deliveries, and the position of the next call; None: the replay is complete."""

    queued: int
    next: int | None


async def redeliver(store: StoreClient, account_id: str, endpoint_id: str, delivery_id: str) -> None:
    """Post a delivery now, whatever its state is. Raises Refused: not_found or conflict."""
    _raise_refusal((await store.run("redeliver", account_id, endpoint_id, delivery_id))[0])


async def replay(
    store: StoreClient, account_id: str, endpoint_id: str, scope: ReplayScope, *, since_ms: int, first: int = 0
) -> ReplayProgress:
    """Post events since `since_ms` that an endpoint did not receive: some of them, starting at position `first`.

    Scope `failed` redelivers dead deliveries. Scope `missing` delivers ends of generations that were never posted to
    the endpoint, because it was disabled or did not exist yet. Raises Refused: not_found or conflict.
    """
    queued = await _redeliver_dead(store, account_id, endpoint_id, since_ms) if scope == "failed" and first == 0 else 0
    position = first
    while position - first < SCANNED_MAX and queued < QUEUED_MAX:
        word, *rest = await store.run("replay", account_id, endpoint_id, scope, since_ms, position, BATCH)
        _raise_refusal(word)
        scanned, more, *oldest = rest
        position, queued = position + scanned, queued + more
        if scanned < BATCH or (oldest and oldest[0] < since_ms - LIFE_MS_MAX):
            return ReplayProgress(queued, None)
    return ReplayProgress(queued, position)


async def _redeliver_dead(store: StoreClient, account_id: str, endpoint_id: str, since_ms: int) -> int:
    """Redeliver the dead deliveries in the endpoint's log, events of all types. Returns their number."""
    ids = [raw.decode() for raw in await store.call("LRANGE", keys.endpoint_log(endpoint_id), 0, -1)]
    names = ("state", "created_ms")
    found = await asyncio.gather(*(store.call("HMGET", keys.delivery(delivery_id), *names) for delivery_id in ids))
    dead = [
        name
        for name, (state, at) in zip(ids, found, strict=True)
        if state == b"dead" and (at is None or not at.isdigit() or int(at) >= since_ms)  # unreadable ones too
    ]
    for delivery_id in dead:
        await redeliver(store, account_id, endpoint_id, delivery_id)
    return len(dead)


def _raise_refusal(word: str) -> None:
    if word == "missing":
        raise Refused("not_found", "Your account does not have this endpoint or delivery.")
    if word == "disabled":
        raise Refused("conflict", "This endpoint is disabled: enable it first.")
