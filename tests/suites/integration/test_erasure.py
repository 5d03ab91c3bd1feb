"""Erasing an account, and what is past its retention, from store, database and storage; the books stay."""

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct, structs
from sqlalchemy import select

from operate import erasure, generations
from operate.export import export_account
from operate.operator import Operator
from shared.domain.errors import Refused
from shared.domain.generation import Outcome, Output
from shared.domain.times import DAY_MS
from shared.ops.clock import CLOCK
from shared.ops.settings import Settings
from shared.ops.storage import Storage
from shared.records import schema
from shared.records.books import FullCheck, advance
from shared.records.close_day import Signer, close_days
from shared.records.connect import SQLITE, Records
from shared.records.migrate import migrate
from shared.records.opening import open_records
from shared.store import accounts, ledger, webhooks
from shared.store.connect import Store
from shared.store.findings import Report
from shared.store.order_hooks import encode_hook
from shared.store.receipt_keys import ensure_signing_key
from tests.harness.archived import DAY, archive, day_ms, make_batch
from tests.harness.factories import Customer, create_customer, make_order
from workers.archive.archiver import Archiver
from workers.archive.retention import erase_expired

NAME, PROMPT, TEXT, REASON = "Lovelace-9137", "a violet zeppelin 4471", "the answer is 8802", "ticket of Ada 5513"
HOOK = "https://hooks-2286.example/in"
PLACE = "2026/05/08/5b0c94e6f3d24f0c8a7e61d2b3c4f5a6-0.txt"
TRACES = (NAME, PROMPT, TEXT, REASON, HOOK, "hooks-2286")


class Place(Struct):
    """A store, its database and storage, with two accounts."""

    store: Store
    records: Records
    archiver: Archiver
    storage: Storage
    operator: Operator
    customer: Customer
    other: Customer
    folder: Path

    async def order(self, customer: Customer, *, prompt: str = PROMPT) -> str:
        """Order with a prompt. Return the id."""
        order = make_order(customer, price_micros=9)
        offers = tuple(
            structs.replace(offer, spec=structs.replace(offer.spec, prompt=prompt)) for offer in order.offers
        )
        hook = encode_hook(HOOK if customer is self.customer else "https://example.com/")
        await ledger.accept(self.store, structs.replace(order, offers=offers, hook=hook))
        return order.id

    async def archive(self) -> None:
        """Archive everything."""
        while await self.archiver.run_once():
            pass

    async def erase(self) -> erasure.Erased:
        """Erase the customer."""
        return await erasure.erase_account(self.operator, self.customer.account, self.storage, self.records, wait_s=0)

    async def find_traces(self) -> dict[str, list[str]]:
        """Return the texts that are found, by place."""
        stored = b"".join([await read_key(self.store, name) async for name in scan(self.store)])
        rows = b"".join([str(row).encode() async for row in read_rows(self.records)])
        files = b"".join(path.read_bytes() for path in sorted(self.folder.rglob("*")) if path.is_file())
        if self.records.is_sqlite:
            path = self.records.url.removeprefix(SQLITE)
            rows += b"".join(Path(path + end).read_bytes() for end in ("", "-wal"))
        places = {"store": stored, "database": rows, "files": files}
        return {name: [one for one in TRACES if one.encode() in found] for name, found in places.items()}


async def scan(store: Store) -> AsyncIterator[bytes]:
    """Yield the names of all keys."""
    for name in await store.call("KEYS", "*"):
        yield name


async def read_key(store: Store, name: bytes) -> bytes:
    """Return the name and the value of a key as text."""
    commands: dict[bytes, tuple[Any, ...]] = {
        b"string": ("GET", name),
        b"hash": ("HGETALL", name),
        b"list": ("LRANGE", name, 0, -1),
        b"set": ("SMEMBERS", name),
        b"zset": ("ZRANGE", name, 0, -1),
        b"stream": ("XRANGE", name, "-", "+"),
    }
    kind = await store.call("TYPE", name)
    return name + str(await store.call(*commands[kind if isinstance(kind, bytes) else kind.encode()])).encode()


async def read_rows(records: Records) -> AsyncIterator[object]:
    """Yield all rows of the database."""
    async with records.read() as connection:
        for table in schema.tables.tables.values():
            for row in await connection.execute(select(table)):
                yield row


@pytest.fixture
async def place(store_url: str, database_url: str, tmp_path: Path, monkeypatch: Any) -> AsyncIterator[Place]:
    """Open everything; the customer has an output, a text, a refund with a reason, a key and an endpoint."""
    monkeypatch.setattr("shared.store.check.RECHECK_S", 0)
    folder = tmp_path / "assets"
    folder.mkdir()
    async with Store(store_url) as store, open_records(database_url) as records:
        archiver, storage = Archiver(store, records, hot_ms=DAY_MS), Storage.open(str(folder))
        await archiver.start()
        customer, other = await create_customer(store), await create_customer(store)
        await store.call("HSET", f"gw:account:{customer.account}", "name", NAME)
        operator = Operator(store=store, who="cli:test", providers=("noop",), plans={}, base_url="")
        place = Place(store, records, archiver, storage, operator, customer, other, folder)
        await webhooks.create_endpoint(store, customer.account, HOOK)
        await storage.put(PLACE, PROMPT.encode(), "text/plain")
        done = Outcome("noop", (Output(PLACE, "text/plain", 9, sha256="ab" * 32),), text=TEXT)
        for outcome in (done, Outcome("noop", text=TEXT)):
            name = await place.order(customer)
            await ledger.settle(store, name, "completed", cost_micros=5, outcome=outcome)
        await generations.refund_generation(operator, name, 3, REASON)
        kept = await place.order(other, prompt="a red boat 1")
        await ledger.settle(store, kept, "completed", cost_micros=5, outcome=Outcome("noop"))
        await place.archive()
        key = await ensure_signing_key(store)
        await close_days(records, Signer(key.key_id, key.sign), CLOCK.now_ms() + DAY_MS)
        yield place


async def test_erasure_leaves_no_trace_and_the_books_balance(place: Place) -> None:
    """Afterwards no text, name or URL is found anywhere, signed days are intact, and others keep theirs."""
    assert {"store": 5, "database": 5, "files": 1} == {
        name: len(set(found) - {"hooks-2286"}) for name, found in (await place.find_traces()).items()
    }
    first = await place.erase()
    await place.archive()
    second = await place.erase()
    assert (1, 2, 1) == (first.keys, first.endpoints, first.actions)
    assert (True, 0) == (second.complete, second.open)
    assert first.files + second.files >= 1
    assert {"store": [], "database": [], "files": []} == await place.find_traces()
    assert [] == await accounts.list_keys(place.store, place.customer.account)
    rows = [str(row) async for row in read_rows(place.records)]
    assert any("a red boat 1" in row for row in rows)
    state = FullCheck(report=Report())
    while not state.ended_ms:
        await advance(place.store, place.records, state)
    assert [] == state.report.findings
    assert (await place.erase()).complete


async def test_open_generation_is_erased_when_it_has_ended(place: Place) -> None:
    """Nobody can order any more, the erasure says that a part is open, and the next one ends it."""
    name = await place.order(place.customer)
    done = await place.erase()
    assert not done.complete
    assert done.open >= 1
    with pytest.raises(Refused, match="unknown or was revoked"):
        await place.order(place.customer)
    await ledger.settle(place.store, name, "failed", cost_micros=0, outcome=Outcome(text=TEXT))
    assert not (await place.erase()).complete
    await place.archive()
    assert (await place.erase()).complete
    assert {"store": [], "database": [], "files": []} == await place.find_traces()


async def test_export_has_everything(place: Place, tmp_path: Path) -> None:
    """The archive has the account's rows, texts and files, an open generation, and nothing of others."""
    name = await place.order(place.customer)
    file = tmp_path / "export.zip"
    with file.open("xb") as archived:
        done = await export_account(place.operator, place.customer.account, archived, place.storage, place.records)
    expected = {"accounts": 1, "keys": 1, "ledger_lines": 6, "generations": 2, "recent_generations": 1, "files": 1}
    assert expected == {part: done.entries[part] for part in expected}
    with zipfile.ZipFile(file) as found:
        text = b"".join(found.read(part) for part in found.namelist()).decode()
    for one in (NAME, PROMPT, TEXT, HOOK, name, place.customer.account):
        assert one in text
    assert "a red boat" not in text
    assert place.other.account not in text
    assert place.customer.hash not in text
    with pytest.raises(Refused, match="larger than 0 MB"), io.BytesIO() as small:
        await export_account(
            *(place.operator, place.customer.account, small, place.storage, place.records), bytes_max=100
        )


async def test_erasure_without_a_database_erases_the_store(store_url: str, tmp_path: Path) -> None:
    """Without a database records leave the store at once, and the ledger stays."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        order = make_order(customer, price_micros=9)
        await ledger.accept(store, order)
        await ledger.settle(store, order.id, "completed", cost_micros=5, outcome=Outcome("noop", text=TEXT))
        operator = Operator(store=store, who="cli:test", providers=(), plans={}, base_url="")
        storage = Storage.open(str(tmp_path))
        done = await erasure.erase_account(operator, customer.account, storage, None)
        assert (True, 1) == (done.complete, done.records)
        stored = b"".join([await read_key(store, name) async for name in scan(store)])
        assert (False, False) == (TEXT.encode() in stored, b"Ada" in stored)
        assert 3 == len(await ledger.list_entries(store, customer.account))
    with pytest.raises(Refused, match="cannot be undone"):
        erasure.require_confirmation("acct_1", "")


async def test_retention_erases_prompts_before_records(database_url: str) -> None:
    """Prompts and records go when their days are over; amounts, digests and output hashes stay."""
    config = Settings(prompt_retention_days=3, record_retention_days=9)
    columns = schema.generations.c
    async with open_records(database_url) as records:
        await migrate(records)
        await archive(records, make_batch("acct_1", "g1", "g2"))
        for days, prompt, record, erased in ((3, True, True, 0), (4, False, True, 2), (9, False, True, 0)):
            assert erased == await erase_expired(records, config, day_ms(DAY + days) - 1)
            async with records.read() as connection:
                row = (await connection.execute(select(columns.prompt, columns.metadata, columns.record))).first()
            assert row is not None
            assert (prompt, prompt, record) == tuple(value is not None for value in row)
        assert 3 == await erase_expired(records, config, day_ms(DAY + 10))
        assert 0 == await erase_expired(records, config, day_ms(DAY + 11))
        async with records.read() as connection:
            row = (await connection.execute(select(columns.record, columns.cost, columns.output_hashes))).first()
        assert row is not None
        assert (None, 40, "ab" * 32) == tuple(row)
