"""Bytes in the store per generation, open and finished."""

import asyncio
from collections.abc import Awaitable, Callable

from msgspec import structs

from shared.domain.generation import COMPLETED, Outcome, Output
from shared.store import ledger, steps
from tests.harness.factories import SPEC, make_order
from tests.programs.bench.machine import read_server_info
from tests.programs.bench.row import ReportProgress, Row, Size
from tests.programs.bench.scene import Scene, check_books, run_scene

BATCH = 500
QUIET_S = 0.3
READINGS = 4
PROMPT = "A small red boat on a calm lake in the early morning light!!"
OUTPUT = Output("2026/11/" + "0123456789abcdef" * 2 + "-0.png", "image/png", 734_003, 1024, 1024)
OUTCOME = Outcome("noop", (OUTPUT,), None, {"seed": 1_234_567})


async def measure(size: Size, report: ReportProgress) -> list[Row]:
    """Run the production scripts with an image as the outcome, without a webhook or an Idempotency-Key."""
    async with run_scene() as scene:
        report(f"{size.stored} generations, open")
        spec = structs.replace(SPEC, prompt=PROMPT)
        orders = [make_order(scene.customers[n % len(scene.customers)], spec=spec) for n in range(size.stored)]
        empty = await measure_used_bytes(scene)
        await run_in_batches(orders, lambda order: ledger.accept(scene.store, order))
        still_open = await measure_used_bytes(scene)

        async def finish(order: ledger.Order) -> None:
            await steps.start(
                scene.store, order.id, provider="noop", repeatable=False, submit_limit_s=10, token="0" * 16
            )
            await steps.store_reference(scene.store, order.id, f"task-{order.id}", provider="noop", patience_s=5)
            [offer] = order.offers
            await ledger.settle(scene.store, order.id, COMPLETED, cost_micros=offer.price_micros, outcome=OUTCOME)

        report(f"{size.stored} generations, finished")
        await run_in_batches(orders, finish)
        finished = await measure_used_bytes(scene)
        assert size.stored == await check_books(scene)
    per_open, per_finished = (still_open - empty) / size.stored, (finished - empty) / size.stored
    return [
        row("memory per finished generation", per_finished, 1400, "60 characters of prompt, one image, ledger entries"),
        row("memory per open generation", per_open, 2000, "queued, with its job; the ledgers balance"),
    ]


def row(name: str, value: float, target: float, detail: str) -> Row:
    """Return a row of bytes with a maximum."""
    return Row(name=name, value=value, unit="bytes", target=target, at_most=True, detail=detail)


async def run_in_batches(orders: list[ledger.Order], do: Callable[[ledger.Order], Awaitable[object]]) -> None:
    """Run a coroutine for each order, some hundred at once."""
    for first in range(0, len(orders), BATCH):
        await asyncio.gather(*(do(order) for order in orders[first : first + BATCH]))


async def measure_used_bytes(scene: Scene) -> int:
    """Return the memory the server uses once its buffers are empty: the least of a few readings."""
    readings = []
    for _ in range(READINGS):
        await asyncio.sleep(QUIET_S)
        readings.append(int((await read_server_info(scene.store))["used_memory"]))
    return min(readings)
