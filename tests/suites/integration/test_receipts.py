"""Receipts from a real SQLite file and a real PostgreSQL: days are closed and signed, and receipts verified offline."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs

from gateway.history.receipts import find_signed_day, issue_receipt
from operate.cli.main import main
from shared.domain.errors import Refused
from shared.domain.generation import Outcome
from shared.domain.ids import job_id
from shared.domain.merkle import CHUNK
from shared.domain.receipt import PublicKey, PublicKeys, Receipt, ReceiptInvalid, receipt_text, verify
from shared.domain.times import DAY_MS
from shared.ops import sealing
from shared.ops.clock import CLOCK
from shared.ops.settings import SECRETS_KEY
from shared.records import schema
from shared.records.chain import LedgerLine
from shared.records.close_day import Signer, close_days
from shared.records.compare_receipt import find_change
from shared.records.connect import Records
from shared.records.history import History
from shared.records.migrate import migrate
from shared.records.opening import open_records
from shared.records.read_receipt import read_receipt
from shared.records.write import Batch
from shared.store import ledger
from shared.store.connect import Store
from shared.store.receipt_keys import encrypt_signing_key, ensure_signing_key, list_public_keys, rotate_signing_key
from tests.harness.archived import (
    DAY,
    KEYS,
    SIGNER,
    archive,
    day_ms,
    lines_of,
    make_account,
    make_batch,
    make_generation,
)
from tests.harness.archiving import make_context
from tests.harness.factories import create_customer, make_order, write_catalogue
from workers.archive.archiver import Archiver

Run = Callable[..., tuple[int, bool]]
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
async def records(database_url: str) -> AsyncIterator[Records]:
    """Open a migrated database."""
    async with open_records(database_url) as records:
        await migrate(records)
        yield records


async def issue(records: Records, name: str = "g1", account: str = "acct_1") -> Receipt:
    """Return a signed receipt."""
    async with records.read() as connection:
        receipt = await read_receipt(connection, account, name, day_ms(DAY + 9))
    assert receipt is not None
    receipt = structs.replace(receipt, key_id=SIGNER.key_id)
    return structs.replace(receipt, signature=SIGNER.sign(receipt_text(receipt)))


async def test_receipt_is_provisional_until_its_day_is_signed(records: Records) -> None:
    """A receipt of today is signed as such; after midnight it has proofs, and verifies with the public key alone."""
    await archive(records, make_batch("acct_1", "g1", "g2"))
    await archive(records, make_batch("acct_2", "g3"))
    assert [] == await close_days(records, SIGNER, day_ms())
    early = await issue(records)
    assert ("provisional", ()) == (early.status, early.days)
    verify(early, KEYS)
    assert [DAY] == await close_days(records, SIGNER, day_ms(DAY + 1))
    assert [] == await close_days(records, SIGNER, day_ms(DAY + 1))
    for account, name in (("acct_1", "g1"), ("acct_1", "g2"), ("acct_2", "g3")):
        receipt = msgspec.json.decode(msgspec.json.encode(await issue(records, name, account)), type=Receipt)
        assert "included" == receipt.status
        assert ["reserve", "settle"] == [line.kind for line in receipt.lines]
        verify(receipt, KEYS)
        with pytest.raises(ReceiptInvalid, match="not among the public keys"):
            verify(receipt, {})
    async with records.read() as connection:
        assert await read_receipt(connection, "acct_2", "g1", 0) is None


async def test_receipt_of_a_generation_over_several_days(records: Records) -> None:
    """A credit gets its own day's proof; an earlier receipt stays valid, and late rows never enter a signed day."""
    await archive(records, make_batch("acct_1", "g1"))
    await close_days(records, SIGNER, day_ms(DAY + 1))
    early = await issue(records)
    lines = lines_of("acct_1", "g1")
    lines.append(LedgerLine("acct_1", len(lines) + 1, day_ms(DAY + 3), "credit", 15, "g1"))
    credited = make_generation("g1", credit=15, credit_ms=day_ms(DAY + 3))
    await archive(records, Batch(generations=[credited], accounts=[make_account("acct_1", lines)]))
    await archive(records, Batch(generations=[make_generation("late", "guest", reserved=0, cost=0)]))
    assert "provisional" == (await issue(records)).status
    assert [DAY + 1, DAY + 3] == await close_days(records, SIGNER, day_ms(DAY + 4))
    receipt = await issue(records)
    assert [DAY, DAY + 1, DAY + 3] == [one.signed.day for one in receipt.days]
    assert (15, DAY + 1) == (
        receipt.generation.credit_micros,
        receipt.generation.proof and receipt.generation.proof.day,
    )
    assert [DAY, DAY + 1] == [one.signed.previous_day for one in receipt.days[1:]]
    for one in (receipt, early, await issue(records, "late", "guest")):
        verify(one, KEYS)


@SQLITE
async def test_receipt_of_a_large_account_reads_one_chunk(records: Records) -> None:
    """A day with more lines and generations than a chunk proves each of them."""
    names = [f"g{number}" for number in range(CHUNK + 2)]
    await archive(records, make_batch("acct_1", *names))
    await close_days(records, SIGNER, day_ms(DAY + 1))
    for name in (names[0], names[CHUNK // 2], names[-1]):
        verify(await issue(records, name), KEYS)


CHANGES = [
    ("generation cost_micros", 39, "the ledger entries sum to"),
    ("generation model", "other", "the generation is not in the tree"),
    ("generation output_sha256", "cd" * 32, "the generation is not in the tree"),
    ("generation proof index", 7, "the generation is not in the tree"),
    ("lines 0 amount_micros", -49, "ledger entry 2 differs"),
    ("lines 0 at_ms", 1, "ledger entry 2 differs"),
    ("lines 0 previous", "ab" * 32, "ledger entry 2 differs"),
    ("lines 0 proof path", [], "ledger entry 2 is not in the tree"),
    ("days 0 head", "ab" * 32, "the account is not in the tree of day"),
    ("days 0 trees", [], "the account is not in the tree of day"),
    ("days 0 signed root", "ab" * 32, "the signature of day"),
    ("days 0 signed previous_root", "ab" * 32, "the signature of day"),
    ("days 0 signed signature", "00", "the signature of day"),
    ("days", [], "which is missing"),
    ("issuer", "other", "the signature of day"),
    ("status", "provisional", "its status does not fit"),
    ("version", 2, "version 2 is not known"),
]


async def test_changed_receipt_is_refused(records: Records) -> None:
    """A changed part of a receipt is found, even if the receipt itself is signed again."""
    await archive(records, make_batch("acct_1", "g1"))
    await close_days(records, SIGNER, day_ms(DAY + 1))
    receipt = await issue(records)
    for path, value, reason in CHANGES:
        document: Any = msgspec.to_builtins(receipt)
        *parents, name = path.split()
        part = document
        for parent in parents:
            part = part[int(parent) if parent.isdigit() else parent]
        part[name] = value
        changed = msgspec.convert(document, Receipt)
        with pytest.raises(ReceiptInvalid, match="refused"):
            verify(changed, KEYS)
        with pytest.raises(ReceiptInvalid, match=reason):
            verify(structs.replace(changed, signature=SIGNER.sign(receipt_text(changed))), KEYS)


@SQLITE
async def test_gateway_issues_receipts_of_ended_generations(
    store_url: str, database_url: str, shell: Run, tmp_path: Path
) -> None:
    """An order through the real scripts and archiver gets a receipt, which the command verifies."""
    async with Store(store_url) as store, open_records(database_url) as records:
        archiver = Archiver(store, records, hot_ms=DAY_MS)
        await archiver.start()
        customer, other = await create_customer(store), await create_customer(store)
        context = make_context(store, History(records))
        order = make_order(customer)
        await ledger.accept(store, order)
        with pytest.raises(Refused, match="has not ended yet"):
            await issue_receipt(context, customer.account, order.id)
        await ledger.settle(store, order.id, "completed", cost_micros=9, outcome=Outcome("noop"))
        with pytest.raises(Refused, match="not ready yet"):
            await issue_receipt(context, customer.account, order.id)
        while await archiver.run_once():
            pass
        provisional = await issue_receipt(context, customer.account, order.id)
        with pytest.raises(Refused, match="generation"):
            await issue_receipt(context, other.account, order.id)
        signer = await ensure_signing_key(store)
        await close_days(records, Signer(signer.key_id, signer.sign), CLOCK.now_ms() + DAY_MS)
        receipt = await issue_receipt(context, customer.account, job_id(order.id))
        assert ("provisional", "included") == (provisional.status, receipt.status)
        assert [receipt.days[0].signed] == [await find_signed_day(context, None)]
        keys = PublicKeys(keys=tuple(await list_public_keys(store)))
    for name, content in (("old", provisional), ("receipt", receipt), ("keys", keys)):
        (tmp_path / f"{name}.json").write_bytes(msgspec.json.encode(content))
    await asyncio.to_thread(check_commands, shell, tmp_path, order.id, keys.keys[0])


def check_commands(shell: Run, folder: Path, name: str, key: PublicKey) -> None:
    """Verify receipts with the command, rotate the key, and issue one with the new key."""
    receipt, keys = str(folder / "receipt.json"), str(folder / "keys.json")
    for words in ((str(folder / "old.json"),), (receipt, "--records"), (receipt, "--keys", key.public_key)):
        assert (0, True) == shell("is valid", "verify", *words)
    assert (0, True) == shell("are signed with the key", "rotate-key")
    assert (0, True) == shell("included", "show", name, "--json")
    assert (0, True) == shell(key.public_key, "keys", "--json")
    assert (0, True) == shell("is valid", "verify", receipt)
    assert (0, True) == shell("is valid", "verify", receipt, "--keys", keys)
    assert (1, True) == shell("not among the public keys", "verify", receipt, "--keys", "ab" * 32)
    assert (1, True) == shell("is not a receipt", "verify", keys, "--keys", keys)


@pytest.fixture
def shell(
    store_url: str,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Return a function that runs `wokflow receipt`; it returns the exit status, and whether a text was printed."""
    monkeypatch.setenv("REDIS_URL", store_url)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("CATALOGUE", str(write_catalogue(tmp_path)))

    def run(expected: str, *words: str) -> tuple[int, bool]:
        status = main(("receipt", *words))
        printed = capsys.readouterr()
        return status, expected in printed.out + printed.err

    return run


async def test_receipt_issued_before_a_change_is_refused_after_it(records: Records) -> None:
    """An old receipt fits the database until one of its own rows, or any other row of its days, is changed."""
    await archive(records, make_batch("acct_1", "g1"))
    await archive(records, make_batch("acct_2", "g2"))
    await close_days(records, SIGNER, day_ms(DAY + 1))
    receipt = await issue(records)
    changes = (
        (schema.generations.update().values(model="other"), "generation g1"),
        (schema.ledger_lines.update().values(amount=0), "ledger entry 2 of account acct_1"),
        (schema.generations.delete().where(schema.generations.c.id == "g2"), f"day {DAY}"),
        (schema.ledger_lines.delete().where(schema.ledger_lines.c.account == "acct_2"), f"day {DAY}"),
        (schema.days.delete(), ""),
    )
    async with records.read() as connection:
        for change, expected in changes:
            inner = await connection.begin_nested()
            await connection.execute(change)
            assert expected == await find_change(connection, receipt)
            await inner.rollback()


async def test_private_key_is_sealed_and_dropped_after_a_rotation(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key is made once, encrypted at rest if SECRETS_KEY is set, and a rotated one can only verify."""
    async with Store(store_url) as store:
        first = await ensure_signing_key(store)
        assert first.key_id == (await ensure_signing_key(store)).key_id
        monkeypatch.setenv(SECRETS_KEY, sealing.new_sealing_key())
        assert await encrypt_signing_key(store)
        assert not await encrypt_signing_key(store)
        assert first.sign(b"x") == (await ensure_signing_key(store)).sign(b"x")
        second = await rotate_signing_key(store)
        stored = [json.loads(raw) for raw in await store.call("LRANGE", "gw:receipt-keys", 0, -1)]
        assert [second, first.key_id] == [one["id"] for one in stored]
        assert (True, "") == (stored[0]["private"].startswith(sealing.SEALED), stored[1]["private"])
        assert [second, first.key_id] == [one.id for one in await list_public_keys(store)]
