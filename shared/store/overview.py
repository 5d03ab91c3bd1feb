"""Figures for operators: money by the minute, the slowest generations, the failing endpoints."""

import asyncio

from msgspec import Struct

from shared.ops import clock
from shared.store import keys
from shared.store.client import StoreClient

SCANNED_MAX = 5000
MINUTE_MS = 60_000


class MoneyFlow(Struct, frozen=True):
    """Money reserved, settled and refunded in a period, micro-USD."""

    reserved: int
    settled: int
    refunded: int


class Slow(Struct, frozen=True):
    """An open generation, its age, and the time until its deadline."""

    id: str
    account: str
    provider: str
    state: str
    age_ms: int
    left_ms: int


class Failing(Struct, frozen=True):
    """A webhook endpoint whose deliveries all failed since `since_ms`."""

    id: str
    account: str
    url: str
    since_ms: int
    disabled: bool


async def read_money_flow(store: StoreClient, minutes: int) -> MoneyFlow:
    """Return the money flow of the last full `minutes` and the running minute."""
    now = clock.now_ms() // MINUTE_MS
    names = ("reserved", "settled", "refunded")
    calls = (store.call("HMGET", keys.money(minute), *names) for minute in range(now - minutes, now + 1))
    rows = await asyncio.gather(*calls)
    return MoneyFlow(*(sum(int(row[i] or 0) for row in rows) for i in range(len(names))))


async def list_slowest(store: StoreClient, count: int) -> list[Slow]:
    """Return the oldest open generations among the first SCANNED_MAX in the sweeper's index."""
    _, now_ms, *rows = await store.run("list_slowest", count, SCANNED_MAX)
    return [
        Slow(name.decode(), account.decode(), provider.decode(), state.decode(), now_ms - created, deadline - now_ms)
        for name, account, provider, state, created, deadline in rows
    ]


async def list_failing_endpoints(store: StoreClient, count: int) -> list[Failing]:
    """Return up to `count` failing endpoints, the longest failing first."""
    found = await store.call("ZRANGE", keys.FAILING, 0, count - 1, "WITHSCORES")
    since = {found[i].decode(): int(float(found[i + 1])) for i in range(0, len(found), 2)}
    fields = ("account", "url", "disabled_ms")
    rows = await asyncio.gather(*(store.call("HMGET", keys.endpoint(name), *fields) for name in since))
    return [
        Failing(name, account.decode(), url.decode(), since[name], off is not None)
        for name, (account, url, off) in zip(since, rows, strict=True)
        if account is not None and url is not None
    ]
