"""Lists are read and shown in batches."""

import asyncio
from collections import Counter
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

from msgspec.json import decode

from gateway.admission.lists import AT_ONCE
from gateway.context import CONTEXT, GatewayContext
from gateway.listing import show_generations
from shared.domain.generation import Generation
from shared.records.history import History
from shared.store import ledger
from shared.store.connect import Store
from tests.harness.archiving import make_context
from tests.harness.factories import create_customer, make_order

BATCHES, READERS = 3, 4


async def test_long_lists_leave_the_loop_to_others_after_each_batch(store_url: str) -> None:
    """Other work of the process goes on between two batches, and waits for one batch of all lists that are read."""
    turn, shown = 0, Counter[int]()

    async def take_turns() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    def show(context: GatewayContext, generation: Generation) -> object:
        shown[turn] += 1
        return generation.id

    async with Store(store_url) as store:
        customer = await create_customer(store, backlog_max=1000)
        orders = [make_order(customer, price_micros=1) for _ in range(BATCHES * AT_ONCE)]
        await asyncio.gather(*(ledger.accept(store, order) for order in orders))
        app = {CONTEXT: make_context(store, History(None))}
        app[CONTEXT].lists.count = lambda account: nullcontext()  # as if each reader had an account of its own
        request: Any = SimpleNamespace(app=app, query={"limit": str(len(orders))})
        others = asyncio.create_task(take_turns())
        listed = await asyncio.gather(*(show_generations(request, customer.account, show) for _ in range(READERS)))
        others.cancel()
    assert [{order.id for order in orders}] * READERS == [{decode(raw) for raw in entries} for entries, _ in listed]
    assert [AT_ONCE] * BATCHES * READERS == list(shown.values())
