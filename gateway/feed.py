"""Follow the feed of an account: its entries as they come, until the reader leaves or this process stops."""

import asyncio
from collections.abc import AsyncIterator

from gateway.context import GatewayContext
from gateway.exchange import EXCHANGE
from shared.domain.errors import StoreDown
from shared.store import feeds
from shared.store.feeds import FeedEntry

STORE_RETRY_S = 0.5


def is_over(context: GatewayContext) -> bool:
    """Return whether the current request must end: its client has left, or this process stops."""
    left = EXCHANGE.get().left
    return context.feeds.leaving or (left is not None and left.done())


async def read_feed(
    context: GatewayContext, account: str, after: str, pause_s: float
) -> AsyncIterator[list[FeedEntry]]:
    """Yield the entries after a place as they come, and an empty list after each pause. An outage is a pause."""
    while not is_over(context):
        news = context.feeds.expect(account)
        try:
            entries = await feeds.read(context.store, account, after)
            if not entries:
                await context.feeds.hold(news, pause_s)
                entries = await feeds.read(context.store, account, after)
        except StoreDown:
            entries = []
            await asyncio.sleep(STORE_RETRY_S)
        finally:
            news.cancel()
        if entries:
            after = entries[-1].id
        yield entries


async def read_own(context: GatewayContext, account: str, generation_id: str, after: str) -> list[FeedEntry]:
    """Return the entries of one generation that the feed has after a place."""
    found = list[FeedEntry]()
    while entries := await feeds.read(context.store, account, after):
        found += [entry for entry in entries if entry.generation == generation_id]
        after = entries[-1].id
    return found
