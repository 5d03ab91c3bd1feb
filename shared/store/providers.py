"""Providers in the store: limits from the catalogue, breaker and pause, measured speed."""

from collections.abc import Iterable
from typing import Any, Literal

from msgspec import Struct

from shared.domain.catalogue import Provider
from shared.store import keys
from shared.store.client import StoreClient

ProviderStatus = Literal["up", "down", "gone", "trying", "paused"]
Scope = Literal["route", "gone", "provider"]


class BreakerState(Struct, frozen=True, kw_only=True):
    """A circuit breaker and a pause, of a provider or of one of its routes. Times are Unix ms."""

    now_ms: int
    paused_until_ms: int = 0
    downs: int = 0  # failures in a row; 0: the breaker is closed
    down_until_ms: int = 0
    down_why: str = ""
    gone: int = 0  # 1: the provider does not offer the model of this route

    @property
    def status(self) -> ProviderStatus:
        """Return up, down (breaker open), gone (open: no such model), trying (half-open), or paused."""
        if self.downs and self.down_until_ms > self.now_ms:
            return "gone" if self.gone else "down"
        if self.downs:
            return "trying"
        return "paused" if self.paused_until_ms > self.now_ms else "up"


class RouteState(BreakerState, frozen=True, kw_only=True):
    """The circuit breaker and pause of a route: one model of a provider."""

    target: str  # the provider's name of the model


class ProviderState(BreakerState, frozen=True, kw_only=True):
    """The load, circuit breaker and pause of a provider, and those of its routes that are not up."""

    busy: int  # generations on its queue, waiting or running; bounded by the provider's concurrency
    queued: int  # jobs on its queue, polls for late results included
    running: int  # of these jobs, leased by a worker
    routes: tuple[RouteState, ...] = ()


class Opened(Struct, frozen=True):
    """A breaker that was opened: its failures in a row, and its scope."""

    failures: int
    scope: Scope


TOOK = "took_ms:"
NUMBERS = ("paused_until_ms", "downs", "down_until_ms", "gone")
ROUTES_MAX = 100  # routes of a provider that are read


async def read_state(store: StoreClient, provider: str) -> ProviderState:
    """Return a provider's current state."""
    seconds, micros = await store.call("TIME")
    now_ms = int(seconds) * 1000 + int(micros) // 1000
    targets = await store.call("ZREVRANGE", keys.routes(provider), 0, ROUTES_MAX - 1)
    known = [
        RouteState(now_ms=now_ms, target=name, **await _read_breaker(store, keys.route(provider, name)))
        for name in (raw.decode() for raw in targets)
    ]
    return ProviderState(
        now_ms=now_ms,
        busy=await store.call("SCARD", keys.busy(provider)),
        queued=await store.call("ZCARD", keys.queue(provider)),
        running=await store.call("ZCARD", keys.leases(provider)),
        routes=tuple(route for route in known if route.status != "up"),
        **await _read_breaker(store, keys.provider(provider)),
    )


async def _read_breaker(store: StoreClient, key: str) -> dict[str, Any]:
    *numbers, why = await store.call("HMGET", key, *NUMBERS, "down_why")
    times = {name: int(float(raw or 0)) for name, raw in zip(NUMBERS, numbers, strict=True)}
    return {**times, "down_why": (why or b"").decode(errors="replace")}


async def publish(store: StoreClient, providers: Iterable[Provider]) -> None:
    """Write the catalogue's providers and their limits to the store, where the Lua verbs read them."""
    for provider in providers:
        await store.call("SADD", keys.PROVIDERS, provider.name)
        for name, value in (("concurrency", provider.concurrency), ("rate_per_s", provider.rate_per_s)):
            if value is None:
                await store.call("HDEL", keys.provider(provider.name), name)
            else:
                await store.call("HSET", keys.provider(provider.name), name, value)


async def list_published(store: StoreClient) -> list[str]:
    """Return every provider that a catalogue has had."""
    return sorted(raw.decode() for raw in await store.call("SMEMBERS", keys.PROVIDERS))


async def count_orders(store: StoreClient, provider: str) -> int:
    """Return the number of a provider's open generations, waiting ones included."""
    return int(await store.call("SCARD", keys.busy(provider))) + int(await store.call("ZCARD", keys.waiting(provider)))


async def note_alone(store: StoreClient, provider: str, *, alone: bool) -> int:
    """Note whether nobody works on a provider's orders. Return for how many ms that has been so."""
    key = keys.provider(provider)
    if not alone:
        await store.call("HDEL", key, "alone_ms")
        return 0
    seconds, micros = await store.call("TIME")
    now_ms = int(seconds) * 1000 + int(micros) // 1000
    await store.call("HSETNX", key, "alone_ms", now_ms)
    return now_ms - int(await store.call("HGET", key, "alone_ms"))


async def read_speeds(store: StoreClient, provider: str) -> dict[str, float]:
    """Return the moving average from submit to result in ms, by kind, for the kinds that were measured."""
    fields = iter(await store.call("HGETALL", keys.provider(provider)))
    known = {name.decode(): value for name, value in zip(fields, fields, strict=True)}
    return {name.removeprefix(TOOK): float(value) for name, value in known.items() if name.startswith(TOOK)}


async def open_breaker(
    store: StoreClient, provider: str, reason: str, *, target: str = "", scope: Scope = "provider"
) -> Opened:
    """Open the circuit breaker of a provider that is proven to serve no route, or with scope `route` that of a route.

    A second route that goes down opens the provider's breaker too. With scope `gone` the route's model is not offered:
    it is closed for an hour, and says nothing about others.
    """
    _, _, failures, opened = await store.run("open_breaker", provider, target, reason, scope)
    return Opened(int(failures), opened.decode())


async def release_probe(store: StoreClient, provider: str, *, target: str) -> None:
    """Let another submit be the probe of half-open breakers, because this one was not sent."""
    for key in (keys.provider(provider), keys.route(provider, target)):
        await store.call("HDEL", key, "probe_until_ms")


async def close_breaker(store: StoreClient, provider: str, *, target: str = "") -> None:
    """Close the circuit breakers of a route and of its provider, which served again."""
    await store.run("close_breaker", provider, target)
