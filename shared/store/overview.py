"""What moves and what does not: money by the minute, the slowest generations, the endpoints that fail."""

import asyncio
import time

from msgspec import Struct

from shared.store import keys
from shared.store.client import StoreClient

LOOKED_MAX = 5000
MINUTE_MS = 60_000


class Money(Struct, frozen=True):
    """What moved in a time, micro-USD."""

    reserved: int
    settled: int
    refunded: int


class Slow(Struct, frozen=True):
    """An open generation and for how long it has been that."""

    id: str
    account: str
    provider: str
    state: str
    age_ms: int
    left_ms: int


class Failing(Struct, frozen=True):
    """An endpoint to which nothing was delivered since then."""

    id: str
    account: str
    url: str
    since_ms: int
    disabled: bool


async def read_money_flow(store: StoreClient, minutes: int) -> Money:
    """What moved in the last full `minutes` and the running one."""
    now = time.time_ns() // 1_000_000 // MINUTE_MS
    names = ("reserved", "settled", "refunded")
    calls = (store.call("HMGET", keys.money(minute), *names) for minute in range(now - minutes, now + 1))
    rows = await asyncio.gather(*calls)
    return Money(*(sum(int(row[i] or 0) for row in rows) for i in range(len(names))))


async def list_slowest(store: StoreClient, count: int) -> list[Slow]:
    """The oldest open generations, of the first few thousand that the sweeper looks at next."""
    _, now_ms, *rows = await store.run("list_slowest", count, LOOKED_MAX)
    return [
        Slow(name.decode(), account.decode(), provider.decode(), state.decode(), now_ms - created, deadline - now_ms)
        for name, account, provider, state, created, deadline in rows
    ]


async def list_failing_endpoints(store: StoreClient, count: int) -> list[Failing]:
    """The endpoints that fail, the longest first."""
    found = await store.call("ZRANGE", keys.FAILING, 0, count - 1, "WITHSCORES")
    since = {found[i].decode(): int(float(found[i + 1])) for i in range(0, len(found), 2)}
    fields = ("account", "url", "disabled_ms")
    rows = await asyncio.gather(*(store.call("HMGET", keys.endpoint(name), *fields) for name in since))
    return [
        Failing(name, account.decode(), url.decode(), since[name], off is not None)
        for name, (account, url, off) in zip(since, rows, strict=True)
        if account is not None and url is not None
    ]
