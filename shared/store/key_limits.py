"""The limits and budgets of API keys in the store, and when keys were last used."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from msgspec import structs

from shared.domain.account import Key, KeyHolder
from shared.domain.key_limits import NO_CAPS, SpendCaps, Spent, read_limits
from shared.domain.times import DAY_MS
from shared.ops.clock import CLOCK
from shared.store import keys
from shared.store.client import StoreClient

USED_CHARS = 16  # of a key's hash
MARCH = 3  # months are counted since March of the year 0


async def find_limited(store: StoreClient, hashed: str) -> KeyHolder | None:
    """Return the holder of a key with limits, or of a session, or None for an unknown or revoked one."""
    fields = _named(await store.call("HGETALL", keys.limited_key(hashed)))
    if not fields:
        return None
    active = keys.sessions if "person" in fields else keys.account_keys
    if not await store.call("HEXISTS", active(fields["account"]), fields["id"]):
        return None
    return KeyHolder(fields["account"], read_limits(fields))


async def read_budget(store: StoreClient, budget_id: str) -> tuple[SpendCaps, Spent]:
    """Return the caps of a budget, and what it has counted."""
    fields = _named(await store.call("HGETALL", keys.budget(budget_id)))
    caps = {name: fields.get(f"cap_{name}", "-") for name in ("day", "month", "total")}
    spent = {name: int(fields.get(f"spent_{name}", 0)) for name in caps}
    day, month = _period(CLOCK.now_ms())
    if fields.get("day") != day:
        spent["day"] = 0
    if fields.get("month") != month:
        spent["month"] = 0
    numbers = {name: int(cap) for name, cap in caps.items() if cap != "-"}
    return SpendCaps(**numbers), Spent(**spent)


async def add_limits(store: StoreClient, account_id: str, found: Sequence[Key]) -> list[Key]:
    """Return keys with their limits, budgets and last uses. Keys that have expired are left out."""
    used = _named(await store.call("HGETALL", keys.keys_used(account_id)))
    whole, now_ms = await asyncio.gather(*(_add(store, key, used) for key in found)), CLOCK.now_ms()
    return [key for key in whole if key.limits.expires_ms is None or key.limits.expires_ms > now_ms]


async def _add(store: StoreClient, key: Key, used: Mapping[str, str]) -> Key:
    limits = read_limits(_named(await store.call("HGETALL", keys.limited_key(key.hash))))
    caps, spent = await read_budget(store, limits.budget) if limits.budget else (NO_CAPS, Spent())
    used_ms = used.get(key.hash[:USED_CHARS])
    return structs.replace(
        key, limits=limits, caps=caps, spent=spent, used_ms=None if used_ms is None else int(used_ms)
    )


async def note_use(store: StoreClient, account_id: str, hashed: str) -> None:
    """Note that a key was used. The gateway calls this at most once a minute for each key."""
    await store.call("HSET", keys.keys_used(account_id), hashed[:USED_CHARS], CLOCK.now_ms())


def _named(fields: Sequence[bytes]) -> dict[str, str]:
    return {fields[at].decode(): fields[at + 1].decode(errors="replace") for at in range(0, len(fields), 2)}


def _period(now_ms: int) -> tuple[str, str]:
    """Return the UTC day and month as the scripts count them."""
    at = datetime.fromtimestamp(now_ms / 1000, UTC)
    month = at.year * 12 + at.month - MARCH
    return str(now_ms // DAY_MS), str(month)
