"""Random histories of settling, archiving, expiring and crashing: nothing is lost or doubled, and the books balance."""

import asyncio
import shutil
from collections.abc import Sequence
from hashlib import sha1
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec import Struct, field, structs
from sqlalchemy import func, select

from shared.domain.generation import COMPLETED, FAILED, EndState, Outcome
from shared.records import schema
from shared.records.connect import Records
from shared.records.migrate import migrate
from shared.records.opening import open_records
from shared.records.read import find_generation, list_lines
from shared.records.write import write_batch
from shared.store import accounts, archive, connect, generations, keys, ledger, steps
from shared.store.check import check_ledger
from shared.store.connect import Store
from shared.store.findings import Report
from shared.store.scripts import Script, script
from tests.harness.factories import CENTS, Customer, create_customer, make_order
from tests.harness.processes import make_folder
from workers.archive.archiver import Archiver
from workers.archive.collect import collect, sort_entries

HOT_MS = 7 * 86_400_000
EMPTY: list[Path] = []  # a migrated database, once it is made
STEPS = (
    *("accept", "settle", "settle", "fail", "credit", "top_up", "late_callback", "late_reference"),
    *("archive", "archive", "die_with_entries", "die_after_commit", "die_before_drop", "take_over", "sweep", "expire"),
)


class World(Struct):
    """A store and a database with an archiver between them, and the customer's own notes."""

    store: Store
    records: Records
    archiver: Archiver
    customer: Customer
    balance: int
    waiting: list[str] = field(default_factory=list)
    ended: dict[str, int] = field(default_factory=dict)  # the cost of each generation
    credited: set[str] = field(default_factory=set)
    failed: str = "none"  # the newest that failed

    async def take(self, step: str) -> None:
        """Take one step of a history."""
        await getattr(self, f"do_{step}")()

    async def do_accept(self) -> None:
        """Order two generations."""
        for _ in range(2):
            order = make_order(self.customer)
            await ledger.accept(self.store, order)
            self.balance -= 10 * CENTS
            self.waiting.append(order.id)

    async def do_settle(self) -> None:
        """Complete the oldest waiting generation below its reservation."""
        await self._end(COMPLETED, 8 * CENTS)

    async def do_fail(self) -> None:
        """Fail and refund the oldest waiting generation, whose submit was never answered."""
        if self.waiting:
            name = self.waiting[0]
            await steps.start(self.store, name, provider="noop", repeatable=False, submit_limit_s=5, token="t")
            self.failed = name
        await self._end(FAILED, 0)

    async def do_late_callback(self) -> None:
        """Store a callback for the newest failed generation, whose reference may be unknown."""
        await generations.store_callback(self.store, self.failed, "noop", b"{}")

    async def do_late_reference(self) -> None:
        """Store the reference of the newest failed generation."""
        await steps.store_reference(self.store, self.failed, "task-1", provider="noop", patience_s=1)

    async def _end(self, state: EndState, cost: int) -> None:
        if self.waiting:
            name = self.waiting.pop(0)
            await ledger.settle(self.store, name, state, cost_micros=cost, outcome=Outcome("noop"))
            self.balance += 10 * CENTS - cost
            self.ended[name] = cost

    async def do_credit(self) -> None:
        """Credit an ended generation that is still in the store."""
        for name, cost in self.ended.items():
            if cost and name not in self.credited:
                done = await ledger.credit(self.store, name, 3 * CENTS)
                if done.outcome == "credited":
                    self.credited.add(name)
                    self.balance += 3 * CENTS
                return

    async def do_top_up(self) -> None:
        """Add a dollar."""
        await ledger.top_up(self.store, self.customer.account, 100 * CENTS, f"payment {self.balance}")
        self.balance += 100 * CENTS

    async def do_archive(self) -> None:
        """Archive the next entries."""
        await self.archiver.run_once()

    async def do_die_with_entries(self) -> None:
        """Take entries, and die."""
        await archive.read_new(self.store, 2)

    async def do_die_after_commit(self) -> None:
        """Write entries, and die before their records may expire."""
        work = sort_entries(await archive.read_new(self.store, 3) or [])
        async with self.records.write() as connection:
            await write_batch(connection, (await collect(self.store, connection, work)).batch)

    async def do_die_before_drop(self) -> None:
        """Archive entries, and die before they are dropped."""
        await self.archiver.archive(sort_entries(await archive.read_new(self.store, 3) or []))

    async def do_take_over(self) -> None:
        """Archive what dead copies left behind."""
        entries = await archive.claim_stale(self.store, 0, 100) or []
        await self.archiver.archive(sort_entries(entries))
        await archive.drop(self.store, entries)

    async def do_sweep(self) -> None:
        """Sweep, as once a day."""
        await self.store.call("DEL", keys.RECORDS_SWEPT)
        await self.archiver.sweep()

    async def do_expire(self) -> None:
        """Let HOT_DAYS pass: every record that may expire is gone."""
        for name in self.ended:
            if await self.store.call("PTTL", keys.generation(name)) >= 0:
                await self.store.call("DEL", keys.generation(name))

    async def check(self) -> None:
        """Check that every ended generation is in the store or in the database, and that the ledger is the balance."""
        async with self.records.read() as connection:
            archived = set((await connection.scalars(select(schema.generations.c.id))).all())
        for name in self.ended:
            assert name in archived or await self.store.call("EXISTS", keys.generation(name)), f"{name} is lost"
        account = await accounts.find(self.store, self.customer.account)
        assert account is not None
        lines = await ledger.list_entries(self.store, self.customer.account)
        assert [self.balance] * 2 == [account.balance, sum(line.amount_micros for line in lines)]

    async def check_end(self) -> None:
        """Archive everything, and check that the database has it once, to the micro-dollar."""
        await self.do_take_over()
        while await self.archiver.run_once():
            pass
        await self.do_sweep()
        await self.check()
        await check_ledger(self.store, report := Report())
        assert [] == report.findings
        async with self.records.read() as connection:
            archived = (await connection.scalars(select(schema.generations.c.id))).all()
            sums = (func.sum(schema.usage.c[name]) for name in ("count", "charged", "credited"))
            counted = (await connection.execute(select(*sums))).one()
            lines = await list_lines(connection, self.customer.account)
            for name in self.ended:
                stored = await generations.view(self.store, "", name)
                assert stored in (None, await find_generation(connection, "", name)), f"{name} changed after its end"
        assert sorted(self.ended) == sorted(archived)
        expected = (len(self.ended), sum(self.ended.values()), 3 * CENTS * len(self.credited))
        assert expected == tuple(value or 0 for value in counted)
        assert list(range(1, len(lines) + 1)) == [line.sequence for line in lines]
        assert self.balance == sum(line.amount for line in lines)


async def make_empty_database() -> Path:
    """Return a migrated file, to be copied."""
    if not EMPTY:
        EMPTY.append(make_folder("empty") / "records.db")
        async with open_records(f"sqlite:///{EMPTY[0]}") as records:
            await migrate(records)
    return EMPTY[0]


async def run_history(server: str, steps: Sequence[str], world_type: type[World] = World) -> None:
    """Run a history on an emptied store and an empty database."""
    path = make_folder("history") / "records.db"
    shutil.copy(await make_empty_database(), path)
    url = f"sqlite:///{path}"
    async with Store(server) as store, open_records(url) as records:
        await store.call("FLUSHALL")
        archiver = Archiver(store, records, hot_ms=HOT_MS)
        await archiver.start()
        world = world_type(store, records, archiver, await create_customer(store, cents=1000), 1000 * CENTS)
        for step in steps:
            await world.take(step)
            await world.check()
        await world.check_end()


def script_that_folds_early(name: str) -> Script:
    """Return a verb; the one that folds keeps two lines only."""
    found = script(name)
    source = found.source.replace(b"LINES_KEPT, SLACK, STEP = 200, 100, 500", b"LINES_KEPT, SLACK, STEP = 2, 1, 3")
    return structs.replace(found, source=source, sha=sha1(source, usedforsecurity=False).hexdigest().encode())


@pytest.fixture
def early_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fold ledgers from four lines on."""
    monkeypatch.setattr(connect, "script", script_that_folds_early)
    monkeypatch.setattr(archive, "LINES_KEPT", 2)


@pytest.mark.usefixtures("early_folds")
@given(steps=st.lists(st.sampled_from(STEPS), min_size=8, max_size=30))
@example(steps=["accept", "fail", "archive", "late_callback", "expire"])
@example(steps=["accept", "fail", "archive", "late_reference", "expire"])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_histories_lose_and_double_nothing(store_url: str, steps: list[str]) -> None:
    """In every state the books balance, and in the end the database has all that ended, once."""
    asyncio.run(run_history(store_url, steps))


class Hasty(World):
    """A world whose archiver drops entries and lets records expire before they are written."""

    async def do_archive(self) -> None:
        """Let everything expire that the entries name, and drop them."""
        entries = await archive.read_new(self.store, 100) or []
        names = [keys.generation(entry.text) for entry in entries if entry.kind == "generation"]
        await archive.expire(self.store, [(name, "") for name in names], HOT_MS)
        await archive.drop(self.store, entries)


class Forgetful(World):
    """A world whose archiver folds lines that are not in the database."""

    async def do_archive(self) -> None:
        """Fold everything."""
        await archive.fold_ledger(self.store, self.customer.account, 1000)


@pytest.mark.usefixtures("early_folds")
@pytest.mark.parametrize("world", [Hasty, Forgetful], ids=lambda world: world.__name__)
async def test_histories_detect_an_archiver_that_loses_records(store_url: str, world: type[World]) -> None:
    """A record that expires, or a line that is folded, before it is archived fails the check."""
    steps = ["accept", "accept", "settle", "settle", "archive", "expire", "archive"]
    with pytest.raises(AssertionError):
        await run_history(store_url, steps, world)
