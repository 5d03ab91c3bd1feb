"""Empty jobs of one worker: the engine, and saq, taskiq and streaq in an environment of their own."""

import msgspec
from msgspec import Struct

from tests.harness.processes import Process
from tests.programs.bench.row import ReportProgress, Row, Size, divide, median, percentile
from tests.programs.bench.rows.engine import ENGINE, STOCK, measure_rate
from tests.programs.bench.rows.litellm import PEERS
from tests.programs.bench.scene import RELAXED, Scene, run_scene

SCRIPT = "tests/programs/bench/peers/queues.py"
NAMES = ("saq", "taskiq", "streaq")
LIMIT_S = 180.0


class Found(Struct, frozen=True):
    """The output of a peer's run."""

    per_s: float
    pickups_ms: list[float]


async def measure(size: Size, report: ReportProgress) -> list[Row]:
    """Run all in turn, so that a busy moment of the machine affects each of them."""
    rounds: list[dict[str, float]] = []
    pickups: dict[str, list[float]] = {name: [] for name in NAMES}
    async with run_scene(env=RELAXED) as scene:
        for number in range(size.runs):
            rates = {}
            for name, setup in (("Wokflow", ENGINE), ("arq", STOCK)):
                report(f"{name}, run {number + 1} of {size.runs}")
                rates[name] = await measure_rate(scene, setup, 1, size.jobs_for(setup.kind))
            for name in NAMES:
                report(f"{name}, run {number + 1} of {size.runs}")
                found = await measure_peer(scene, name, size)
                rates[name] = found.per_s
                pickups[name] += found.pickups_ms
            rounds.append(rates)
    return [rate_row(rounds, name, pickups.get(name, [])) for name in ("arq", *NAMES)]


def rate_row(rounds: list[dict[str, float]], name: str, pickups_ms: list[float]) -> Row:
    """Return the engine's rate as a ratio to a peer's."""
    ours, peers = ([rates[one] for rates in rounds] for one in ("Wokflow", name))
    shown = f"; pick-up p50 {median(pickups_ms):.1f}, p99 {percentile(pickups_ms, 99):.1f} ms" if pickups_ms else ""
    return Row(
        name=f"engine, 1 worker, of {name}",
        value=median(ours),
        unit="/s",
        ratios=divide(ours, peers),
        detail=f"{name} {median(peers):.0f}/s{shown}",
    )


async def measure_peer(scene: Scene, name: str, size: Size) -> Found:
    """Run a peer's jobs in its own environment. Raises AssertionError with its output if it fails."""
    words = (name, scene.stack.settings.store_url, str(size.stock_jobs), str(size.samples))
    process = Process(name, str(PEERS / "python"), SCRIPT, *words).start()
    code = await process.wait_for_exit(LIMIT_S)
    assert 0 == code, process.output
    return msgspec.json.decode(process.output.strip().rpartition("\n")[2], type=Found)
