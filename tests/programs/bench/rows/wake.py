"""From settling a generation to the answer in the hands of the client who waits for it."""

from tests.programs.bench.load import Plan, under_load
from tests.programs.bench.row import Row, Say, Size, percentile
from tests.programs.bench.scene import balanced, drained, scene, stamps

CLIENTS = 4
WAIT_S = 20
HALF_A_MS = 0.5  # the store notes whole milliseconds, so a stamp is half of one early on average


async def measure(size: Size, say: Say) -> list[Row]:
    """A few clients, each with one request at a time under Prefer: wait."""
    async with scene(gateways=1, workers=("noop",)) as seen:
        say(f"{CLIENTS} clients that wait")
        plan = Plan(
            port=seen.port,
            api_keys=seen.api_keys,
            connections=CLIENTS,
            load_s=size.load_s,
            wait_s=WAIT_S,
            recorded=True,
        )
        result = await under_load(plan)
        await drained(seen)
        settled = await stamps(seen, (answer.id for answer in result.answers))
        await balanced(seen)
    took_ms = [answer.answered_ns / 1e6 - settled[answer.id][1] - HALF_A_MS for answer in result.answers]
    detail = f"{result.per_s:.0f}/s by {CLIENTS} clients; submit -> answered p50 {result.p50_ms:.1f} ms"
    return [
        Row(
            name="settled -> waiting client answered, p50",
            value=percentile(took_ms, 50),
            unit="ms",
            target=5,
            at_most=True,
            detail=f"{detail}; p99 {percentile(took_ms, 99):.1f} ms",
        )
    ]
