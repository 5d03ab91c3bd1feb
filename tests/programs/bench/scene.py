"""A deployment to measure: real processes, customers who can order a lot, a look at the counters and at the books."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager

from msgspec import Struct

from shared.store import accounts, keys, ledger
from shared.store.connect import Store
from tests.harness.factories import Customer, create_customer, doubles_env
from tests.harness.processes import Process, Stack, make_folder
from tests.programs.bench.machine import cpu_s, server

CUSTOMERS = 16
RELAXED = {"DURABILITY": "memory"}  # one sync a second instead of one before each answer
CENTS = 10_000_000_000
ORDERS_MAX = 1_000_000
LOOK_S = 0.1
DRAIN_S = 60.0
BATCH = 500


class BooksWrong(AssertionError):
    """Money was lost, made up, or moved twice."""


class Scene(Struct, frozen=True):
    """A running deployment, seen from the bench."""

    stack: Stack
    store: Store
    customers: list[Customer]
    store_pid: int
    port: int  # of the gateway

    @property
    def api_keys(self) -> tuple[str, ...]:
        """The customers' API keys."""
        return tuple(customer.key for customer in self.customers)

    @property
    def pids(self) -> dict[str, int]:
        """The processes whose CPU is worth knowing."""
        running = {name: process.pid for name, process in self.stack.processes.items() if name != "store"}
        return {**running, "store": self.store_pid}

    def add(self, name: str, *arguments: str) -> Process:
        """One more Python process."""
        return self.stack.add(name, *arguments)


class Counts(Struct, frozen=True, kw_only=True):
    """How far everything had come at one moment."""

    at_ns: int
    accepted: int
    finished: int
    cpu: dict[str, float]  # seconds used so far, by process


def costs(before: Counts, after: Counts, number: int) -> str:
    """Who used how much CPU for one of `number` generations between two looks."""
    spent = {name: (after.cpu[name] - before.cpu.get(name, 0)) * 1e6 / max(number, 1) for name in after.cpu}
    return "CPU us each: " + ", ".join(f"{name} {us:.0f}" for name, us in spent.items())


@asynccontextmanager
async def scene(
    *, gateways: int = 0, workers: Sequence[str] = (), env: dict[str, str] | None = None
) -> AsyncIterator[Scene]:
    """The embedded store with `appendfsync always`, and the processes asked for; killed and removed at the end."""
    doubles = doubles_env(make_folder("bench"))
    async with (
        Stack(gateways=gateways, workers=workers, deliver=0, sweep=0, env={**doubles, **(env or {})}) as stack,
        Store(stack.settings.store_url, name="bench") as store,
    ):
        pid = int((await server(store))["process_id"])
        limits = {"concurrency": ORDERS_MAX, "backlog_max": ORDERS_MAX}
        customers = [await create_customer(store, cents=CENTS, **limits) for _ in range(CUSTOMERS)]
        yield Scene(stack, store, customers, pid, stack.ports[0])


async def counts(seen: Scene) -> Counts:
    """One look at the counters."""
    lengths = [seen.store.call("LLEN", keys.generations(customer.account)) for customer in seen.customers]
    still_open, *made = await asyncio.gather(seen.store.call("ZCARD", keys.OPEN), *lengths)
    cpu = {name: cpu_s(pid) for name, pid in seen.pids.items()}
    return Counts(at_ns=time.time_ns(), accepted=sum(made), finished=sum(made) - still_open, cpu=cpu)


async def watched(seen: Scene, into: list[Counts]) -> None:
    """Look at the counters until cancelled."""
    while True:
        into.append(await counts(seen))
        await asyncio.sleep(LOOK_S)


async def drained(seen: Scene) -> None:
    """Wait until no generation is open. Raises TimeoutError."""

    async def none_open() -> bool:
        return not await seen.store.call("ZCARD", keys.OPEN)

    await until(none_open, every_s=0.02, limit_s=DRAIN_S)


async def until(condition: Callable[[], Awaitable[bool]], *, every_s: float, limit_s: float) -> None:
    """Ask again and again until it is so. Raises TimeoutError."""
    async with asyncio.timeout(limit_s):
        while True:
            if await condition():
                return
            await asyncio.sleep(every_s)


async def balanced(seen: Scene) -> int:
    """Check every account to the micro-dollar; how many generations were settled. Raises BooksWrong."""
    settled = 0
    for customer in seen.customers:
        account = await accounts.find(seen.store, customer.account)
        lines = await ledger.list_entries(seen.store, customer.account)
        reserved = [line.reference for line in lines if line.kind == "reserve"]
        closed = [line.reference for line in lines if line.kind == "settle"]
        if account is None or account.topup - account.spent != sum(line.amount_micros for line in lines):
            raise BooksWrong(f"{customer.account}: its ledger does not add up to its balance")
        if len(set(closed)) != len(closed) or len(set(reserved)) != len(reserved) or not set(closed) <= set(reserved):
            raise BooksWrong(f"{customer.account}: a generation was reserved or settled twice")
        settled += len(closed)
    return settled


async def stamps(seen: Scene, ids: Iterable[str]) -> dict[str, tuple[int, int]]:
    """By generation: when it was accepted and when it was settled, Unix ms, by the store's clock."""
    names, found = list(ids), {}
    for first in range(0, len(names), BATCH):
        batch = names[first : first + BATCH]
        asked = [seen.store.call("HMGET", keys.generation(name), "created_ms", "closed_ms") for name in batch]
        for name, (created_ms, closed_ms) in zip(batch, await asyncio.gather(*asked), strict=True):
            found[name] = int(created_ms), int(closed_ms)
    return found
