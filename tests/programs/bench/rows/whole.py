"""A generation from end to end: HTTP accept, charge, queue, run with a provider that does nothing, settle, webhook."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec
from msgspec import Struct

from shared.store import webhooks
from tests.harness.doubles.receiver import Receiver
from tests.harness.processes import free_port
from tests.programs.bench.load import Plan, Result, find_saturation, run_plan
from tests.programs.bench.row import ReportProgress, Row, Size, divide, median, middle_ms, percentile
from tests.programs.bench.scene import (
    RELAXED,
    Counts,
    Scene,
    check_books,
    costs,
    read_counts,
    read_stamps,
    run_scene,
    wait_until_drained,
    watch_counts,
)

STOCK = "stock arq + redis-py"
OPEN_MAX = 1000  # clients pause above this, so that accepting does not outrun finishing
PACE_PER_S = 900
HALF_A_MS = 0.5  # the store records whole milliseconds


class Saturated(Struct, frozen=True):
    """One run at saturation."""

    accepted_per_s: float
    finished_per_s: float
    spent: str


async def measure(size: Size, report: ReportProgress) -> list[Row]:
    """Run the product and its stock equivalent in turn. The one that is not measured sleeps."""
    rounds: list[tuple[Saturated, Saturated]] = []
    async with run_scene(gateways=1, workers=("noop",)) as ours, run_stock() as theirs:
        for number in range(size.runs):
            report(f"ours, at saturation, run {number + 1} of {size.runs}")
            mine = await measure_saturated(ours, size)
            report(f"{STOCK}, at saturation, run {number + 1} of {size.runs}")
            rounds.append((mine, await measure_stock(theirs, size)))
        await check_books(theirs)
        report(f"ours, {PACE_PER_S}/s")
        paced = await run_paced(ours, size)
        paced_ms = await read_settle_ms(ours, paced)
        report(f"ours, {PACE_PER_S}/s, each with a webhook")
        hooks = await measure_webhooks(ours, size)
        await check_books(ours)
    async with run_stock(RELAXED) as theirs:
        report(f"{STOCK}, one sync a second")
        relaxed = await measure_stock(theirs, size)
        report(f"{STOCK}, one sync a second, {PACE_PER_S}/s")
        resume_worker(theirs)
        stock_paced = await run_paced(theirs, size)
        stock_ms = await read_settle_ms(theirs, stock_paced)
        await check_books(theirs)
    latencies = [*paced_rows("", paced, paced_ms), *paced_rows(f"{STOCK}: ", stock_paced, stock_ms)]
    return [*saturation_rows(rounds, relaxed), *latencies, *hooks]


def saturation_rows(rounds: Sequence[tuple[Saturated, Saturated]], relaxed: Saturated) -> list[Row]:
    """Return the rates at saturation."""
    mine, theirs = ([pair[n].finished_per_s for pair in rounds] for n in (0, 1))
    rate, last = median(mine), rounds[-1]
    return [
        Row(
            name="end to end, finished",
            value=rate,
            unit="/s",
            target=4000,
            detail=f"accepted {median(pair[0].accepted_per_s for pair in rounds):.0f}/s meanwhile; {last[0].spent}",
        ),
        Row(
            name=f"end to end, finished, of {STOCK}",
            value=rate,
            unit="/s",
            ratios=divide(mine, theirs),
            target=3,
            detail="each generation settled once, the ledgers balance",
        ),
        Row(name=f"{STOCK}, finished", value=median(theirs), unit="/s", detail=last[1].spent),
        Row(
            name=f"{STOCK}, one sync a second, finished",
            value=relaxed.finished_per_s,
            unit="/s",
            detail=f"one run; ours, durable, is {rate / relaxed.finished_per_s:.1f} x that",
        ),
    ]


def paced_rows(whose: str, load: Result, settled_ms: list[int]) -> list[Row]:
    """Return the latencies below saturation. Only ours have targets."""
    name = f"{whose}accept -> settled at {PACE_PER_S}/s"
    limits, why = ((None, None), "one sync a second, in its favour") if whose else ((5, 15), "the store's clock")
    figures = (("p50", middle_ms(settled_ms), limits[0], why), ("p99", percentile(settled_ms, 99), limits[1], ""))
    saturated = find_saturation(PACE_PER_S, load)
    return [
        Row(
            name=f"{name}, {part}",
            value=value,
            unit="ms",
            target=target,
            at_most=True,
            detail=detail,
            saturated=saturated,
        )
        for part, value, target, detail in figures
    ]


async def measure_saturated(scene: Scene, size: Size) -> Saturated:
    """Run a closed loop that pauses while too many generations are open. Rates cover the counts read under load."""
    readings: list[Counts] = []
    watching = asyncio.create_task(watch_counts(scene, readings))
    plan = Plan(
        port=scene.port, api_keys=scene.api_keys, load_s=size.load_s, open_max=OPEN_MAX, store_url=scene.store.url
    )
    try:
        result = await run_plan(plan)
    finally:
        watching.cancel()
    await wait_until_drained(scene)
    inside = [counts for counts in readings if result.began_ns <= counts.at_ns <= result.ended_ns]
    first, last = inside[0], inside[-1]
    took_s, finished = (last.at_ns - first.at_ns) / 1e9, last.finished - first.finished
    return Saturated((last.accepted - first.accepted) / took_s, finished / took_s, costs(first, last, finished))


async def run_paced(scene: Scene, size: Size) -> Result:
    """Send requests on time, and record each."""
    plan = Plan(port=scene.port, api_keys=scene.api_keys, load_s=size.paced_s, rate_per_s=PACE_PER_S, recorded=True)
    result = await run_plan(plan)
    await wait_until_drained(scene)
    return result


async def read_settle_ms(scene: Scene, result: Result) -> list[int]:
    """Return the ms from accepted to settled of each recorded generation, by the store's clock."""
    times_ms = await read_stamps(scene, (request.id for request in result.recorded))
    return [closed - created for created, closed in times_ms.values()]


async def measure_webhooks(scene: Scene, size: Size) -> list[Row]:
    """Run the paced load with an endpoint for every account, and a dispatcher."""
    async with Receiver() as receiver:
        for customer in scene.customers:
            await webhooks.create_endpoint(scene.store, customer.account, receiver.url)
        dispatcher = scene.add("deliver", "-m", "workers", "deliver")
        await dispatcher.wait_for_log("worker.started")
        before = await read_counts(scene)
        result = await run_paced(scene, size)
        accepted = (await read_counts(scene)).accepted - before.accepted
        received = await receiver.wait_for(accepted, timeout_s=30)
        spent = costs(before, await read_counts(scene), accepted)
    arrived = {msgspec.json.decode(event.body)["id"]: event.at_s * 1000 for event in received}
    stamps = await read_stamps(scene, (request.id for request in result.recorded))
    after_ms = [arrived[name] - at_ms - HALF_A_MS for name, (_, at_ms) in stamps.items()]
    whole_ms = [arrived[request.id] - request.sent_ns / 1e6 for request in result.recorded]
    once = f"{accepted} events, {len(received) - len(arrived)} of them twice; {spent}"
    return webhook_rows(after_ms, whole_ms, once, find_saturation(PACE_PER_S, result))


def webhook_rows(after_ms: list[float], whole_ms: list[float], once: str, saturated: str) -> list[Row]:
    """Return the latencies of webhooks."""
    name = f"settled -> webhook received at {PACE_PER_S}/s"
    figures = (
        (f"{name}, p50", after_ms, 50, 15, once),
        (f"{name}, p99", after_ms, 99, None, ""),
        ("submit -> webhook received, p50", whole_ms, 50, None, ""),
        ("submit -> webhook received, p99", whole_ms, 99, None, ""),
    )
    return [
        Row(
            name=title,
            value=percentile(times_ms, percent),
            unit="ms",
            target=target,
            at_most=True,
            detail=detail,
            saturated=saturated,
        )
        for title, times_ms, percent, target, detail in figures
    ]


@asynccontextmanager
async def run_stock(env: dict[str, str] | None = None) -> AsyncIterator[Scene]:
    """Run the stock equivalent. Its worker is paused, because it polls a hundred times a second even while idle."""
    port = free_port()
    async with run_scene(env=env) as scene:
        gateway = scene.add("stock-gateway", "-m", "tests.programs.bench.stock", "gateway", scene.store.url, str(port))
        worker = scene.add("stock-worker", "-m", "tests.programs.bench.stock", "worker", scene.store.url)
        await worker.wait_for_log("ready")
        await gateway.wait_for_status(f"http://127.0.0.1:{port}/", status=404)
        worker.pause()
        yield msgspec.structs.replace(scene, port=port)


def resume_worker(scene: Scene) -> None:
    """Let the stock worker continue."""
    scene.stack.processes["stock-worker"].resume()


async def measure_stock(scene: Scene, size: Size) -> Saturated:
    """Run the stock equivalent at saturation, with its worker awake only meanwhile."""
    resume_worker(scene)
    result = await measure_saturated(scene, size)
    scene.stack.processes["stock-worker"].pause()
    return result
