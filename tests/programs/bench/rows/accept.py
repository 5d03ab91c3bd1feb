"""Generations accepted over HTTP by one gateway process, compared with an aiohttp server that does nothing."""

import sys

from tests.harness.processes import Process, free_port
from tests.programs.bench.load import Plan, run_plan
from tests.programs.bench.row import ReportProgress, Row, Size, divide, median
from tests.programs.bench.scene import Scene, check_books, costs, read_counts, run_scene


async def measure(size: Size, report: ReportProgress) -> list[Row]:
    """Run the two in turn, so that a busy moment of the machine affects both."""
    ours: list[float] = []
    bare: list[float] = []
    details: list[str] = []
    async with run_scene(gateways=1) as scene:
        for number in range(size.runs):
            report(f"gateway, run {number + 1} of {size.runs}")
            rate, response_bytes, detail = await measure_gateway(size, scene)
            ours.append(rate)
            details.append(detail)
            report(f"bare aiohttp, run {number + 1} of {size.runs}")
            bare.append(await measure_bare(size, response_bytes))
        await check_books(scene)
    rate, limit = median(ours), median(bare)
    return [
        Row(
            name="accepted over HTTP, durable, one process, of bare aiohttp",
            value=rate,
            unit="/s",
            ratios=divide(ours, bare),
            target=0.25,
            detail=f"{details[-1]}; the ledgers balance",
        ),
        Row(name="bare aiohttp, the same POST", value=limit, unit="/s", detail=f"responses of {response_bytes} bytes"),
    ]


async def measure_gateway(size: Size, scene: Scene) -> tuple[float, int, str]:
    """Return accepted generations per second, the size of a response, and the CPU costs of one."""
    before = await read_counts(scene)
    result = await run_plan(Plan(port=scene.port, api_keys=scene.api_keys, load_s=size.load_s))
    after = await read_counts(scene)
    spent = costs(before, after, after.accepted - before.accepted)
    load = f"the load generator used {result.cpu_s / result.took_s:.0%} of a core"
    return result.per_s, result.response_bytes, f"{spent}; {load}; p50 {result.p50_ms:.1f} ms"


async def measure_bare(size: Size, response_bytes: int) -> float:
    """Return requests per second."""
    port = free_port()
    server = Process("bare", sys.executable, "-m", "tests.programs.bench.bare", str(port), str(response_bytes)).start()
    try:
        await server.wait_for_status(f"http://127.0.0.1:{port}/", status=404)
        return (await run_plan(Plan(port=port, load_s=size.load_s * 0.7))).per_s
    finally:
        server.kill()
