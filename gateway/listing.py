"""Lists of generations, read and shown in batches, so that requests of others are served in between."""

from collections.abc import Callable
from typing import TypeVar

from gateway.context import GatewayContext
from shared.domain.generation import Generation
from shared.store import generations

Entry = TypeVar("Entry")


async def show_newest(
    context: GatewayContext, account: str, count: int, show: Callable[[GatewayContext, Generation], Entry]
) -> list[Entry]:
    """Return an account's newest generations in a dialect's shape. Raises Refused past the lists of one account."""
    with context.lists.count(account):
        batches = generations.scan_newest(context.store, account, count)
        return [show(context, generation) async for batch in batches for generation in batch]
