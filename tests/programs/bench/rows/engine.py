"""No-op jobs per second: the engine with 1, 2 and 4 worker processes, compared with stock arq at its best setting."""

from collections import Counter

from tests.programs.bench.jobs import Crew, prepare_jobs, release, start_crew, wait_until_done
from tests.programs.bench.row import ReportProgress, Row, Size, divide, median
from tests.programs.bench.scene import RELAXED, Scene, run_scene
from tests.programs.bench.worker import Setup

ENGINE = Setup(kind="engine", max_jobs=300)
STOCK = Setup(kind="arq", max_jobs=100, poll_delay_s=0.01)
WARM_JOBS = 200
SETUPS = (
    ("stock 1", STOCK, 1),
    ("ours 1", ENGINE, 1),
    ("ours 2", ENGINE, 2),
    ("ours 4", ENGINE, 4),
    ("stock 4", STOCK, 4),
)


async def measure(size: Size, report: ReportProgress) -> list[Row]:
    """Run all setups in turn, so that a busy moment of the machine affects each of them."""
    rounds: list[dict[str, float]] = []
    async with run_scene(env=RELAXED) as relaxed, run_scene() as synced:
        for number in range(size.runs):
            found = {}
            for name, setup, workers in SETUPS:
                report(f"{name}, run {number + 1} of {size.runs}")
                found[name] = await measure_rate(relaxed, setup, workers, size.jobs_for(setup.kind))
            for name, setup in (("stock, synced", STOCK), ("ours, synced", ENGINE)):
                report(f"{name}, run {number + 1} of {size.runs}")
                found[name] = await measure_rate(synced, setup, 1, size.jobs_for(setup.kind))
            rounds.append(found)
    return rows(rounds)


def rows(rounds: list[dict[str, float]]) -> list[Row]:
    """Return the medians, and the medians of the ratios within each round."""

    def row(name: str, one: str, other: str, target: float | None, detail: str) -> Row:
        ratios = divide([found[one] for found in rounds], [found[other] for found in rounds])
        rate = median(found[one] for found in rounds)
        return Row(name=name, value=rate, unit="/s", ratios=ratios, target=target, detail=detail)

    once = "each job ran exactly once"
    stock, synced = (median(found[name] for found in rounds) for name in ("stock 1", "stock, synced"))
    return [
        row("engine, 1 worker, of stock arq", "ours 1", "stock 1", 6, f"no-op jobs, 300 slots; {once}"),
        row("engine, 2 workers, of 1 worker", "ours 2", "ours 1", 1, once),
        row("engine, 4 workers, of 1 worker", "ours 4", "ours 1", 1, once),
        row("engine, each write synced, of stock arq", "ours, synced", "stock, synced", None, f"stock: {synced:.0f}/s"),
        Row(name="stock arq, 1 worker", value=stock, unit="/s", detail="100 slots, poll_delay 0.01: its best"),
        row(
            "stock arq, 4 workers, of 1 worker",
            "stock 4",
            "stock 1",
            None,
            "they compete for the head of the queue",
        ),
    ]


async def measure_rate(scene: Scene, setup: Setup, workers: int, jobs: int) -> float:
    """Enqueue the jobs at once, and return jobs per second until the last one has left the queue."""
    crew = await start_crew(scene.stack, setup, workers)
    for first, count in ((0, WARM_JOBS), (WARM_JOBS, jobs)):
        await prepare_jobs(scene.store, range(first, first + count))
        started_s = await release(scene.store)
        took_s = await wait_until_done(scene.store) - started_s
    await check_runs(crew, WARM_JOBS + jobs)
    return jobs / took_s


async def check_runs(crew: Crew, jobs: int) -> None:
    """Stop the workers. Raises AssertionError unless each job ran exactly once."""
    times = Counter(start.number for start in await crew.stop_and_read())
    assert jobs == len(times), f"{jobs - len(times)} jobs were lost"
    assert jobs == times.total(), f"{times.total() - jobs} jobs ran twice"
