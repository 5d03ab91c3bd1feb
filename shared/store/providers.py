"""What is known of the providers: their limits from the catalogue, their state from what happened."""

from collections.abc import Iterable

from shared.domain.catalogue import Provider
from shared.store import keys
from shared.store.connect import Store


async def publish(store: Store, providers: Iterable[Provider]) -> None:
    """Write the catalogue's limits where the scripts read them."""
    for provider in providers:
        for name, value in (("concurrency", provider.concurrency), ("rate_per_s", provider.rate_per_s)):
            if value is None:
                await store.call("HDEL", keys.provider(provider.name), name)
            else:
                await store.call("HSET", keys.provider(provider.name), name, value)


async def down(store: Store, provider: str, reason: str) -> int:
    """The provider cannot serve anybody: it is left alone for a while. How often that happened in a row."""
    return int((await store.run("down", provider, reason))[2])


async def up(store: Store, provider: str) -> None:
    """The provider served again."""
    await store.run("up", provider)
