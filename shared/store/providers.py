"""Providers in the store: limits from the catalogue, breaker and pause, measured speed."""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from shared.domain.catalogue import Provider
from shared.store import keys
from shared.store.client import StoreClient

ProviderStatus = Literal["up", "down", "trying", "paused"]


class ProviderState(Struct, frozen=True, kw_only=True):
    """The load, circuit breaker and pause of a provider. Times are Unix ms."""

    now_ms: int
    busy: int  # generations on its queue, waiting or running; bounded by the provider's concurrency
    queued: int  # jobs on its queue, polls for late results included
    running: int  # of these jobs, leased by a worker
    paused_until_ms: int = 0
    downs: int = 0  # failures in a row; 0: the breaker is closed
    down_until_ms: int = 0
    down_why: str = ""

    @property
    def status(self) -> ProviderStatus:
        """Return up, down (breaker open), trying (half-open: the next submit is a probe), or paused."""
        if self.downs:
            return "down" if self.down_until_ms > self.now_ms else "trying"
        return "paused" if self.paused_until_ms > self.now_ms else "up"


TOOK = "took_ms:"
NUMBERS = ("paused_until_ms", "downs", "down_until_ms")


async def read_state(store: StoreClient, provider: str) -> ProviderState:
    """Return a provider's current state."""
    seconds, micros = await store.call("TIME")
    *numbers, why = await store.call("HMGET", keys.provider(provider), *NUMBERS, "down_why")
    queue = keys.queue(provider)
    return ProviderState(
        now_ms=int(seconds) * 1000 + int(micros) // 1000,
        busy=await store.call("SCARD", keys.busy(provider)),
        queued=await store.call("ZCARD", queue),
        running=await store.call("ZCARD", keys.leases(provider)),
        down_why=(why or b"").decode(errors="replace"),
        **{name: int(float(raw or 0)) for name, raw in zip(NUMBERS, numbers, strict=True)},
    )


async def publish(store: StoreClient, providers: Iterable[Provider]) -> None:
    """Write the catalogue's limits to the store, where the Lua verbs read them."""
    for provider in providers:
        for name, value in (("concurrency", provider.concurrency), ("rate_per_s", provider.rate_per_s)):
            if value is None:
                await store.call("HDEL", keys.provider(provider.name), name)
            else:
                await store.call("HSET", keys.provider(provider.name), name, value)


async def read_speeds(store: StoreClient, provider: str) -> dict[str, float]:
    """Return the moving average from submit to result in ms, by kind, for the kinds that were measured."""
    fields = iter(await store.call("HGETALL", keys.provider(provider)))
    known = {name.decode(): value for name, value in zip(fields, fields, strict=True)}
    return {name.removeprefix(TOOK): float(value) for name, value in known.items() if name.startswith(TOOK)}


async def open_breaker(store: StoreClient, provider: str, reason: str) -> int:
    """Open the circuit breaker of a provider that cannot serve. Returns its failures in a row."""
    return int((await store.run("open_breaker", provider, reason))[2])


async def close_breaker(store: StoreClient, provider: str) -> None:
    """Close the circuit breaker of a provider that served again."""
    await store.run("close_breaker", provider)
