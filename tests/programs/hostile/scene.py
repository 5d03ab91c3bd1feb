"""The scene: a deployment, an ordinary customer, and a hostile tenant, each in processes of their own."""

import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from shared.store import keys
from shared.store.check import check_ledger
from shared.store.connect import Store
from shared.store.findings import Report
from tests.harness.factories import CENTS, create_customer
from tests.harness.processes import Process, Stack, make_folder
from tests.programs.bench.machine import cpu_s
from tests.programs.chaos.deployment import CATALOGUE
from tests.programs.hostile.attacker import AttackerSetup
from tests.programs.hostile.doubles import Doubles, DoublesSetup
from tests.programs.hostile.ordinary import EVENTS_S, Course, OrdinarySetup
from tests.programs.hostile.schedule import START_S, Slice, make_slices, sleep_until
from tests.programs.hostile.tenant import PROXY

LOCAL = Path(__file__).with_name("catalogue.toml")
DAY_S = 86_400
COST_CENTS, GUESTS_CENTS = 0.5, "3"  # of the paid provider, and the bound for guests: six orders reach it
MONEY_CENTS = 10_000_000
LEAD_S = 0.5  # from the writing of the start file to the start
SLOW_MS, SLOW_MICROS, SLOW_SHOWN = 5, 2_000, 10  # of the store's commands


class Observed(Struct, frozen=True, kw_only=True):
    """Everything known after a run."""

    courses: list[Course]
    hostile: Counter[str]
    processor_s: list[dict[str, float]]  # of each process, in each slice
    slow_commands: list[str]
    grown_bytes: int
    generations: int  # that were created in the run
    guests_micros: int
    guests_micros_max: int
    faults: int


async def observe(seconds: float, report: Callable[[str], None]) -> Observed:
    """Run every slice."""
    folder, slices = make_folder("hostile"), make_slices(seconds)
    doubles = await start(folder, "doubles", DoublesSetup(str(folder / "urls")))
    urls = msgspec.json.decode((folder / "urls").read_bytes(), type=Doubles)
    async with deploy(folder, urls.provider) as (stack, store):
        ordinary = await create_customer(store, cents=MONEY_CENTS, concurrency=100, backlog_max=1000)
        enemy = await create_customer(store, cents=MONEY_CENTS, concurrency=10, backlog_max=100)
        shared = {"url": stack.url, "slices": slices, "start": str(folder / "start")}
        orders = OrdinarySetup(**shared, key=ordinary.key, out=str(folder / "courses"))
        attacks = AttackerSetup(**shared, key=enemy.key, dead=urls.dead, out=str(folder / "responses"))
        customer, tenant = await start(folder, "ordinary", orders), await start(folder, "attacker", attacks)
        before_bytes, before = await read_memory(store), await count_generations(store)
        await store.call("CONFIG", "SET", "slowlog-log-slower-than", SLOW_MICROS, "latency-monitor-threshold", SLOW_MS)
        started_s = await write_start(folder / "start")
        processor_s = await follow(slices, started_s, stack, report)
        for child in (tenant, customer):
            assert 0 == await child.wait_for_exit(EVENTS_S + START_S), child.output
        assert doubles.running, doubles.output
        doubles.kill()
        books = Report()
        await check_ledger(store, books)
        return Observed(
            courses=msgspec.json.decode((folder / "courses").read_bytes(), type=list[Course]),
            hostile=Counter(msgspec.json.decode((folder / "responses").read_bytes(), type=dict[str, int])),
            processor_s=processor_s,
            slow_commands=await read_slow_commands(store),
            grown_bytes=await read_memory(store) - before_bytes,
            generations=await count_generations(store) - before,
            guests_micros=await read_guests_micros(store),
            guests_micros_max=round(stack.settings.guests_cost_cents_per_day * CENTS),
            faults=len(books.findings),
        )


async def start(folder: Path, name: str, setup: Struct) -> Process:
    """Start a module of this package with a setup, and wait until it is ready."""
    path = folder / f"{name}.json"
    path.write_bytes(msgspec.json.encode(setup))
    process = Process(name, sys.executable, "-m", f"tests.programs.hostile.{name}", str(path)).start()
    await process.wait_for_log("ready", START_S)
    return process


async def write_start(path: Path) -> float:
    """Let the processes start, all at the same monotonic time, which is returned."""
    started_s = time.monotonic() + LEAD_S
    unseen = path.with_suffix(".new")
    unseen.write_text(str(started_s))
    unseen.rename(path)
    return started_s


async def follow(
    slices: tuple[Slice, ...], started_s: float, stack: Stack, report: Callable[[str], None]
) -> list[dict[str, float]]:
    """Wait for the end of every slice, and return the processor time that each process of the product used in it."""
    found = []
    for each in slices:
        await sleep_until(started_s + each.begin_s)
        report(f"{each.end_s - each.begin_s:.0f} s {'next to the hostile tenant' if each.hostile else 'alone'}")
        before = processor_times(stack)
        await sleep_until(started_s + each.end_s)
        # A decoder that ended takes its seconds with it.
        found.append({name: round(max(used_s - before[name], 0), 2) for name, used_s in processor_times(stack).items()})
    return found


def processor_times(stack: Stack) -> dict[str, float]:
    """Return the processor seconds of each process so far, with its children: a store's server, a worker's decoders."""
    parents = {int(path.name): parent_of(path) for path in Path("/proc").glob("[0-9]*")}

    def used_s(pid: int) -> float:
        return cpu_s(pid) + sum(used_s(child) for child, parent in parents.items() if parent == pid)

    return {name: used_s(process.pid) for name, process in stack.processes.items()}


def parent_of(path: Path) -> int:
    """Return the parent of the process with a folder in /proc, 0 if it has ended."""
    try:
        return int((path / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


@asynccontextmanager
async def deploy(folder: Path, provider_url: str) -> AsyncIterator[tuple[Stack, Store]]:
    """Start a deployment with the providers of chaos and the local one, and open its store."""
    path = folder / "catalogue.toml"
    text = CATALOGUE.read_text().replace("PAID_URL", provider_url)
    text = text.replace('model = "paid" }', f'model = "paid", cost_cents = {COST_CENTS} }}')
    path.write_text(text + LOCAL.read_text())
    env = {
        "CATALOGUE": str(path),
        "ADAPTERS": "tests.harness.doubles.adapters",
        "GUESTS_COST_CENTS_PER_DAY": GUESTS_CENTS,
        "TRUSTED_PROXIES": PROXY,
    }
    async with (
        Stack(gateways=1, workers=("paid", "kinds", "odd"), env=env) as stack,
        Store(stack.settings.store_url, name="hostile") as store,
    ):
        stack.add("run-local", "-m", "workers", "run", "local", env={"ADAPTERS": "workers.providers"})
        yield stack, store


async def read_memory(store: Store) -> int:
    """Return the bytes of data in the store."""
    info = (await store.call("INFO", "memory")).decode()
    return int(info.partition("used_memory_dataset:")[2].split()[0])


async def count_generations(store: Store) -> int:
    """Count the records of generations."""
    cursor, number = b"0", 0
    while True:
        cursor, found = await store.call("SCAN", cursor, "MATCH", keys.generation("*"), "COUNT", 2000)
        number += len(found)
        if cursor == b"0":
            return number


async def read_guests_micros(store: Store) -> int:
    """Return the operator's money that guests spent today."""
    raw = await store.call("GET", keys.usage("guests", int(time.time()) // DAY_S))
    return int(raw.split()[4]) if raw else 0


async def read_slow_commands(store: Store) -> list[str]:
    """Return the slowest commands of the run, each with its milliseconds."""
    entries = sorted(await store.call("SLOWLOG", "GET", 200), key=lambda entry: -entry[2])
    found = [f"{entry[2] / 1000:.1f} ms: {b' '.join(entry[3][:3])[:80]!r}" for entry in entries[:SLOW_SHOWN]]
    return found + [
        f"{name.decode()}: at most {worst} ms" for name, _, _, worst, *_ in await store.call("LATENCY", "LATEST")
    ]
