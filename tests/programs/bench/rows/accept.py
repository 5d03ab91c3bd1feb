"""Generations accepted over HTTP by one gateway process, against an aiohttp server that does nothing."""

import sys

from tests.harness.processes import Process, free_port
from tests.programs.bench.load import Plan, under_load
from tests.programs.bench.row import Row, Say, Size, median
from tests.programs.bench.scene import Scene, balanced, costs, counts, scene


async def measure(size: Size, say: Say) -> list[Row]:
    """The two take turns, so that a busier moment of the machine hits both."""
    ours: list[float] = []
    bare: list[float] = []
    details: list[str] = []
    async with scene(gateways=1) as seen:
        for number in range(size.runs):
            say(f"gateway, run {number + 1} of {size.runs}")
            rate, answer_bytes, detail = await ours_once(size, seen)
            ours.append(rate)
            details.append(detail)
            say(f"bare aiohttp, run {number + 1} of {size.runs}")
            bare.append(await bare_once(size, answer_bytes))
        await balanced(seen)
    rate, limit = median(ours), median(bare)
    return [
        Row(
            name="accepted over HTTP, durable, one process, of bare aiohttp",
            value=rate,
            unit="/s",
            ratio=median(ours[n] / bare[n] for n in range(size.runs)),
            target=0.25,
            detail=f"{details[-1]}; books balance",
        ),
        Row(name="bare aiohttp, the same POST", value=limit, unit="/s", detail=f"answers of {answer_bytes} bytes"),
    ]


async def ours_once(size: Size, seen: Scene) -> tuple[float, int, str]:
    """Generations a second, the size of an answer, and who used how much CPU for one."""
    before = await counts(seen)
    result = await under_load(Plan(port=seen.port, api_keys=seen.api_keys, load_s=size.load_s))
    after = await counts(seen)
    spent = costs(before, after, after.accepted - before.accepted)
    busy = f"the load used {result.cpu_s / result.took_s:.0%} of a core"
    return result.per_s, result.answer_bytes, f"{spent}; {busy}; p50 {result.p50_ms:.1f} ms"


async def bare_once(size: Size, answer_bytes: int) -> float:
    """Requests a second."""
    port = free_port()
    server = Process("bare", sys.executable, "-m", "tests.programs.bench.bare", str(port), str(answer_bytes)).start()
    try:
        await server.wait_for_status(f"http://127.0.0.1:{port}/", status=404)
        return (await under_load(Plan(port=port, load_s=size.load_s * 0.7))).per_s
    finally:
        server.kill()
