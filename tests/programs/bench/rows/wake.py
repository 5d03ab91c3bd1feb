"""From the settlement of a generation until the client that waits for it has the response."""

from tests.programs.bench.load import Plan, run_plan
from tests.programs.bench.row import ReportProgress, Row, Size, percentile
from tests.programs.bench.scene import check_books, read_stamps, run_scene, wait_until_drained

CLIENTS = 4
WAIT_S = 20
HALF_A_MS = 0.5  # the store records whole milliseconds, so its times are half of one early on average


async def measure(size: Size, report: ReportProgress) -> list[Row]:
    """Run a few clients, each with one request at a time under Prefer: wait."""
    async with run_scene(gateways=1, workers=("noop",)) as scene:
        report(f"{CLIENTS} clients that wait")
        plan = Plan(
            port=scene.port,
            api_keys=scene.api_keys,
            connections=CLIENTS,
            load_s=size.load_s,
            wait_s=WAIT_S,
            recorded=True,
        )
        result = await run_plan(plan)
        await wait_until_drained(scene)
        settled = await read_stamps(scene, (request.id for request in result.recorded))
        await check_books(scene)
    took_ms = [request.responded_ns / 1e6 - settled[request.id][1] - HALF_A_MS for request in result.recorded]
    detail = f"{result.per_s:.0f}/s by {CLIENTS} clients; submit -> response p50 {result.p50_ms:.1f} ms"
    return [
        Row(
            name="settled -> waiting client has the response, p50",
            value=percentile(took_ms, 50),
            unit="ms",
            target=5,
            at_most=True,
            detail=f"{detail}; p99 {percentile(took_ms, 99):.1f} ms",
        )
    ]
