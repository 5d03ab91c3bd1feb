"""The check of the books with a database: of changes, and of everything in slices."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct
from sqlalchemy import Table

from operate.cli.main import main
from shared.domain.generation import Outcome
from shared.domain.times import DAY_MS
from shared.records import books, schema
from shared.records.books import FullCheck
from shared.records.connect import Records
from shared.records.opening import open_records
from shared.store import keys, ledger, stats
from shared.store.connect import Store
from shared.store.findings import Report
from tests.harness.factories import Customer, create_customer, make_order, write_catalogue
from workers.archive.archiver import Archiver
from workers.archive.check_books import check_slice, check_what_changed, read_full_check

LINES = 310  # more than a ledger in the store has, once it is folded


class Books(Struct):
    """A store and its database, with an account whose ledger is folded, and one with an open generation."""

    store: Store
    records: Records
    archiver: Archiver
    customer: Customer
    other: Customer

    async def order(self, customer: Customer, *, settled: bool = True) -> str:
        """Order, and settle it."""
        order = make_order(customer, price_micros=9)
        await ledger.accept(self.store, order)
        if settled:
            await ledger.settle(self.store, order.id, "completed", cost_micros=5, outcome=Outcome("noop"))
        return order.id

    async def archive(self) -> None:
        """Archive everything."""
        while await self.archiver.run_once():
            pass

    async def find_faults(self) -> set[str]:
        """Return the faults of a check of what changed."""
        return {finding.fault for finding in (await check_what_changed(self.store, self.records)).findings}

    async def change(self, table: Table, **values: object) -> None:
        """Change all rows of a table of the database."""
        async with self.records.write() as connection:
            await connection.execute(table.update().values(values))


@pytest.fixture
async def place(store_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Books]:
    monkeypatch.setattr("shared.store.check.RECHECK_S", 0)
    monkeypatch.setenv("REDIS_URL", store_url)
    async with Store(store_url) as store, open_records(database_url) as records:
        archiver = Archiver(store, records, hot_ms=DAY_MS)
        await archiver.start()
        customer, other = await create_customer(store), await create_customer(store)
        books = Books(store, records, archiver, customer, other)
        payments = [f"payment {number}" for number in range(LINES)]
        await asyncio.gather(*(ledger.top_up(store, customer.account, 10_000, payment) for payment in payments))
        await books.order(customer)
        await books.order(other, settled=False)
        await books.archive()
        yield books


async def test_check_takes_what_changed_since_the_last_one(place: Books) -> None:
    """The first check takes all accounts, the next one those that moved money or have something open."""
    assert (await place.store.call("LINDEX", keys.ledger(place.customer.account), 0)).split()[1] == b"opening"
    first = await check_what_changed(place.store, place.records)
    again = await check_what_changed(place.store, place.records)
    assert ([], 2) == (first.findings, first.accounts)
    assert ([], 1) == (again.findings, again.accounts)
    await place.order(place.customer)
    await place.archive()
    third = await check_what_changed(place.store, place.records)
    assert ([], 2) == (third.findings, third.accounts)
    assert third.lines < first.lines


async def test_difference_between_store_and_database_is_found(place: Books) -> None:
    """A changed line or opening line of the store is found, and a changed amount of the database, until mended."""
    name = keys.ledger(place.customer.account)
    for index in (0, -1):
        line = await place.store.call("LINDEX", name, index)
        await place.store.call("LSET", name, index, line.replace(b" 3", b" 4", 1).replace(b"opening 1", b"opening 2"))
        if await place.store.call("LINDEX", name, index) != line:
            assert "archive_differs" in await place.find_faults()
        await place.store.call("LSET", name, index, line)
    assert set() == await place.find_faults()
    await place.order(place.customer)
    await place.archive()
    await place.change(schema.generations, cost=6)
    assert {"amount_differs"} == await place.find_faults()
    assert {"amount_differs"} == await place.find_faults()
    await place.change(schema.generations, cost=5)
    assert set() == await place.find_faults()


async def test_full_check_resumes_after_a_restart(place: Books) -> None:
    """Slices go on where the last one ended, in any process, and find what the check of changes cannot."""
    await place.find_faults()
    await place.change(schema.accounts, name="Eve")
    await place.change(schema.generations, model="other")
    slices = 0
    while not (await check_slice(place.store, place.records, 0)).ended_ms:
        slices += 1
        assert slices < 100
    state = await read_full_check(place.store)
    found = {finding.fault for finding in state.report.findings}
    assert {"archive_differs", "row_changed"} <= found
    assert slices > 10
    assert state == await check_slice(place.store, place.records, 0)
    assert set() == await place.find_faults()
    recorded = (await stats.read_stats(place.store, ())).check
    assert recorded is not None
    assert len(state.report.findings) == recorded.findings
    await place.store.call("SET", keys.FULL_CHECK, b"{damaged")
    assert FullCheck() == await read_full_check(place.store)


async def test_changes_of_other_columns_are_left_to_the_full_check(place: Books) -> None:
    """`advance` from the start to the end finds nothing in sound books."""
    state = FullCheck(report=Report())
    while not state.ended_ms:
        await books.advance(place.store, place.records, state)
    assert [] == state.report.findings
    assert 2 == state.report.accounts


async def test_command_says_which_check_it_did(
    place: Books, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """`ledger check` takes what changed, `--full` everything; without the database it takes the store, and says so."""
    monkeypatch.setenv("CATALOGUE", str(write_catalogue(tmp_path)))
    monkeypatch.setenv("DATA_DIR", str(tmp_path))

    def check(url: str, *words: str) -> tuple[int, str]:
        monkeypatch.setenv("DATABASE_URL", url)
        return main(("ledger", "check", *words)), capsys.readouterr().out

    for url, words, said in (
        (database_url, (), "Checked changes"),
        (database_url, ("--full",), "Checked everything"),
        ("off", (), "Checked everything"),
        (f"sqlite:///{tmp_path}/none.db", ("--full",), "the store alone"),
    ):
        status, printed = await asyncio.to_thread(check, url, *words)
        assert (0, True) == (status, said in printed), printed
    assert not (tmp_path / "none.db").exists()
    await place.change(schema.deliveries, state="dead")
    await place.change(schema.keys, kind="other")
    status, printed = await asyncio.to_thread(check, database_url, "--full")
    assert (1, True) == (status, "row_changed" in printed)
