"""Reading the generations of an account after a run."""

import asyncio

from shared.domain.generation import Generation
from shared.store import generations, keys
from shared.store.connect import Store

BATCH = 200


async def read_generations(store: Store, account: str) -> dict[str, Generation]:
    """Return all generations of an account by id."""
    raws = await store.call("LRANGE", keys.generations(account), 0, -1)
    read: dict[str, Generation] = {}
    for first in range(0, len(raws), BATCH):
        names = [raw.decode() for raw in raws[first : first + BATCH]]
        found = await asyncio.gather(*(generations.view(store, "", name) for name in names))
        read |= {generation.id: generation for generation in found if generation is not None}
    return read
