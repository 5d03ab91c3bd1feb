"""Bytes in the store per generation, open and finished."""

import asyncio
from collections.abc import Awaitable, Callable

from msgspec import structs

from shared.domain.generation import COMPLETED, Outcome, Output
from shared.store import ledger, steps
from tests.harness.factories import SPEC, make_order
from tests.programs.bench.machine import server
from tests.programs.bench.row import Row, Say, Size
from tests.programs.bench.scene import Scene, balanced, scene

BATCH = 500
QUIET_S = 0.3
LOOKS = 4
PROMPT = "A small red boat on a calm lake in the early morning light!!"
OUTPUT = Output("2026/11/" + "0123456789abcdef" * 2 + "-0.png", "image/png", 734_003, 1024, 1024)
OUTCOME = Outcome("noop", (OUTPUT,), None, {"seed": 1_234_567})


async def measure(size: Size, say: Say) -> list[Row]:
    """The same scripts as in production, with a picture as the outcome, no webhook and no Idempotency-Key."""
    async with scene() as seen:
        say(f"{size.kept} generations, open")
        spec = structs.replace(SPEC, prompt=PROMPT)
        orders = [make_order(seen.customers[n % len(seen.customers)], spec=spec) for n in range(size.kept)]
        empty = await used_bytes(seen)
        await batched(orders, lambda order: ledger.accept(seen.store, order))
        still_open = await used_bytes(seen)

        async def finish(order: ledger.Order) -> None:
            await steps.start(
                seen.store, order.id, provider="noop", repeatable=False, submit_limit_s=10, token="0" * 16
            )
            await steps.store_reference(seen.store, order.id, f"task-{order.id}", provider="noop", patience_s=5)
            [way] = order.offers
            await ledger.settle(seen.store, order.id, COMPLETED, cost_micros=way.price_micros, outcome=OUTCOME)

        say(f"{size.kept} generations, finished")
        await batched(orders, finish)
        finished = await used_bytes(seen)
        assert size.kept == await balanced(seen)
    per_open, per_finished = (still_open - empty) / size.kept, (finished - empty) / size.kept
    return [
        row("memory per finished generation", per_finished, 1400, "60 characters of prompt, one picture, ledger lines"),
        row("memory per open generation", per_open, 2000, "queued, with its job; books balance"),
    ]


def row(name: str, value: float, target: float, detail: str) -> Row:
    """Bytes with a ceiling."""
    return Row(name=name, value=value, unit="bytes", target=target, at_most=True, detail=detail)


async def batched(orders: list[ledger.Order], do: Callable[[ledger.Order], Awaitable[object]]) -> None:
    """Some hundred at a time."""
    for first in range(0, len(orders), BATCH):
        await asyncio.gather(*(do(order) for order in orders[first : first + BATCH]))


async def used_bytes(seen: Scene) -> int:
    """What the server uses once its buffers are empty: the least of a few looks."""
    looks = []
    for _ in range(LOOKS):
        await asyncio.sleep(QUIET_S)
        looks.append(int((await server(seen.store))["used_memory"]))
    return min(looks)
