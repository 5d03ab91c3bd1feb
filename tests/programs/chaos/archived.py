"""The database after a run: every ended generation once, and the same amounts as everywhere else."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field
from sqlalchemy import func, select

from shared.domain.generation import Generation
from shared.records import schema
from shared.records.books import FullCheck, advance
from shared.records.chain import LedgerLine
from shared.records.connect import Records
from shared.records.errors import RecordsDown
from shared.records.opening import open_records
from shared.records.read import find_generation, list_lines
from shared.store import archive, generations, keys, ledger
from shared.store.connect import Store
from shared.store.findings import Finding

POLL_S = 0.3
REREADS = 3


class Archived(Struct, kw_only=True):
    """The rows of the customers. `waiting` is the number of entries that no archiver has taken."""

    waiting: int = 0
    generations: dict[str, Generation | None] = field(default_factory=dict)
    lines: dict[str, Sequence[LedgerLine]] = field(default_factory=dict)  # by account
    balances: dict[str, int] = field(default_factory=dict)  # of the store, micro-USD
    used: dict[str, tuple[int, int]] = field(default_factory=dict)  # by account: generations, micro-USD
    delivered: Counter[str] = field(default_factory=Counter)  # deliveries by event
    findings: list[Finding] = field(default_factory=list)  # of a full check


async def wait_until_archived(store: Store, limit_s: float) -> int:
    """Wait until the archivers have written everything. Return how many entries are left at the end of the limit."""
    end = time.monotonic() + limit_s
    while True:
        lag = await archive.read_lag(store)
        if lag is not None and not lag.waiting and await archive.check_swept(store):
            return 0
        if time.monotonic() > end:
            return max(lag.waiting if lag else 0, 1)
        await asyncio.sleep(POLL_S)


async def read_archived(
    store: Store, url: str, accounts: Sequence[str], stored: Iterable[dict[str, Generation]], limit_s: float
) -> Archived:
    """Return what the database has of some accounts, once nothing waits for it.

    Those `stored` generations that a late result has changed meanwhile are read again, in both places.
    """
    found = Archived(waiting=await wait_until_archived(store, limit_s))
    async with open_records(url) as records:
        await _read_rows(found, records, accounts)
        for some in stored:
            await _read_changed_again(found, some, store, records, limit_s)
        for account in accounts:
            found.balances[account] = sum(line.amount_micros for line in await ledger.list_entries(store, account))
        state = FullCheck()
        while not state.ended_ms:
            await advance(store, records, state)
        found.findings = state.report.findings
    return found


async def _read_changed_again(
    found: Archived, stored: dict[str, Generation], store: Store, records: Records, limit_s: float
) -> None:
    """Read those that differ again, until they agree or have done so `REREADS` times."""
    for _ in range(REREADS):
        differing = [one for one in stored.values() if not one.open and one != found.generations.get(one.id)]
        if not differing:
            return
        found.waiting = await wait_until_archived(store, limit_s)
        async with records.read() as connection:
            for one in differing:
                found.generations[one.id] = await find_generation(connection, one.account, one.id)
        for one in differing:
            stored[one.id] = await generations.view(store, "", one.id) or one


async def _read_rows(found: Archived, records: Records, accounts: Sequence[str]) -> None:
    rows, usage, deliveries = schema.generations.c, schema.usage.c, schema.deliveries.c
    async with records.read() as connection:
        for account in accounts:
            mine = select(rows.id).where(rows.account == account)
            for name in (await connection.scalars(mine)).all():
                found.generations[name] = await find_generation(connection, account, name)
            found.lines[account] = await list_lines(connection, account)
            sums = select(func.sum(usage.count), func.sum(usage.charged - usage.credited))
            count, charged = (await connection.execute(sums.where(usage.account == account))).one()
            found.used[account] = (int(count or 0), int(charged or 0))
            events = select(deliveries.event).where(deliveries.account == account, deliveries.state == "delivered")
            found.delivered.update((await connection.scalars(events)).all())


def faults_of(found: Archived, stored: Mapping[str, Generation]) -> Iterator[tuple[str, str, str]]:
    """Yield each difference between the database and the store: the rule, an id and a detail."""
    if found.waiting:
        yield "records wait for an archiver", "", str(found.waiting)
    ended = {name: generation for name, generation in stored.items() if not generation.open}
    for name in ended.keys() - found.generations.keys():
        yield "an ended generation is not in the database", name, ended[name].spec.prompt
    for name in found.generations.keys() - ended.keys():
        yield "the database has a generation that the store has not", name, ""
    for name in ended.keys() & found.generations.keys():
        if ended[name] != found.generations[name]:
            yield "a generation differs in the database", name, f"{ended[name]} {found.generations[name]}"
    for account in found.lines:
        mine = [one.cost or 0 for one in ended.values() if one.account == account]
        yield from _faults_of_account(found, account, mine)
    for finding in found.findings:
        yield f"full check: {finding.fault}", finding.id, finding.detail or finding.at


def _faults_of_account(found: Archived, account: str, costs: Sequence[int]) -> Iterator[tuple[str, str, str]]:
    lines, balance, used = found.lines[account], found.balances[account], found.used[account]
    if list(range(1, len(lines) + 1)) != [line.sequence for line in lines]:
        yield "a ledger line is missing or doubled in the database", account, str(len(lines))
    total = sum(line.amount for line in lines)
    if total != balance:
        yield "the database and the store have other balances", account, f"{total} and {balance} micro-USD"
    if used != (len(costs), sum(costs)):
        yield "usage differs from the costs", account, f"{used}, {len(costs)}, {sum(costs)}"


async def compare_balances(store: Store, url: str, limit_s: float) -> list[str]:
    """Return the accounts whose balances differ between the store and the database, after a rollback."""
    waiting, differing = await wait_until_archived(store, limit_s), list[str]()
    async with open_records(url) as records:
        for raw in await store.call("ZRANGE", keys.ACCOUNTS, 0, -1):
            account = raw.decode()
            balance = sum(line.amount_micros for line in await ledger.list_entries(store, account))
            total = await _sum_lines(records, account)
            if balance != total:
                differing.append(f"{account}: {balance} in the store, {total} in the database")
    return [*differing, *([f"{waiting} records wait"] if waiting else [])]


async def _sum_lines(records: Records, account: str) -> int | None:
    try:
        async with records.read() as connection:
            return sum(line.amount for line in await list_lines(connection, account))
    except RecordsDown:
        return None
