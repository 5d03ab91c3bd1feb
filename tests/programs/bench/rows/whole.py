"""The whole way: HTTP accept -> charge -> engine -> a provider that does nothing -> settle -> webhook."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec
from msgspec import Struct

from shared.store import webhooks
from tests.harness.doubles.receiver import Receiver
from tests.harness.processes import free_port
from tests.programs.bench.load import Plan, Result, under_load
from tests.programs.bench.row import Row, Say, Size, median, middle_ms, percentile
from tests.programs.bench.scene import RELAXED, Counts, Scene, balanced, costs, counts, drained, scene, stamps, watched

STOCK = "stock arq + redis-py"
OPEN_MAX = 1000  # clients pause above this, so that accepting does not run ahead of finishing
PACE_PER_S = 900
HALF_A_MS = 0.5  # the store notes whole milliseconds


class Saturated(Struct, frozen=True):
    """One run as fast as it goes."""

    accepted_per_s: float
    finished_per_s: float
    spent: str


async def measure(size: Size, say: Say) -> list[Row]:
    """Ours and the stock equivalent take turns; whoever is not measured sleeps."""
    rounds: list[tuple[Saturated, Saturated]] = []
    async with scene(gateways=1, workers=("noop",)) as ours, stock() as theirs:
        for number in range(size.runs):
            say(f"ours, as fast as it goes, run {number + 1} of {size.runs}")
            mine = await saturated(ours, size)
            say(f"{STOCK}, as fast as it goes, run {number + 1} of {size.runs}")
            rounds.append((mine, await awake(theirs, size)))
        await balanced(theirs)
        say(f"ours, {PACE_PER_S}/s")
        paced = await settling(ours, await paced_load(ours, size))
        say(f"ours, {PACE_PER_S}/s, each with a webhook")
        hooks = await with_webhooks(ours, size)
        await balanced(ours)
    async with stock(RELAXED) as theirs:
        say(f"{STOCK}, one sync a second")
        relaxed = await awake(theirs, size)
        say(f"{STOCK}, one sync a second, {PACE_PER_S}/s")
        wake(theirs)
        stock_paced = await settling(theirs, await paced_load(theirs, size))
        await balanced(theirs)
    return [*saturation_rows(rounds, relaxed), *paced_rows(paced, stock_paced), *hooks]


def saturation_rows(rounds: Sequence[tuple[Saturated, Saturated]], relaxed: Saturated) -> list[Row]:
    """What gets through."""
    mine, theirs = ([pair[n].finished_per_s for pair in rounds] for n in (0, 1))
    rate, last = median(mine), rounds[-1]
    return [
        Row(
            name="whole way, finished",
            value=rate,
            unit="/s",
            target=4000,
            detail=f"accepted {median(pair[0].accepted_per_s for pair in rounds):.0f}/s meanwhile; {last[0].spent}",
        ),
        Row(
            name=f"whole way, finished, of {STOCK}",
            value=rate,
            unit="/s",
            ratio=median(pair[0].finished_per_s / pair[1].finished_per_s for pair in rounds),
            target=3,
            detail="each generation settled once, books balance",
        ),
        Row(name=f"{STOCK}, finished", value=median(theirs), unit="/s", detail=last[1].spent),
        Row(
            name=f"{STOCK}, one sync a second, finished",
            value=relaxed.finished_per_s,
            unit="/s",
            detail=f"one run; ours, durable, is {rate / relaxed.finished_per_s:.1f} x that",
        ),
    ]


def paced_rows(ours: list[int], theirs: list[int]) -> list[Row]:
    """How long it takes when there is room."""
    name = f"accept -> settled at {PACE_PER_S}/s"
    why = "one sync a second, in its favour"
    return [
        Row(name=f"{name}, p50", value=middle_ms(ours), unit="ms", target=5, at_most=True, detail="the store's clock"),
        Row(name=f"{name}, p99", value=percentile(ours, 99), unit="ms", target=15, at_most=True),
        Row(name=f"{STOCK}: {name}, p50", value=middle_ms(theirs), unit="ms", detail=why),
        Row(name=f"{STOCK}: {name}, p99", value=percentile(theirs, 99), unit="ms"),
    ]


async def saturated(seen: Scene, size: Size) -> Saturated:
    """A closed loop that pauses while too many are open; rates between the first and the last look under load."""
    looks: list[Counts] = []
    watching = asyncio.create_task(watched(seen, looks))
    plan = Plan(port=seen.port, api_keys=seen.api_keys, load_s=size.load_s, open_max=OPEN_MAX, store_url=seen.store.url)
    try:
        result = await under_load(plan)
    finally:
        watching.cancel()
    await drained(seen)
    inside = [look for look in looks if result.began_ns <= look.at_ns <= result.ended_ns]
    first, last = inside[0], inside[-1]
    took_s, finished = (last.at_ns - first.at_ns) / 1e9, last.finished - first.finished
    return Saturated((last.accepted - first.accepted) / took_s, finished / took_s, costs(first, last, finished))


async def paced_load(seen: Scene, size: Size) -> Result:
    """Requests that leave on time, each recorded."""
    plan = Plan(port=seen.port, api_keys=seen.api_keys, load_s=size.paced_s, rate_per_s=PACE_PER_S, recorded=True)
    result = await under_load(plan)
    await drained(seen)
    return result


async def settling(seen: Scene, result: Result) -> list[int]:
    """ms from accepted to settled, by the store's clock, of each recorded generation."""
    seen_ms = await stamps(seen, (answer.id for answer in result.answers))
    return [closed - created for created, closed in seen_ms.values()]


async def with_webhooks(seen: Scene, size: Size) -> list[Row]:
    """The same load with an endpoint for every account and a dispatcher at work."""
    async with Receiver() as receiver:
        for customer in seen.customers:
            await webhooks.create_endpoint(seen.store, customer.account, receiver.url)
        dispatcher = seen.add("deliver", "-m", "workers", "deliver")
        await dispatcher.wait_for_log("worker.started")
        before = await counts(seen)
        result = await paced_load(seen, size)
        made = (await counts(seen)).accepted - before.accepted
        received = await receiver.wait_for(made, timeout_s=30)
        spent = costs(before, await counts(seen), made)
    arrived = {msgspec.json.decode(one.body)["id"]: one.at_s * 1000 for one in received}
    closed = {name: at[1] for name, at in (await stamps(seen, (answer.id for answer in result.answers))).items()}
    after_ms = [arrived[name] - at_ms - HALF_A_MS for name, at_ms in closed.items()]
    whole_ms = [arrived[answer.id] - answer.sent_ns / 1e6 for answer in result.answers]
    once = f"{made} events, {len(received) - len(arrived)} of them twice; {spent}"
    name = f"settled -> webhook received at {PACE_PER_S}/s"
    return [
        Row(name=f"{name}, p50", value=percentile(after_ms, 50), unit="ms", target=15, at_most=True, detail=once),
        Row(name=f"{name}, p99", value=percentile(after_ms, 99), unit="ms"),
        Row(name="submit -> webhook received, p50", value=percentile(whole_ms, 50), unit="ms"),
        Row(name="submit -> webhook received, p99", value=percentile(whole_ms, 99), unit="ms"),
    ]


@asynccontextmanager
async def stock(env: dict[str, str] | None = None) -> AsyncIterator[Scene]:
    """The equivalent. Its worker is paused, as it polls a hundred times a second even with nothing to do."""
    port = free_port()
    async with scene(env=env) as seen:
        gateway = seen.add("stock-gateway", "-m", "tests.programs.bench.stock", "gateway", seen.store.url, str(port))
        worker = seen.add("stock-worker", "-m", "tests.programs.bench.stock", "worker", seen.store.url)
        await worker.wait_for_log("ready")
        await gateway.wait_for_status(f"http://127.0.0.1:{port}/", status=404)
        worker.pause()
        yield msgspec.structs.replace(seen, port=port)


def wake(seen: Scene) -> None:
    """Let the stock worker go on."""
    seen.stack.processes["stock-worker"].resume()


async def awake(seen: Scene, size: Size) -> Saturated:
    """One run of the stock equivalent, its worker awake for as long."""
    wake(seen)
    found = await saturated(seen, size)
    seen.stack.processes["stock-worker"].pause()
    return found
