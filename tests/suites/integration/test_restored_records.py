"""A store and a database of different moments: both end consistent, and what is missing is named."""

import asyncio
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from operate.operator import Operator
from operate.restore import accept_restored
from operate.restored_records import find_missing
from shared.domain.generation import FAILED
from shared.ops.settings import ROOT
from shared.records import schema
from shared.records.backup import RecordsBackupError, back_up_records
from shared.records.books import FullCheck, advance, check_changed
from shared.records.chain import LedgerLine
from shared.records.migrate import migrate
from shared.records.missing import list_gaps, list_lost_top_ups
from shared.records.opening import open_records, read_identity
from shared.records.restored import note_entry, read_entry, read_taken_back
from shared.records.write import AccountBatch, Batch, write_batch
from shared.store import accounts, archive, generations, keys, ledger
from shared.store.connect import Store
from shared.store.findings import Report
from tests.harness.factories import CENTS, make_order
from tests.harness.postgres import Postgres, empty_database
from tests.suites.integration.test_archive import HOT_MS, OUTCOME, Place, place  # noqa: F401  # a fixture
from workers.archive.archiver import Archiver
from workers.archive.collect import sort_entries

Dump = dict[bytes, tuple[bytes, int]]
Tables = dict[str, Sequence[Any]]


async def dump_store(store: Store) -> Dump:
    """Return every key with its time to live, as a backup has it."""
    names = await store.call("KEYS", "*")
    return {name: (await store.call("DUMP", name), max(await store.call("PTTL", name), 0)) for name in names}


async def restore_store(store: Store, dump: Dump) -> None:
    """Replace everything in the store."""
    await store.call("FLUSHALL")
    for name, (value, left_ms) in dump.items():
        await store.call("RESTORE", name, left_ms, value)


async def dump_records(place: Place) -> Tables:  # noqa: F811
    """Return every row of the database, as a backup has it."""
    return {name: await place.list_rows(name) for name in schema.tables.tables}


async def restore_records(place: Place, dump: Tables) -> None:  # noqa: F811
    """Replace everything in the database."""
    async with place.records.write() as connection:
        for name, table in schema.tables.tables.items():
            await connection.execute(table.delete())
            if dump[name]:
                await connection.execute(insert(table), [row._asdict() for row in dump[name]])


async def restart(place: Place) -> Archiver:  # noqa: F811
    """Start another archiver, as after a restore."""
    archiver = Archiver(place.store, place.records, hot_ms=HOT_MS)
    await archiver.start()
    return archiver


def make_operator(place: Place) -> Operator:  # noqa: F811
    """Return an operator of the store."""
    return Operator(store=place.store, who="grace", providers=(), plans={}, base_url="")


async def list_ledger(place: Place) -> list[tuple[int, str, int, str]]:  # noqa: F811
    """Return sequence, kind, amount and reference of each ledger line in the database."""
    return [(row.sequence, row.kind, row.amount, row.reference) for row in await place.list_rows("ledger_lines")]


@pytest.mark.parametrize("goes_on", [False, True])
async def test_older_store_continues_behind_the_lines_of_the_database(place: Place, goes_on: bool) -> None:  # noqa: F811
    """Nothing is archived until an operator accepts the store, and then one line takes back what it has lost."""
    account = place.customer.account
    await place.archiver.sweep()
    await place.finish()
    waiting = make_order(place.customer)
    await ledger.accept(place.store, waiting)
    await place.archive_all()
    backup = await dump_store(place.store)
    await ledger.settle(place.store, waiting.id, FAILED, cost_micros=0, outcome=OUTCOME)
    lost = await place.finish()
    await ledger.top_up(place.store, account, 70 * CENTS, "gift")
    await accounts.create_key(place.store, account, "wokgen")
    await place.archive_all()
    before = await list_ledger(place)

    await restore_store(place.store, backup)
    late = [await place.finish() for _ in range(6 if goes_on else 1)]
    archiver = await restart(place)
    await archiver.run_once()
    assert before == await list_ledger(place), "lines must neither be skipped nor taken back yet"
    assert 2 == await place.count("generations") - 1

    operator = make_operator(place)
    await accept_restored(operator)
    assert 1 <= await (await restart(place)).sweep()
    after = await list_ledger(place)
    assert before == after[: len(before)]
    taken_back = sum(line[2] for line in before[4:])
    assert (9, "restored", -taken_back, "5-8") == after[8]
    assert late == [line[3] for line in after[9:] if line[1] == "settle"]
    await place.check_same_ledger()
    missing = await find_missing(operator, place.records, 10)
    assert [("restored", -taken_back)] == [(one.kind, one.amount_micros) for one in missing.lines]
    assert [("top_up", 70 * CENTS, "gift")] == [(one.kind, one.amount_micros, one.reference) for one in missing.top_ups]
    assert ([], []) == (missing.generations, missing.accounts)
    await ledger.top_up(place.store, account, 70 * CENTS, "gift")
    await ledger.settle(place.store, waiting.id, "completed", cost_micros=1, outcome=OUTCOME)
    await accounts.create_key(place.store, account, "wowflow")
    await place.archive_all()
    await place.check_same_ledger()
    assert [] == (await find_missing(operator, place.records, 10)).top_ups, "it was booked again"
    assert [1, 2, 3] == [row.number for row in await place.list_rows("account_events")]
    assert await generations.view(place.store, "", lost) is None
    assert {lost, waiting.id, *late} <= {row.id for row in await place.list_rows("generations")}
    state = FullCheck(report=Report())
    await check_changed(place.store, place.records, state.report)
    while not state.ended_ms:
        await advance(place.store, place.records, state)
    assert [] == state.report.findings


async def test_older_database_gets_all_that_the_store_still_has(place: Place) -> None:  # noqa: F811
    """The next start notices it, the sweep archives all of it again, and lost lines become one line."""
    await place.archiver.sweep()
    await place.finish_many(20)
    await place.archive_all()
    backup = await dump_records(place)
    gone = await place.finish()
    await place.finish_many(150)
    await place.archive_all()
    await place.store.call("DEL", keys.generation(gone))  # it has left the store meanwhile
    await restore_records(place, backup)
    async with place.records.read() as connection:
        assert "" != await read_entry(connection)

    archiver = await restart(place)
    assert 170 == await archiver.sweep()
    assert 170 == await place.count("generations")
    lines = await list_ledger(place)
    assert ("missing", "42-143") == (lines[41][1], lines[41][3])
    assert [*range(1, 42), *range(143, 344)] == [line[0] for line in lines]
    await place.check_books()
    account = await accounts.find(place.store, place.customer.account)
    assert account is not None
    assert account.balance == sum(line[2] for line in lines)
    assert 0 == await (await restart(place)).sweep(), "it is noticed once"
    await place.store.call("ZREM", keys.ACCOUNTS, place.customer.account)
    forgotten = lines[-1][3]
    await place.store.call("DEL", keys.generation(forgotten))
    async with place.records.write() as connection:
        await connection.execute(schema.generations.delete().where(schema.generations.c.id == forgotten))
    missing = await find_missing(make_operator(place), place.records, 200)
    assert [("missing", "42-143")] == [(one.kind, one.reference) for one in missing.lines]
    assert [place.customer.account] == missing.accounts
    assert [forgotten] == [one.id for one in missing.generations]


async def test_lines_are_in_force_again_if_a_later_restore_takes_back_their_removal(place: Place) -> None:  # noqa: F811
    """The second restore goes back to a moment before the first one."""
    account = place.customer.account
    rows = [(1, "top_up", "p"), (2, "top_up", "q"), (3, "restored", "2-2"), (4, "top_up", "r"), (5, "restored", "3-4")]
    lines = [LedgerLine(account, at, at, kind, 1, reference) for at, kind, reference in rows]
    one = {"id": account, "name": "", "plan": "", "created_ms": 1, "topup": 0, "spent": 0, "low": 0}
    async with place.records.write() as connection:
        await write_batch(connection, Batch(accounts=[AccountBatch(row=one, lines=lines)]))
        assert {account: [range(3, 5)]} == await read_taken_back(connection, [account, "other"])
        lost = await list_lost_top_ups(connection, await list_gaps(connection, 9))
    assert ["r"] == [line.reference for line in lost]


async def test_store_and_database_of_one_moment_are_not_swept_again(place: Place) -> None:  # noqa: F811
    """A restart, also one after a crash between the commit and the end of a batch, finds nothing to do."""
    await place.archiver.sweep()
    await place.finish()
    await place.archive_all()
    await place.finish()
    entries = await archive.read_new(place.store, 100) or []
    await place.archiver.archive(sort_entries(entries), entries[-1].id.decode())  # it died before it dropped them
    assert 0 == await (await restart(place)).sweep()
    assert await archive.check_swept(place.store)


async def test_copy_of_sqlite_has_what_was_committed_and_is_private(tmp_path: Path) -> None:
    """It is made while an archiver's transaction is open, and never replaces an older copy."""
    url, copy = f"sqlite:///{tmp_path}/records.db", tmp_path / "copies" / "copy.db"
    async with open_records(url) as records:
        identity = await migrate(records)
        async with records.write() as connection:
            await note_entry(connection, "1-1")
            done = await back_up_records(url, copy)
    assert done.size_bytes == copy.stat().st_size > 10_000
    assert 0o600 == copy.stat().st_mode & 0o777
    async with open_records(f"sqlite:///{copy}") as records:
        assert identity == await read_identity(records)
        async with records.read() as connection:
            assert "" == await read_entry(connection)
    (tmp_path / "empty.db").touch()
    for wrong, target, words in (
        (url, copy, "exists already"),
        ("", copy, "is off"),
        ("postgresql://host/x", copy, "pg_dump"),
        (f"sqlite:///{tmp_path}/none.db", tmp_path / "new.db", "does not exist"),
        (f"sqlite:///{tmp_path}/empty.db", tmp_path / "new.db", "no records yet"),
    ):
        with pytest.raises(RecordsBackupError, match=words):
            await back_up_records(wrong, target)


async def test_documented_commands_restore_postgresql(postgres: Postgres, tmp_path: Path) -> None:
    """After the restore the database is as it was dumped."""
    await empty_database(postgres.url)
    commands = re.findall(r"(?m)^pg_(?:dump|restore) .*$", (ROOT / "docs" / "records.md").read_text())
    async with open_records(postgres.url) as records:
        identity = await migrate(records)
        await run_shell(commands[0], tmp_path, postgres.url)
        async with records.write() as connection:
            await note_entry(connection, "1-1")
        await run_shell(commands[1], tmp_path, postgres.url)
        assert identity == await migrate(records)
        async with records.read() as connection:
            assert "" == await read_entry(connection)


async def run_shell(command: str, folder: Path, url: str) -> None:
    """Run a line of the documentation."""
    env = {"PATH": os.environ["PATH"], "DATABASE_URL": url}
    process = await asyncio.create_subprocess_shell(command, cwd=folder, env=env)
    assert 0 == await process.wait(), command
