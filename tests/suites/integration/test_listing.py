"""Lists are read and shown in batches."""

import asyncio
from collections import Counter
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

from gateway.context import GatewayContext
from gateway.listing import show_newest
from shared.domain.generation import Generation
from shared.store import ledger
from shared.store.connect import Store
from shared.store.generations import LIST_BATCH
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
        orders = [make_order(customer, price_micros=1) for _ in range(BATCHES * LIST_BATCH)]
        await asyncio.gather(*(ledger.accept(store, order) for order in orders))
        context: Any = SimpleNamespace(store=store, lists=SimpleNamespace(count=lambda account: nullcontext()))
        others = asyncio.create_task(take_turns())
        listed = await show_newest(cast(GatewayContext, context), customer.account, len(orders), show)
        others.cancel()
    assert {order.id for order in orders} == set(listed)
    assert [LIST_BATCH] * BATCHES == list(shown.values())
