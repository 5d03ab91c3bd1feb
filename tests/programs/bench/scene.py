"""A deployment to measure: real processes, customers without limits, and readers of counters and ledgers."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager

from msgspec import Struct

from shared.store import accounts, keys, ledger
from shared.store.connect import Store
from tests.harness.factories import Customer, create_customer, doubles_env
from tests.harness.processes import Process, Stack, make_folder
from tests.programs.bench.machine import cpu_s, read_server_info

CUSTOMERS = 16
# Few customers of one address send everything here. The limits still count each request.
UNLIMITED = {
    "CREATES_PER_S": "1000000",
    "READS_PER_S": "1000000",
    "OPEN_PER_S": "1000000",
    "CONNECTIONS_PER_ADDRESS": "10000",
    "PREFER_WAIT_S": "60",
}
RELAXED = {"DURABILITY": "memory"}  # one sync a second instead of one before each answer
CENTS = 10_000_000_000
ORDERS_MAX = 1_000_000
POLL_S = 0.1
DRAIN_S = 60.0
BATCH = 500


class BooksWrong(AssertionError):
    """Money was lost, created, or moved twice."""


class Scene(Struct, frozen=True):
    """A running deployment to measure."""

    stack: Stack
    store: Store
    customers: list[Customer]
    store_pid: int
    port: int  # of the gateway

    @property
    def api_keys(self) -> tuple[str, ...]:
        """Return the customers' API keys."""
        return tuple(customer.key for customer in self.customers)

    @property
    def pids(self) -> dict[str, int]:
        """Return the processes whose CPU time is measured."""
        running = {name: process.pid for name, process in self.stack.processes.items() if name != "store"}
        return {**running, "store": self.store_pid}

    def add(self, name: str, *arguments: str) -> Process:
        """Start another Python process."""
        return self.stack.add(name, *arguments)


class Counts(Struct, frozen=True, kw_only=True):
    """The progress of the deployment at one moment."""

    at_ns: int
    accepted: int
    finished: int
    cpu: dict[str, float]  # seconds used so far, by process


def costs(before: Counts, after: Counts, number: int) -> str:
    """Describe the CPU time of each process for one of `number` generations between two counts."""
    spent = {name: (after.cpu[name] - before.cpu.get(name, 0)) * 1e6 / max(number, 1) for name in after.cpu}
    return "CPU us each: " + ", ".join(f"{name} {us:.0f}" for name, us in spent.items())


@asynccontextmanager
async def run_scene(
    *, gateways: int = 0, workers: Sequence[str] = (), deliver: int = 0, env: dict[str, str] | None = None
) -> AsyncIterator[Scene]:
    """Run the embedded store with `appendfsync always` and the requested processes; remove them at the end."""
    doubles = doubles_env(make_folder("bench"))
    async with (
        Stack(
            gateways=gateways, workers=workers, deliver=deliver, sweep=0, env={**doubles, **UNLIMITED, **(env or {})}
        ) as stack,
        Store(stack.settings.store_url, name="bench") as store,
    ):
        pid = int((await read_server_info(store))["process_id"])
        limits = {"concurrency": ORDERS_MAX, "backlog_max": ORDERS_MAX}
        customers = [await create_customer(store, cents=CENTS, **limits) for _ in range(CUSTOMERS)]
        yield Scene(stack, store, customers, pid, stack.ports[0])


async def read_counts(scene: Scene) -> Counts:
    """Read the counters of accepted and finished generations, and the CPU times."""
    lengths = [scene.store.call("LLEN", keys.generations(customer.account)) for customer in scene.customers]
    still_open, *accepted = await asyncio.gather(scene.store.call("ZCARD", keys.OPEN), *lengths)
    cpu = {name: cpu_s(pid) for name, pid in scene.pids.items()}
    return Counts(at_ns=time.time_ns(), accepted=sum(accepted), finished=sum(accepted) - still_open, cpu=cpu)


async def watch_counts(scene: Scene, into: list[Counts]) -> None:
    """Read the counters repeatedly until cancelled."""
    while True:
        into.append(await read_counts(scene))
        await asyncio.sleep(POLL_S)


async def wait_until_drained(scene: Scene) -> None:
    """Wait until no generation is open. Raises TimeoutError."""

    async def check_drained() -> bool:
        return not await scene.store.call("ZCARD", keys.OPEN)

    await wait_until(check_drained, every_s=0.02, limit_s=DRAIN_S)


async def wait_until(condition: Callable[[], Awaitable[bool]], *, every_s: float, limit_s: float) -> None:
    """Poll a condition until it is true. Raises TimeoutError."""
    async with asyncio.timeout(limit_s):
        while True:
            if await condition():
                return
            await asyncio.sleep(every_s)


async def check_books(scene: Scene) -> int:
    """Check every account to the micro-dollar; return the number of settled generations. Raises BooksWrong."""
    settled = 0
    for customer in scene.customers:
        account = await accounts.find(scene.store, customer.account)
        lines = await ledger.list_entries(scene.store, customer.account)
        reserved = [line.reference for line in lines if line.kind == "reserve"]
        ended = [line.reference for line in lines if line.kind == "settle"]
        if account is None or account.topup - account.spent != sum(line.amount_micros for line in lines):
            raise BooksWrong(f"{customer.account}: its ledger does not add up to its balance")
        if len(set(ended)) != len(ended) or len(set(reserved)) != len(reserved) or not set(ended) <= set(reserved):
            raise BooksWrong(f"{customer.account}: a generation was reserved or settled twice")
        settled += len(ended)
    return settled


async def read_stamps(scene: Scene, ids: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Read when each generation was accepted and settled, in Unix ms by the store's clock."""
    names, found = list(ids), {}
    for first in range(0, len(names), BATCH):
        batch = names[first : first + BATCH]
        reads = [scene.store.call("HMGET", keys.generation(name), "created_ms", "closed_ms") for name in batch]
        for name, (created_ms, closed_ms) in zip(batch, await asyncio.gather(*reads), strict=True):
            found[name] = int(created_ms), int(closed_ms)
    return found
