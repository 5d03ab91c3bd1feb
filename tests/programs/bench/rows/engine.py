"""No-op jobs a second: the engine with 1, 2 and 4 worker processes, against stock arq at its best setting."""

from collections import Counter

from tests.programs.bench.jobs import Crew, crew, done, release, stage
from tests.programs.bench.row import Row, Say, Size, median
from tests.programs.bench.scene import RELAXED, Scene, scene
from tests.programs.bench.worker import Setup

ENGINE = Setup(kind="engine", max_jobs=300)
STOCK = Setup(kind="arq", max_jobs=100, poll_delay_s=0.01)
WARM_JOBS = 200
TURNS = (
    ("stock 1", STOCK, 1),
    ("ours 1", ENGINE, 1),
    ("ours 2", ENGINE, 2),
    ("ours 4", ENGINE, 4),
    ("stock 4", STOCK, 4),
)


async def measure(size: Size, say: Say) -> list[Row]:
    """All take turns, so that a busier moment of the machine hits each of them."""
    rounds: list[dict[str, float]] = []
    async with scene(env=RELAXED) as relaxed, scene() as synced:
        for number in range(size.runs):
            found = {}
            for name, setup, workers in TURNS:
                say(f"{name}, run {number + 1} of {size.runs}")
                found[name] = await per_s(relaxed, setup, workers, size.jobs_for(setup.kind))
            for name, setup in (("stock, synced", STOCK), ("ours, synced", ENGINE)):
                say(f"{name}, run {number + 1} of {size.runs}")
                found[name] = await per_s(synced, setup, 1, size.jobs_for(setup.kind))
            rounds.append(found)
    return rows(rounds)


def rows(rounds: list[dict[str, float]]) -> list[Row]:
    """Medians, and medians of the ratios within each round."""

    def row(name: str, one: str, other: str, target: float | None, detail: str) -> Row:
        ratio = median(found[one] / found[other] for found in rounds)
        rate = median(found[one] for found in rounds)
        return Row(name=name, value=rate, unit="/s", ratio=ratio, target=target, detail=detail)

    once = "each job ran exactly once"
    stock, synced = (median(found[name] for found in rounds) for name in ("stock 1", "stock, synced"))
    return [
        row("engine, 1 worker, of stock arq", "ours 1", "stock 1", 6, f"no-op jobs, 300 slots; {once}"),
        row("engine, 2 workers, of 1 worker", "ours 2", "ours 1", 1, once),
        row("engine, 4 workers, of 1 worker", "ours 4", "ours 1", 1, once),
        row("engine, each write synced, of stock arq", "ours, synced", "stock, synced", None, f"stock: {synced:.0f}/s"),
        Row(name="stock arq, 1 worker", value=stock, unit="/s", detail="100 slots, poll_delay 0.01: its best"),
        row("stock arq, 4 workers, of 1 worker", "stock 4", "stock 1", None, "they compete for the head of the queue"),
    ]


async def per_s(seen: Scene, setup: Setup, workers: int, jobs: int) -> float:
    """The jobs are put on the queue in one moment; the clock stops when the last has left it."""
    at_work = await crew(seen.stack, setup, workers)
    for first, count in ((0, WARM_JOBS), (WARM_JOBS, jobs)):
        await stage(seen.store, range(first, first + count))
        started_s = await release(seen.store)
        took_s = await done(seen.store) - started_s
    await once_each(at_work, WARM_JOBS + jobs)
    return jobs / took_s


async def once_each(at_work: Crew, jobs: int) -> None:
    """Stop the workers and look at what they ran."""
    times = Counter(start.number for start in await at_work.ran())
    assert jobs == len(times), f"{jobs - len(times)} jobs were lost"
    assert jobs == times.total(), f"{times.total() - jobs} starts too many"
