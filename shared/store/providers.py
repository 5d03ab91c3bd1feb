"""What is known of the providers: their limits from the catalogue, their state from what happened."""

from collections.abc import Iterable

from msgspec import Struct

from shared.domain.catalogue import Provider
from shared.store import keys
from shared.store.client import StoreClient


class ProviderState(Struct, frozen=True, kw_only=True):
    """What became of a provider's submits lately. Times are Unix ms."""

    now_ms: int
    busy: int  # generations that have a place there, waiting for a worker or being worked on: `concurrency` bounds them
    queued: int  # jobs on its queue, late looks included
    running: int  # of those in a worker's hands at this moment
    paused_until_ms: int = 0
    downs: int = 0  # failures in a row; 0: it serves
    down_until_ms: int = 0
    down_why: str = ""

    @property
    def word(self) -> str:
        """up, down, trying (one submit is let through to see), or paused."""
        if self.downs:
            return "down" if self.down_until_ms > self.now_ms else "trying"
        return "paused" if self.paused_until_ms > self.now_ms else "up"


TOOK = "took_ms:"
NUMBERS = ("paused_until_ms", "downs", "down_until_ms")


async def read_state(store: StoreClient, provider: str) -> ProviderState:
    """A provider's state at this moment."""
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
    """Write the catalogue's limits where the scripts read them."""
    for provider in providers:
        for name, value in (("concurrency", provider.concurrency), ("rate_per_s", provider.rate_per_s)):
            if value is None:
                await store.call("HDEL", keys.provider(provider.name), name)
            else:
                await store.call("HSET", keys.provider(provider.name), name, value)


async def read_speeds(store: StoreClient, provider: str) -> dict[str, float]:
    """How long it takes from submit to done, ms, by kind: moving averages, of those that were measured."""
    fields = iter(await store.call("HGETALL", keys.provider(provider)))
    known = {name.decode(): value for name, value in zip(fields, fields, strict=True)}
    return {name.removeprefix(TOOK): float(value) for name, value in known.items() if name.startswith(TOOK)}


async def open_breaker(store: StoreClient, provider: str, reason: str) -> int:
    """The provider cannot serve anybody: it is left alone for a while. How often that happened in a row."""
    return int((await store.run("open_breaker", provider, reason))[2])


async def close_breaker(store: StoreClient, provider: str) -> None:
    """The provider served again."""
    await store.run("close_breaker", provider)
