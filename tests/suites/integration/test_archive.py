"""The archiver between a real store and both databases: once each, whatever dies, and a store that stays small."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select

from operate.generations import find_generation as find_operated
from operate.generations import refund_generation
from operate.history_database import forget_database
from operate.operator import Operator
from operate.payments import list_payments
from shared.domain.errors import Refused
from shared.domain.generation import COMPLETED, FAILED, Outcome
from shared.records import schema
from shared.records.connect import Records
from shared.records.errors import RecordsDown, RecordsUnfit
from shared.records.opening import open_records
from shared.records.read import find_generation, list_lines
from shared.store import accounts, archive, generations, keys, ledger, webhooks
from shared.store.audit import AuditedStore
from shared.store.check import check_ledger
from shared.store.connect import Store
from shared.store.findings import Report
from shared.store.ledger import Settled
from shared.store.scripts import script
from shared.store.webhooks import DeliveryAttempt
from tests.harness.factories import CENTS, Customer, create_customer, make_order
from tests.harness.processes import make_folder
from workers.archive.archiver import Archiver
from workers.archive.collect import sort_entries

HOT_MS = 7 * 86_400_000
OUTCOME = Outcome("noop", cost_micros=3)


@dataclass
class Place:
    """A store and a database with an archiver between them, and a customer with money."""

    store: Store
    records: Records
    archiver: Archiver
    customer: Customer

    async def finish(self, *, cost: int = 8 * CENTS, state: Any = COMPLETED) -> str:
        """Order a generation and settle it; return its id."""
        order = make_order(self.customer)
        await ledger.accept(self.store, order)
        done = await ledger.settle(self.store, order.id, state, cost_micros=cost, outcome=OUTCOME)
        assert isinstance(done, Settled)
        return order.id

    async def finish_many(self, count: int) -> None:
        """Order and settle so many generations at no cost, many at a time."""
        for first in range(0, count, 50):
            await asyncio.gather(*(self.finish(cost=0) for _ in range(first, min(first + 50, count))))

    async def archive_all(self) -> None:
        """Archive until nothing waits."""
        while await self.archiver.run_once():
            pass

    async def count(self, table: str) -> int:
        """Return the number of rows of a table."""
        async with self.records.read() as connection:
            found = await connection.scalar(select(func.count()).select_from(schema.tables.tables[table]))
            return int(found or 0)

    async def list_rows(self, table: str) -> Sequence[Any]:
        """Return all rows of a table, in the order of its key."""
        async with self.records.read() as connection:
            found = schema.tables.tables[table]
            return (await connection.execute(select(found).order_by(*found.primary_key))).all()

    async def check_books(self) -> None:
        """Check that the ledger check finds nothing, and that both ledgers and the balance agree."""
        await check_ledger(self.store, report := Report())
        assert [] == report.findings
        account = await accounts.find(self.store, self.customer.account)
        assert account is not None
        entries = await ledger.list_entries(self.store, self.customer.account)
        assert account.balance == sum(entry.amount_micros for entry in entries)

    async def check_same_ledger(self) -> None:
        """Check that the database has every line, and the same balance."""
        await self.check_books()
        account = await accounts.find(self.store, self.customer.account)
        async with self.records.read() as connection:
            lines = await list_lines(connection, self.customer.account)
        assert account is not None
        assert account.balance == sum(line.amount for line in lines)
        assert list(range(1, len(lines) + 1)) == [line.sequence for line in lines]


@pytest.fixture
async def place(store_url: str, database_url: str) -> AsyncIterator[Place]:
    """Start an archiver on an empty store and an empty database."""
    async with Store(store_url) as store, open_records(database_url) as records:
        archiver = Archiver(store, records, hot_ms=HOT_MS)
        await archiver.start()
        yield Place(store, records, archiver, await create_customer(store, cents=1000))


async def test_ended_generation_is_archived_and_expires(place: Place) -> None:
    """It is read from the database as the store had it, with its ledger lines, and then leaves the store."""
    name = await place.finish()
    key = keys.generation(name)
    assert -1 == await place.store.call("PTTL", key), "it must not expire before it is archived"
    await place.archive_all()
    stored = await generations.view(place.store, "", name)
    async with place.records.read() as connection:
        assert stored == await find_generation(connection, place.customer.account, name)
    assert stored is not None
    assert stored.closed_ms is not None
    assert stored.closed_ms + HOT_MS == await place.store.call("PEXPIRETIME", key)
    assert 0 == await place.store.call("XLEN", keys.RECORDS)
    [row] = await place.list_rows("generations")
    [used] = await place.list_rows("usage")
    [active] = await place.list_rows("keys")
    assert active.hash.startswith(row.key)
    assert (1, 0, 10 * CENTS, 8 * CENTS, 0) == used[6:11]
    await place.check_same_ledger()


async def test_store_without_a_database_is_as_before(store_url: str) -> None:
    """Ended records expire by themselves, and no stream appears."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        order = make_order(customer)
        await ledger.accept(store, order)
        await ledger.settle(store, order.id, FAILED, cost_micros=0, outcome=OUTCOME, keep_ms=5000)
        assert 0 < await store.call("PTTL", keys.generation(order.id)) <= 5000
        assert 0 == await store.call("EXISTS", keys.RECORDS)
        assert await archive.read_lag(store) is None


async def test_crash_at_any_step_archives_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries that a dead copy took, wrote or let expire are taken over, and every row is there once."""
    monkeypatch.setattr("workers.archive.archiver.STALE_MS", 0)
    names = [await place.finish() for _ in range(4)]
    taken = await archive.read_new(place.store, 2)  # it died before it wrote them
    assert taken is not None
    written = await archive.read_new(place.store, 100)  # it died before it dropped them
    await place.archiver.archive(sort_entries(written or []))
    other = Archiver(place.store, place.records, hot_ms=HOT_MS)
    while await other.run_once():
        pass
    assert sorted(names) == [row.id for row in await place.list_rows("generations")]
    assert 4 == (await place.list_rows("usage"))[0].count
    assert 0 == await place.store.call("XLEN", keys.RECORDS)
    await place.check_same_ledger()


async def test_change_after_the_end_replaces_the_row(place: Place) -> None:
    """A credit keeps the record in the store until it is archived again, and the usage has it once."""
    name = await place.finish()
    await place.archive_all()
    await ledger.credit(place.store, name, 3 * CENTS)
    assert -1 == await place.store.call("PTTL", keys.generation(name))
    await place.archive_all()
    assert 0 < await place.store.call("PTTL", keys.generation(name)) <= HOT_MS
    assert [3 * CENTS] == [row.credit for row in await place.list_rows("generations")]
    assert [(1, 3 * CENTS)] == [(row.count, row.credited) for row in await place.list_rows("usage")]
    await place.check_same_ledger()


async def test_record_changed_meanwhile_does_not_expire(place: Place) -> None:
    """A credit between the commit and the expiry of the earlier version wins: its entry is still to come."""
    name = await place.finish()
    stamp = await place.store.call("HGET", keys.generation(name), "closed_ms")
    await ledger.credit(place.store, name, 3 * CENTS)
    await archive.expire(place.store, [(keys.generation(name), int(stamp))], HOT_MS)
    assert -1 == await place.store.call("PTTL", keys.generation(name))


async def test_ledger_is_folded_behind_an_opening_line(place: Place) -> None:
    """The newest 200 lines stay, opening line and lines are the balance, and only archived lines are folded."""
    await ledger.top_up(place.store, place.customer.account, -2 * CENTS, "stripe dispute dp_1", kind="dispute")
    await place.finish_many(151)
    assert 304 == await place.store.call("LLEN", keys.ledger(place.customer.account))
    await place.archive_all()
    entries = await ledger.list_entries(place.store, place.customer.account)
    assert ["opening", 200] == [entries[0].kind, len(entries) - 1]
    assert f"104 {998 * CENTS}" == entries[0].reference
    await place.check_same_ledger()
    await place.finish()
    assert 0 == await archive.fold_ledger(place.store, place.customer.account, 304)
    await place.archive_all()
    await place.check_same_ledger()
    report = Report()
    await check_ledger(place.store, report)
    assert [] == report.findings
    operator = Operator(
        store=place.store, who="grace", providers=(), plans={}, base_url="", records_url=place.records.url
    )
    [payment] = await list_payments(operator, place.customer.account, 10)
    assert ("stripe dispute dp_1", -2 * CENTS) == (payment.reference, payment.amount_micros)


async def test_accounts_keys_deliveries_and_operators_are_archived(place: Place) -> None:
    """Each verb that changes one of them writes to the stream, and a revoked key stays in the database."""
    endpoint = await webhooks.create_endpoint(place.store, place.customer.account, "https://example.com/hook")
    key_id, _ = await accounts.create_key(place.store, place.customer.account, "wokgen", name="My app")
    await accounts.revoke_key(place.store, place.customer.account, key_id)
    acting = AuditedStore(place.store, "grace", "account top-up", place.customer.account)
    await ledger.top_up(acting, place.customer.account, 5 * CENTS, "gift")
    name = await place.finish()
    attempt = DeliveryAttempt(at_ms=1, duration_ms=2, status=200)
    delivery = f"evt_{name}:{endpoint.id}"
    await webhooks.record_attempt(place.store, delivery, 1, "delivered", attempt, keep_ms=9, health="well")
    assert -1 == await place.store.call("PTTL", keys.delivery(delivery))
    await place.archive_all()
    assert 0 < await place.store.call("PTTL", keys.delivery(delivery)) <= HOT_MS
    assert [(delivery, "delivered", 1, name)] == [
        (row.id, row.state, row.attempts, row.generation) for row in await place.list_rows("deliveries")
    ]
    found = {row.id: row.revoked_ms is not None for row in await place.list_rows("keys")}
    assert found.pop(key_id)
    assert [False] == list(found.values())
    assert all(row.hint.startswith("w") and " " not in row.hint for row in await place.list_rows("keys"))
    assert [("grace", "topped_up")] == [(row.who, row.outcome) for row in await place.list_rows("audit")]
    events = ["key.created", "endpoint.created", "key.created", "key.revoked"]
    assert events == [row.type for row in await place.list_rows("account_events")]
    [account] = await place.list_rows("accounts")
    assert ("Ada", 1005 * CENTS, 4) == (account.name, account.topup, account.events)


async def test_full_stream_is_made_up_for_by_a_sweep(place: Place) -> None:
    """Records that ended while the stream was full, or before there was a database, stay until a sweep finds them."""
    await place.archiver.sweep()
    order = make_order(place.customer)
    await ledger.accept(place.store, order)
    settle = script("settle").source.replace(b"RECORDS_MAX, FACTS_MAX = 500000", b"RECORDS_MAX, FACTS_MAX = 0")
    args = (order.id, COMPLETED, 0, b"\x98\xc0\x90\xc0\x80\xc0\xc0\xc0\xc0", "", 9000, "", "", "", "")
    before = await place.store.call("XLEN", keys.RECORDS)
    assert [b"settled", 10 * CENTS] == await place.store.call("EVAL", settle, 0, *args)
    assert before == await place.store.call("XLEN", keys.RECORDS)
    assert -1 == await place.store.call("PTTL", keys.generation(order.id))
    old = await place.finish()
    await place.store.call("PEXPIRE", keys.generation(old), HOT_MS * 9)  # as an earlier version did
    await place.store.call("XTRIM", keys.RECORDS, "MAXLEN", 0)
    assert 2 == await place.archiver.sweep(), "a full stream makes a sweep due"
    assert 0 == await place.archiver.sweep(), "the next one is due a day later"
    assert sorted([order.id, old]) == [row.id for row in await place.list_rows("generations")]
    assert 0 < await place.store.call("PTTL", keys.generation(order.id)) <= HOT_MS
    await place.check_same_ledger()


async def test_database_that_is_away_loses_nothing(place: Place) -> None:
    """Entries and records wait in the store, and are archived once the database is back."""
    name = await place.finish()
    async with open_records("postgresql://nobody@/postgres?host=/nowhere") as absent:
        archiver = Archiver(place.store, absent, hot_ms=HOT_MS)
        with pytest.raises(RecordsDown):
            await archiver.run_once()
    lag = await archive.read_lag(place.store)
    assert lag is not None
    assert lag.waiting > 0
    assert -1 == await place.store.call("PTTL", keys.generation(name))
    await place.archiver.archive(sort_entries(await archive.claim_stale(place.store, 0, 100) or []))
    assert 1 == await place.count("generations")


async def test_refused_record_does_not_hold_back_the_others(place: Place) -> None:
    """A record that cannot be read or written stays in the store, and the rest of its batch is archived."""
    broken, odd, fine = [await place.finish() for _ in range(3)]
    await place.store.call("HSET", keys.generation(broken), "spec", "nonsense")
    await place.store.call("HSET", keys.generation(odd), "created_ms", 10**30)
    while await place.archiver.run_once():
        pass
    assert [fine] == [row.id for row in await place.list_rows("generations")]
    assert -1 == await place.store.call("PTTL", keys.generation(broken))
    assert -1 == await place.store.call("PTTL", keys.generation(odd))
    await place.check_same_ledger()


async def test_another_database_than_the_stores_is_refused(place: Place) -> None:
    """An archiver with an empty database, because its DATABASE_URL is wrong, does not take records."""
    await place.finish()
    waiting = await place.store.call("XLEN", keys.RECORDS)
    async with open_records(f"sqlite:///{make_folder('other')}/records.db") as other:
        with pytest.raises(RecordsUnfit, match="are in another database"):
            await Archiver(place.store, other, hot_ms=HOT_MS).start()
    assert waiting == await place.store.call("XLEN", keys.RECORDS)


async def test_generation_that_has_left_the_store_is_credited(place: Place) -> None:
    """An operator finds it in the database, and credits it once; the credit gets there too."""
    name = await place.finish()
    await place.archive_all()
    await place.store.call("DEL", keys.generation(name))  # HOT_DAYS later
    operator = Operator(
        store=place.store, who="grace", providers=(), plans={}, base_url="", records_url=place.records.url
    )
    assert COMPLETED == (await find_operated(operator, name)).state
    with pytest.raises(Refused, match="credit at most"):
        await refund_generation(operator, name, 9 * CENTS)
    assert 3 * CENTS == (await refund_generation(operator, name, 3 * CENTS)).amount_micros
    await place.archive_all()
    await place.store.call("DEL", keys.generation(name))
    with pytest.raises(Refused, match="credited before"):
        await refund_generation(operator, name)
    assert [(1, 3 * CENTS)] == [(row.count, row.credited) for row in await place.list_rows("usage")]
    await place.check_same_ledger()


async def test_forgotten_database_leaves_a_store_as_before(place: Place) -> None:
    """Ended records that wait expire by retention, and another database gets all that the store still has."""
    old = await place.finish()
    await place.archive_all()
    name = await place.finish()
    done = await forget_database(Operator(store=place.store, who="grace", providers=(), plans={}, base_url=""), 5000)
    assert 1 == done.kept
    assert 0 < await place.store.call("PTTL", keys.generation(name)) <= 5000
    assert 5000 < await place.store.call("PTTL", keys.generation(old))
    assert 0 == await place.store.call("EXISTS", keys.RECORDS)
    async with open_records(f"sqlite:///{make_folder('other')}/records.db") as other:
        archiver = Archiver(place.store, other, hot_ms=HOT_MS)
        await archiver.start()
        await archiver.sweep()
        async with other.read() as connection:
            assert await find_generation(connection, "", name) is not None
            assert await find_generation(connection, "", old) is not None
            lines = await list_lines(connection, place.customer.account)
    assert [1, 5] == [lines[0].sequence, len(lines)]


async def test_lines_that_both_have_lost_are_named(place: Place) -> None:
    """A database from before the last fold gets one line for the lines that it lacks, and the sums are right."""
    await place.finish_many(160)
    await place.archive_all()
    async with place.records.write() as connection:
        lines = schema.ledger_lines.c
        await connection.execute(schema.ledger_lines.delete().where(lines.sequence > 101))
        head = {"ledger_sequence": 101, "ledger_balance": 1000 * CENTS}
        await connection.execute(schema.accounts.update().values(**head))
    await place.finish(cost=0)
    await place.archive_all()
    async with place.records.read() as connection:
        found = await list_lines(connection, place.customer.account, after=101)
    assert ("missing", 121, "102-121") == (found[0].kind, found[0].sequence, found[0].reference)
    assert 323 == found[-1].sequence
    await place.check_books()
