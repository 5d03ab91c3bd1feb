"""The records in a real SQLite file and a real PostgreSQL: migrations, batches, and reading them again."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from msgspec import structs
from sqlalchemy import Connection, select, text

from shared.domain.generation import Generation, Outcome, Output, encode, encode_spec, read
from shared.records import schema
from shared.records.chain import Head, LedgerLine, chain, line_hash
from shared.records.connect import Records
from shared.records.errors import RecordsDown, RecordsRefused, RecordsUnfit
from shared.records.migrate import migrate
from shared.records.opening import open_records, read_identity
from shared.records.read import find_generation, list_generations, list_lines
from shared.records.rows import Row, audit_row, delivery_row, event_rows, generation_row
from shared.records.write import AccountBatch, Batch, Written, write_batch
from tests.harness.factories import SPEC

ACCOUNT: Row = {"id": "acct_1", "name": "Ada", "plan": "pro", "created_ms": 1, "topup": 90, "spent": 40, "low": 0}
DAY = 20_000
CLOSED_MS = DAY * 86_400_000 + 5


@pytest.fixture
async def records(database_url: str) -> AsyncIterator[Records]:
    """Open a migrated database."""
    async with open_records(database_url) as records:
        await migrate(records)
        yield records


def make_fields(number: int = 1, **changes: object) -> list[bytes]:
    """Return the hash of an ended generation, as the store has it."""
    outcome = Outcome("noop", (Output("a/b.png", "image/png", 9, sha256="ab"),), facts={"seconds": 2.5}, cost_micros=7)
    fields: dict[str, object] = {
        "account": "acct_1",
        "key": "0123456789abcdef",
        "provider": "noop",
        "state": "completed",
        "reserved": 50,
        "cost": 40,
        "created_ms": CLOSED_MS - 1000 + number,
        "deadline_ms": CLOSED_MS,
        "closed_ms": CLOSED_MS,
        "run_ms": 60_000,
        "spec": encode_spec(structs.replace(SPEC, prompt="a red \0 boat", input={"seed": 7})),
        "outcome": encode(outcome),
        "attempts": "5 other down",
        **changes,
    }
    return [part if isinstance(part, bytes) else str(part).encode() for pair in fields.items() for part in pair]


def make_lines(*amounts: int, first: int = 1) -> list[LedgerLine]:
    """Return ledger lines of the account with these amounts."""
    return [
        LedgerLine("acct_1", first + at, 1000 + at, "settle", amount, f"ref {at}") for at, amount in enumerate(amounts)
    ]


async def write(records: Records, batch: Batch) -> Written:
    """Write a batch in a transaction of its own."""
    async with records.write() as connection:
        return await write_batch(connection, batch)


async def read_all(records: Records, table: str) -> list[tuple[object, ...]]:
    """Return all rows of a table, in the order of its key."""
    async with records.read() as connection:
        found = schema.tables.tables[table]
        return [tuple(row) for row in await connection.execute(select(found).order_by(*found.primary_key))]


async def test_migrations_create_the_schema_once(database_url: str) -> None:
    """Two processes that start together apply each migration once, and agree on the database's identity."""
    async with open_records(database_url) as first, open_records(database_url) as second:
        with pytest.raises(RecordsUnfit, match="no tables yet"):
            await read_identity(first)
        one, two = await asyncio.gather(migrate(first), migrate(second))
        assert one == two == await read_identity(first) != ""

        def find_differences(connection: Connection) -> list[object]:
            return list(compare_metadata(MigrationContext.configure(connection), schema.tables))

        async with first.read() as connection:
            assert [] == await connection.run_sync(find_differences)


async def test_database_of_a_later_version_is_refused(records: Records) -> None:
    """An older program neither migrates nor reads a database of a later one, and says so."""
    async with records.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(RecordsUnfit, match="a later version of Wokflow"):
        await migrate(records)
    with pytest.raises(RecordsUnfit, match="has schema 9999"):
        await read_identity(records)


async def test_batch_written_twice_counts_once(records: Records) -> None:
    """A batch that is written again after a crash changes no row and no sum."""
    fields = [b"account", b"acct_1", b"endpoint", b"ep_1", b"event", b"evt_1", b"type", b"generation.completed"]
    fields += [b"state", b"delivered", b"created_ms", b"5", b"ended_ms", b"9", b"attempts", b"1", b"generation", b"g1"]
    event = b'{"at_ms":7,"type":"key.created","subject":"key_1","detail":"hint","by":"operator"}'
    batch = Batch(
        generations=[generation_row("g1", make_fields()), generation_row("g2", make_fields(2, state="failed", cost=0))],
        accounts=[AccountBatch(row=ACCOUNT, lines=make_lines(90, -50, 10), events=event_rows("acct_1", 1, [event]))],
        deliveries=[delivery_row("evt_1:ep_1", fields)],
        audit=[audit_row(b'{"at_ms":3,"who":"ada","what":"top up","on":"acct_1","detail":"","outcome":"topped_up"}')],
    )
    first = await write(records, batch)
    before = {name: await read_all(records, name) for name in schema.tables.tables}
    again = await write(records, batch)
    assert before == {name: await read_all(records, name) for name in schema.tables.tables}
    counted = [[one.rows[name] for name in ("generations", "ledger_lines")] for one in (first, again)]
    assert [[2, 3], [0, 0]] == counted
    assert {"acct_1": 3} == again.sequences
    assert [(DAY, "acct_1", "noop", "test/noop", "image", "0123456789abcdef", 2, 1, 100, 40, 0, 14, 2.5, 0)] == (
        before["usage"]
    )


async def test_later_version_of_a_generation_replaces_the_earlier(records: Records) -> None:
    """A credit changes the row and adds to the usage only what is new."""
    await write(records, Batch(generations=[generation_row("g1", make_fields())]))
    credited = make_fields(credit=30, credit_ms=CLOSED_MS + 9)
    assert 0 == (await write(records, Batch(generations=[generation_row("g1", credited)]))).rows["generations"]
    [usage] = await read_all(records, "usage")
    assert (1, 0, 50, 40, 30) == usage[6:11]
    async with records.read() as connection:
        found = await find_generation(connection, "acct_1", "g1")
    assert isinstance(found, Generation)
    assert 30 == found.credit


async def test_generation_is_read_as_the_store_had_it(records: Records) -> None:
    """Every field comes back, of one generation and of a page; only a NUL in the prompt is replaced."""
    fields = {f"g{number}": make_fields(number) for number in range(1, 6)}
    await write(records, Batch(generations=[generation_row(*item) for item in fields.items()]))
    wanted = [read(*item) for item in reversed(fields.items())]
    wanted = [structs.replace(one, spec=structs.replace(one.spec, prompt="a red \ufffd boat")) for one in wanted]
    async with records.read() as connection:
        assert wanted[0] == await find_generation(connection, "", "g5")
        assert await find_generation(connection, "acct_2", "g5") is None
        page = await list_generations(connection, "acct_1", 3)
        rest = await list_generations(connection, "acct_1", 9, before=(page[-1].created_ms, page[-1].id))
    assert wanted == page + rest


async def test_lines_continue_the_ledger_without_a_gap(records: Records) -> None:
    """Lines that are known are skipped, a gap is refused, and each hash covers its predecessor."""
    await write(records, Batch(accounts=[AccountBatch(row=ACCOUNT, lines=make_lines(90, -50))]))
    done = await write(records, Batch(accounts=[AccountBatch(row=ACCOUNT, lines=make_lines(-50, 10, 5, first=2))]))
    assert 2 == done.rows["ledger_lines"]
    with pytest.raises(ValueError, match="lacks line 5"):
        await write(records, Batch(accounts=[AccountBatch(row=ACCOUNT, lines=make_lines(1, first=6))]))
    async with records.read() as connection:
        lines = await list_lines(connection, "acct_1")
        [head] = (await connection.execute(select(schema.accounts))).all()
        assert [3] == [line.sequence for line in await list_lines(connection, "acct_1", after=2, until=3)]
    assert [1, 2, 3, 4] == [line.sequence for line in lines]
    assert (4, 55, lines[-1].hash) == (head.ledger_sequence, head.ledger_balance, head.ledger_hash)
    assert lines == chain(Head(), lines)[1]
    assert line_hash(lines[0].hash, lines[1]) == lines[1].hash != line_hash("", lines[1])


async def test_writers_wait_for_each_other(records: Records, database_url: str) -> None:
    """A second writer reads in its transaction what the first one committed."""
    entered, order = asyncio.Event(), list[str]()

    async def write_slowly() -> None:
        async with records.write() as connection:
            entered.set()
            await asyncio.sleep(0.1)
            order.append("first")
            await write_batch(connection, Batch(accounts=[AccountBatch(row=ACCOUNT, lines=make_lines(90))]))

    async def write_next(other: Records) -> Written:
        await entered.wait()
        async with other.write() as connection:
            order.append("second")
            return await write_batch(connection, Batch(accounts=[AccountBatch(row=ACCOUNT, lines=make_lines(90, -1))]))

    async with open_records(database_url) as other:
        _, written = await asyncio.gather(write_slowly(), write_next(other))
    assert ["first", "second"] == order
    assert {"ledger_lines": 1, "account_events": 0} == {
        name: written.rows[name] for name in ("ledger_lines", "account_events")
    }


async def test_refused_row_and_absent_server_are_told_apart(records: Records) -> None:
    """A row that breaks a rule is refused and nothing of its transaction stays; no server is an outage."""
    row = make_lines(1)[0]
    with pytest.raises(RecordsRefused):
        async with records.write() as connection:
            for _ in range(2):
                await connection.execute(schema.ledger_lines.insert(), [structs.asdict(row)])
    assert [] == await read_all(records, "ledger_lines")
    async with open_records("postgresql://nobody@/postgres?host=/nowhere") as absent:
        with pytest.raises(RecordsDown):
            await migrate(absent)
