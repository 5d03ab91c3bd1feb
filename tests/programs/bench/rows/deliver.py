"""From the settlement of a generation until a healthy endpoint has its event, alone and next to 200 dead endpoints."""

import asyncio
from collections.abc import Sequence
from itertools import cycle, islice

from shared.domain.generation import COMPLETED, Outcome
from shared.store import ledger, webhooks
from shared.store.connect import Store
from tests.harness.doubles.receiver import Receiver
from tests.harness.factories import Customer, create_customer, make_order
from tests.programs.bench.row import ReportProgress, Row, Size, percentile
from tests.programs.bench.scene import CENTS, ORDERS_MAX, Scene, read_stamps, run_scene

DEAD_ACCOUNTS, DEAD_EACH = 20, 10
DEAD_EVENTS = 5  # of each dead account at once; each goes to its ten endpoints
SETTLED_PER_S = 50
PATIENCE_S = 120.0
HALF_A_MS = 0.5  # the store records whole milliseconds, so its times are half of one early on average
DONE = Outcome("noop", (), "done")


async def measure(size: Size, report: ReportProgress) -> list[Row]:
    """Settle from here at a steady pace, first alone, then while each dead account has new events too."""
    count = int(size.paced_s * SETTLED_PER_S)
    hanging = await asyncio.start_server(_read_forever, "127.0.0.1", 0)
    async with hanging, run_scene(deliver=1) as scene, Receiver() as receiver:
        [customer, *_] = scene.customers
        await webhooks.create_endpoint(scene.store, customer.account, receiver.url)
        await receiver.wait_for(len(await settle_paced(scene, [customer], count // 5)))  # its history
        report("the healthy endpoint alone")
        alone = await measure_delays(scene, receiver, [customer], count)
        dead = await create_dead(scene.store, f"http://127.0.0.1:{hanging.sockets[0].getsockname()[1]}/")
        report(f"{DEAD_ACCOUNTS * DEAD_EACH} dead endpoints get {DEAD_EVENTS} events each")
        for one in dead * DEAD_EVENTS:
            await settle(scene.store, one)
        report("the healthy endpoint next to them")
        beside = await measure_delays(scene, receiver, [customer, *dead], count)
    return [row(alone, beside)]


def row(alone: Sequence[float], beside: Sequence[float]) -> Row:
    """Return the figure."""
    alone_ms, beside_ms = percentile(alone, 99), percentile(beside, 99)
    medians = f"p50 {percentile(alone, 50):.1f} ms alone and {percentile(beside, 50):.1f} ms next to them"
    return Row(
        name=f"settled -> event received, next to {DEAD_ACCOUNTS * DEAD_EACH} dead endpoints, p99, of alone",
        value=beside_ms,
        unit="ms",
        ratios=(beside_ms / alone_ms,),
        target=2,
        at_most=True,
        detail=f"p99 {alone_ms:.1f} ms alone; {medians}; {SETTLED_PER_S} events/s",
    )


async def measure_delays(scene: Scene, receiver: Receiver, customers: list[Customer], count: int) -> list[float]:
    """Settle for each customer at once, `count` times, and return the delays of the first one's events, ms."""
    first = len(receiver.received)
    made = await settle_paced(scene, customers, count)
    received = (await receiver.wait_for(first + count, timeout_s=PATIENCE_S))[first:]
    at_ms = {one.headers["webhook-id"].removeprefix("evt_"): one.at_s * 1000 for one in received}
    settled = await read_stamps(scene, made)
    return [at_ms[name] - settled[name][1] - HALF_A_MS for name in made]


async def settle_paced(scene: Scene, customers: list[Customer], count: int) -> list[str]:
    """Settle generations of the first customer at a steady pace, each with one of another customer."""
    made, loop = [], asyncio.get_running_loop()
    began_s, [own, *others] = loop.time(), customers
    for number, other in enumerate(islice(cycle(others or [None]), count)):
        await asyncio.sleep(began_s + number / SETTLED_PER_S - loop.time())
        made.append(await settle(scene.store, own))
        if other is not None:
            await settle(scene.store, other)
    return made


async def settle(store: Store, customer: Customer) -> str:
    """Accept and settle a generation, and return its id."""
    accepted = await ledger.accept(store, make_order(customer))
    await ledger.settle(store, accepted.id, COMPLETED, cost_micros=0, outcome=DONE)
    return accepted.id


async def create_dead(store: Store, url: str) -> list[Customer]:
    """Create customers whose endpoints accept connections and never answer."""
    limits = {"concurrency": ORDERS_MAX, "backlog_max": ORDERS_MAX}
    dead = [await create_customer(store, cents=CENTS, **limits) for _ in range(DEAD_ACCOUNTS)]
    for customer in dead:
        for _ in range(DEAD_EACH):
            await webhooks.create_endpoint(store, customer.account, url)
    return dead


async def _read_forever(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read a request and never answer it."""
    while await reader.read(65_536):
        pass
    writer.close()
