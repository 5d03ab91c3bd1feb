"""Lists are read and shown in batches."""

import asyncio
from collections import Counter
from types import SimpleNamespace
from typing import Any

from gateway.context import CONTEXT, GatewayContext
from gateway.listing import SHOWN_AT_ONCE, show_generations
from shared.domain.generation import Generation
from shared.records.history import History
from shared.store import ledger
from shared.store.connect import Store
from tests.harness.archiving import make_context
from tests.harness.factories import create_customer, make_order

BATCHES = 3


async def test_long_list_leaves_the_loop_to_others_after_each_batch(store_url: str) -> None:
    """Other work of the process goes on between two batches of a list."""
    turn, shown = 0, Counter[int]()

    async def take_turns() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    def show(context: GatewayContext, generation: Generation) -> str:
        shown[turn] += 1
        return generation.id

    async with Store(store_url) as store:
        customer = await create_customer(store, backlog_max=1000)
        orders = [make_order(customer, price_micros=1) for _ in range(BATCHES * SHOWN_AT_ONCE)]
        await asyncio.gather(*(ledger.accept(store, order) for order in orders))
        app = {CONTEXT: make_context(store, History(None))}
        request: Any = SimpleNamespace(app=app, query={"limit": str(len(orders))})
        others = asyncio.create_task(take_turns())
        listed, _ = await show_generations(request, customer.account, show)
        others.cancel()
    assert {order.id for order in orders} == set(listed)
    assert [SHOWN_AT_ONCE] * BATCHES == list(shown.values())
