"""What an endpoint did not get, posted to it once more."""

import asyncio

from msgspec import Struct

from shared.domain.errors import Refused
from shared.store import keys
from shared.store.client import StoreClient

LOOKED_MAX, QUEUED_MAX, BATCH = 10_000, 1_000, 200
LIFE_MS_MAX = 3 * 86_400_000  # from accept to end: a day of waiting, a day of running, a day in hand


class ReplayProgress(Struct, frozen=True):
    """How many deliveries begin anew, and where to go on looking; None: all was looked at."""

    queued: int
    next: int | None


async def redeliver(store: StoreClient, account_id: str, endpoint_id: str, delivery_id: str) -> None:
    """Post a delivery now, whatever became of it. Raises Refused: not_found or conflict."""
    _checked((await store.run("redeliver", account_id, endpoint_id, delivery_id))[0])


async def replay(
    store: StoreClient, account_id: str, endpoint_id: str, which: str, *, since_ms: int, first: int = 0
) -> ReplayProgress:
    """Post what an endpoint did not get of what happened from `since_ms` on; some of it, starting from place `first`.

    `which` is `failed`, for what was given up, or `missing`, for what was never posted there: ends of generations while
    it was switched off, or before it was made. Raises Refused: not_found or conflict.
    """
    queued = await _given_up(store, account_id, endpoint_id, since_ms) if which == "failed" and first == 0 else 0
    place = first
    while place - first < LOOKED_MAX and queued < QUEUED_MAX:
        word, *rest = await store.run("replay", account_id, endpoint_id, which, since_ms, place, BATCH)
        _checked(word)
        looked, more, *oldest = rest
        place, queued = place + looked, queued + more
        if looked < BATCH or (oldest and oldest[0] < since_ms - LIFE_MS_MAX):
            return ReplayProgress(queued, None)
    return ReplayProgress(queued, place)


async def _given_up(store: StoreClient, account_id: str, endpoint_id: str, since_ms: int) -> int:
    """Begin anew what the endpoint's log has of it: events of all types."""
    ids = [raw.decode() for raw in await store.call("LRANGE", keys.endpoint_log(endpoint_id), 0, -1)]
    names = ("state", "created_ms")
    seen = await asyncio.gather(*(store.call("HMGET", keys.delivery(delivery_id), *names) for delivery_id in ids))
    dead = [name for name, (state, at) in zip(ids, seen, strict=True) if state == b"dead" and int(at) >= since_ms]
    for delivery_id in dead:
        await redeliver(store, account_id, endpoint_id, delivery_id)
    return len(dead)


def _checked(word: str) -> None:
    if word == "missing":
        raise Refused("not_found", "Your account has no such endpoint or delivery.")
    if word == "disabled":
        raise Refused("conflict", "This endpoint is switched off: enable it first.")
