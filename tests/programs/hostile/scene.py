"""The scene: a deployment, an ordinary customer alone, and the same next to a hostile tenant."""

import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from msgspec import Struct

from shared.store import keys, webhooks
from shared.store.check import check_ledger
from shared.store.connect import Store
from shared.store.findings import Report
from tests.harness.doubles.receiver import Receiver
from tests.harness.factories import CENTS, create_customer
from tests.harness.processes import Stack, make_folder
from tests.programs.chaos.deployment import CATALOGUE
from tests.programs.chaos.doubles import PaidProvider
from tests.programs.hostile.ordinary import Course, order_steadily
from tests.programs.hostile.tenant import ATTACKS, IDLE, open_tenant

ALONE_S_MAX, WARM_UP_S = 60.0, 3.0
DAY_S = 86_400
COST_CENTS, GUESTS_CENTS = 0.5, "3"  # of the paid provider, and the bound for guests: six orders reach it
MONEY_CENTS = 10_000_000


class Observed(Struct, frozen=True, kw_only=True):
    """Everything known after a run."""

    alone: Course
    beside: Course
    hostile: Counter[str]
    grown_bytes: int
    generations: int  # that were created next to the hostile tenant
    guests_micros: int
    guests_micros_max: int
    faults: int


async def observe(seconds: float, report: Callable[[str], None]) -> Observed:
    """Run both phases."""
    async with AsyncExitStack() as held:
        stack, store = await held.enter_async_context(deploy())
        receiver = await held.enter_async_context(Receiver())
        ordinary = await create_customer(store, cents=MONEY_CENTS, concurrency=100, backlog_max=1000)
        await webhooks.create_endpoint(store, ordinary.account, receiver.url)
        tenant = await held.enter_async_context(open_tenant(stack.url, store))
        await order_steadily(stack.url, ordinary, store, receiver, WARM_UP_S)
        report("the ordinary customer alone")
        alone = await order_steadily(stack.url, ordinary, store, receiver, min(seconds, ALONE_S_MAX))
        before_bytes, before = await read_memory(store), await count_generations(store)
        report(f"{seconds} s next to the hostile tenant")
        async with tenant.run_attack(ATTACKS, IDLE):
            beside = await order_steadily(stack.url, ordinary, store, receiver, seconds)
        books = Report()
        await check_ledger(store, books)
        return Observed(
            alone=alone,
            beside=beside,
            hostile=tenant.responses,
            grown_bytes=await read_memory(store) - before_bytes,
            generations=await count_generations(store) - before,
            guests_micros=await read_guests_micros(store),
            guests_micros_max=round(stack.settings.guests_cost_cents_per_day * CENTS),
            faults=len(books.findings),
        )


@asynccontextmanager
async def deploy() -> AsyncIterator[tuple[Stack, Store]]:
    """Start a deployment with the providers of chaos, and open its store."""
    async with PaidProvider(0) as provider:
        path = make_folder("hostile") / "catalogue.toml"
        text = CATALOGUE.read_text().replace("PAID_URL", provider.url)
        path.write_text(text.replace('model = "paid" }', f'model = "paid", cost_cents = {COST_CENTS} }}'))
        env = {
            "CATALOGUE": str(path),
            "ADAPTERS": "tests.harness.doubles.adapters",
            "GUESTS_COST_CENTS_PER_DAY": GUESTS_CENTS,
        }
        async with (
            Stack(gateways=1, workers=("paid", "kinds", "odd"), env=env) as stack,
            Store(stack.settings.store_url, name="hostile") as store,
        ):
            yield stack, store


async def read_memory(store: Store) -> int:
    """Return the bytes of data in the store."""
    info = (await store.call("INFO", "memory")).decode()
    return int(info.partition("used_memory_dataset:")[2].split()[0])


async def count_generations(store: Store) -> int:
    """Count the records of generations."""
    cursor, number = b"0", 0
    while True:
        cursor, found = await store.call("SCAN", cursor, "MATCH", keys.generation("*"), "COUNT", 2000)
        number += len(found)
        if cursor == b"0":
            return number


async def read_guests_micros(store: Store) -> int:
    """Return the operator's money that guests spent today."""
    raw = await store.call("GET", keys.usage("guests", int(time.time()) // DAY_S))
    return int(raw.split()[4]) if raw else 0
