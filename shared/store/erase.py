"""Erase an account from the store: its keys, endpoints, uploads, and every ended generation and delivery.

Its totals and its ledger stay, for the books.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence

from shared.domain.generation import TERMINAL
from shared.domain.retry import ATTEMPT_MAX
from shared.store import accounts, archive, keys, sessions, uploads, webhooks
from shared.store.client import StoreClient
from shared.store.connect import Store
from shared.store.webhooks import DeliveryAttempt

SCAN_COUNT = 500
ENDED_KEEP_MS = 60_000
REQUESTS_MAX = 10  # that are read at a time
ENDED = {*TERMINAL, "delivered", "dead"}


async def revoke_all(store: StoreClient, account: str) -> tuple[int, int]:
    """Remove an account's endpoints and sessions and revoke its keys. Return the numbers of keys and endpoints."""
    endpoints = await webhooks.list_endpoints(store, account)
    for endpoint in endpoints:
        await webhooks.delete_endpoint(store, account, endpoint.id)
    held = await accounts.list_keys(store, account)
    for key in held:
        await accounts.revoke_key(store, account, key.id)
    await sessions.close_account_sessions(store, account)
    return len(held), len(endpoints)


async def request(store: StoreClient, account: str, now_ms: int) -> None:
    """Note that an account is to be erased. Once it is noted, gateways erase it, whatever happens to this one."""
    await store.call("ZADD", keys.ERASURES, "NX", now_ms, account)


async def claim_requests(store: StoreClient, every_s: float) -> bool:
    """Claim the next round of the requests. True for one caller in each `every_s`."""
    return await store.call("SET", keys.ERASURES_DUE, "1", "NX", "PX", int(every_s * 1000)) is not None


async def list_requested(store: StoreClient, now_ms: int) -> list[str]:
    """Return accounts that are to be erased now, at most REQUESTS_MAX."""
    found = await store.call("ZRANGEBYSCORE", keys.ERASURES, "-inf", now_ms, "LIMIT", 0, REQUESTS_MAX)
    return [raw.decode() for raw in found]


async def postpone_request(store: StoreClient, account: str, until_ms: int) -> None:
    """Leave the rest of an erasure for later."""
    await store.call("ZADD", keys.ERASURES, "XX", until_ms, account)


async def drop_request(store: StoreClient, account: str) -> None:
    """Forget the request of an account that is erased."""
    await store.call("ZREM", keys.ERASURES, account)


async def end_delivery(store: StoreClient, delivery: str, now_ms: int) -> None:
    """End a pending delivery, whose endpoint is gone."""
    attempt = DeliveryAttempt(at_ms=now_ms, duration_ms=0, error="the account was erased")
    await webhooks.record_attempt(store, delivery, ATTEMPT_MAX, "dead", attempt, keep_ms=ENDED_KEEP_MS, health="")


async def scan_owned(store: StoreClient, account: str) -> AsyncIterator[tuple[list[str], list[str]]]:
    """Yield the keys of an account's generations and deliveries by a scan: of the ended ones, and of the others."""
    cursor = b""
    while cursor != b"0":
        cursor, found = await store.call("SCAN", cursor or b"0", "MATCH", archive.SCANNED, "COUNT", SCAN_COUNT)
        prefixes = (archive.GENERATION.encode(), archive.DELIVERY.encode())
        names = [raw for raw in found if raw.startswith(prefixes)]
        if names:
            _, owned = await store.run("find_owned", account, *names)
            pairs = [(owned[at].decode(), owned[at + 1].decode()) for at in range(0, len(owned), 2)]
            ended = [name for name, state in pairs if state in ENDED]
            yield ended, [name for name, state in pairs if state not in ENDED]


async def drop_records(store: StoreClient, names: Sequence[str]) -> None:
    """Delete ended records. Late polls of them find nothing."""
    if names:
        await store.call("DEL", *names)


async def drop_uploads(store: Store, account: str) -> int:
    """Drop an account's uploads; the sweeper deletes their files. Return their number."""
    dropped = 0
    names = [raw.decode() for raw in await store.call("ZRANGE", keys.UPLOADS_DUE, 0, -1)]
    for first in range(0, len(names), SCAN_COUNT):
        batch = names[first : first + SCAN_COUNT]
        owners = await asyncio.gather(*(store.call("HGET", keys.upload(name), "account") for name in batch))
        for name, owner in zip(batch, owners, strict=True):
            if owner == account.encode():
                dropped += await uploads.delete(store, name, account)
    return dropped


async def erase_texts(store: StoreClient, account: str, subjects: Collection[str]) -> int:
    """Erase an account's name, events and lists, and the details of actions on it. Return the number of actions."""
    word, *counts = await store.run("erase_account", account, *sorted(subjects))
    return int(counts[0]) if word == "erased" else 0
