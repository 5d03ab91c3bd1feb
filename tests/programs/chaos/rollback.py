"""The last act: the store comes back with an older copy under running processes, and nothing is bought twice."""

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable, Iterator

import aiohttp
from msgspec import Struct, field

from shared.domain.errors import StoreDown, StoreError
from shared.store import keys
from shared.store.check import check_ledger
from shared.store.findings import Report
from tests.harness.factories import Customer, create_customer
from tests.programs.chaos.archived import compare_balances
from tests.programs.chaos.deployment import Deployment

ORDERS, PACE_S = 60, 0.05
COPIED_AFTER, LOST_S = 30, 1.5  # orders before the copy; seconds from the last order to the rollback
PROMPT = "polls=4 wait=0.4"
FENCED_MAX_S, READY_MAX_S, END_MAX_S = 20.0, 20.0, 60.0
POLL_S = 0.1


class Rollback(Struct, kw_only=True):
    """The course of a rollback. `accepted` has the answers of the store's gateways to orders."""

    accepted: list[str] = field(default_factory=list)
    fenced_s: float | None = None  # until every gateway refused orders
    ready_s: float | None = None  # from the operator's command until every gateway accepted orders
    ended_s: float | None = None  # until no generation was open
    lost: int = 0  # accepted orders that the older copy does not have
    exits: list[str] = field(default_factory=list)  # processes that ended
    books: Report = field(default_factory=Report)
    differing: list[str] = field(default_factory=list)  # accounts with another balance in the database


async def roll_back(deployment: Deployment) -> Rollback:
    """Order, copy the store, order more, and replace the store by its copy. Accept it as an operator would."""
    found, stack = Rollback(), deployment.stack
    customer = await create_customer(deployment.store, cents=100_000)
    folder = stack.data_dir / "store" / "appendonlydir"
    copy = folder.with_name("older")
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        for number in range(ORDERS):
            if number == COPIED_AFTER:
                await asyncio.to_thread(shutil.copytree, folder, copy)
            await order(session, stack.urls[number % len(stack.urls)], customer, number, found)
            await asyncio.sleep(PACE_S)
        await asyncio.sleep(LOST_S)
        stack.processes["store"].kill()
        shutil.rmtree(folder)
        copy.rename(folder)
        await stack.start_store()
        found.fenced_s = await wait(lambda: check_readiness(session, stack.urls, 503), FENCED_MAX_S)
        await stack.run_cli("store", "accept-history")
        found.ready_s = await wait(lambda: check_readiness(session, stack.urls, 200), READY_MAX_S)
    found.ended_s = await wait(lambda: check_ended(deployment), END_MAX_S)
    exists = [await deployment.store.call("EXISTS", keys.generation(name)) for name in found.accepted]
    found.lost = exists.count(0)
    found.exits = [name for name, process in stack.processes.items() if not process.running]
    await check_ledger(deployment.store, found.books)
    found.differing = await compare_balances(deployment.store, deployment.records_url, END_MAX_S)
    return found


def faults_of(found: Rollback) -> Iterator[tuple[str, str]]:
    """Yield each broken promise of a rollback, with a detail. Purchases are checked with those of the whole run."""
    for name, took_s in (("fence", found.fenced_s), ("readiness", found.ready_s), ("end", found.ended_s)):
        if took_s is None:
            yield f"a rollback had no {name} in time", ""
    for name in found.exits:
        yield "a process ended after a rollback", name
    for finding in found.books.findings:
        yield f"ledger check after a rollback: {finding.fault}", f"{finding.id} {finding.detail or finding.at}"
    for account in found.differing:
        yield "the database has another balance after a rollback", account
    if not found.lost:
        yield "a rollback lost no order, so it proves nothing", f"{len(found.accepted)} accepted"


async def order(session: aiohttp.ClientSession, url: str, customer: Customer, number: int, found: Rollback) -> None:
    """Order one image of the paid provider."""
    body = {"model": "chaos/paid", "prompt": f"rollback {number}: {PROMPT}"}
    headers = {"Authorization": f"Bearer {customer.key}"}
    async with session.post(f"{url}/api/v1/generations", json=body, headers=headers) as response:
        if response.status == 201:
            found.accepted.append((await response.json())["id"])


async def check_readiness(session: aiohttp.ClientSession, urls: list[str], status: int) -> bool:
    """Return whether every gateway answers /readyz with a status."""
    for url in urls:
        async with session.get(f"{url}/readyz") as response:
            if response.status != status:
                return False
    return True


async def check_ended(deployment: Deployment) -> bool:
    """Return whether no generation is open."""
    return not int(await deployment.store.call("ZCARD", keys.OPEN))


async def wait(done: Callable[[], Awaitable[bool]], limit_s: float) -> float | None:
    """Wait until `done`, and return the seconds until then; None if it took too long."""
    started_s = time.monotonic()
    while time.monotonic() - started_s < limit_s:
        try:
            if await done():
                return round(time.monotonic() - started_s, 2)
        except (aiohttp.ClientError, TimeoutError, StoreDown, StoreError):
            pass
        await asyncio.sleep(POLL_S)
    return None
