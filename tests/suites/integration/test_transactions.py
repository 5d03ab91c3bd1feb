"""Transactions from the store and the database as one list, and as CSV."""

from collections.abc import AsyncIterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec import Struct, structs

from gateway.csv_rows import encode_rows, wants_csv
from gateway.dialects.wowflow.money import transaction
from gateway.history.query import ListQuery
from gateway.history.transactions import KINDS, list_lines, scan_lines
from shared.domain.errors import Refused
from shared.domain.generation import COMPLETED, FAILED, Outcome
from shared.domain.ids import key_hash
from shared.records.chain import LedgerLine
from shared.records.connect import Records
from shared.records.history import History
from shared.records.migrate import migrate
from shared.records.read_pages import GenerationFilter, LineFilter
from shared.records.rows import Row, generation_row
from shared.records.write import AccountBatch, Batch, write_batch
from shared.store import accounts, keys, ledger
from shared.store.connect import Store
from tests.harness.archiving import make_context
from tests.harness.factories import Customer, create_customer, make_order

EVERYTHING = LineFilter()


class Books(Struct):
    """An account with a ledger, which a test folds as the archiver does."""

    store: Store
    records: Records
    account: str
    context: Any

    async def archive(self, until: int, rows: Sequence[Row] = ()) -> None:
        """Write the lines up to a sequence, and rows of generations, to the database."""
        found = await ledger.list_entries(self.store, self.account, 0, until - 1)
        lines = [
            LedgerLine(self.account, at, line.at_ms, line.kind, line.amount_micros, line.reference)
            for at, line in enumerate(found, 1)
        ]
        names = {"name": "Ada", "plan": "pro", "created_ms": 1, "topup": 0, "spent": 0, "low": 0}
        async with self.records.write() as connection:
            await write_batch(
                connection,
                Batch(accounts=[AccountBatch(row={"id": self.account, **names}, lines=lines)], generations=rows),
            )

    async def fold(self, count: int) -> None:
        """Replace the first lines by an opening line with their sum."""
        name = keys.ledger(self.account)
        lines = await ledger.list_entries(self.store, self.account, 0, count - 1)
        await self.store.call("LPOP", name, count)
        total = sum(line.amount_micros for line in lines)
        await self.store.call("LPUSH", name, f"5 opening {total} {count} 0")

    async def walk(self, count: int, wanted: LineFilter = EVERYTHING, *, after: int = 0) -> list[int]:
        """Return the sequences of all lines, newest first, page by page."""
        seen, query = list[int](), ListQuery(count=count, after=str(after) if after else "")
        while True:
            page = await list_lines(self.context, self.account, query, wanted)
            assert page.complete
            names = [line.sequence for line in page.entries]
            seen = [*names, *seen] if after else [*seen, *names]
            if not page.more:
                return seen
            first, last = page.names
            query = ListQuery(count=count, after=first) if after else ListQuery(count=count, before=last)


@pytest.fixture
async def books(store_url: str, database_url: str) -> AsyncIterator[Books]:
    """Create a ledger of 30 lines: a top-up, then charges, refunds, and settlements that move nothing."""
    async with Store(store_url) as store:
        records = Records(database_url)
        await migrate(records)
        customer = await create_customer(store)
        lines = [f"{1000 + at} {('reserve -5', 'settle 0', 'credit 2')[at % 3]} g{at}" for at in range(2, 31)]
        await store.call("RPUSH", keys.ledger(customer.account), *lines)
        context = make_context(store, History(records))
        yield Books(store, records, customer.account, context)
        await records.close()


def moving(first: int, last: int) -> Sequence[int]:
    """Return the sequences of lines that moved money, newest first."""
    return [at for at in range(last, first - 1, -1) if at == 1 or at % 3 != 1]


@pytest.mark.parametrize("folded", [0, 1, 12, 30])
async def test_transactions_have_no_seam(books: Books, folded: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the store's part begins, and however it is read, every movement comes once, newest first."""
    monkeypatch.setattr("gateway.history.transactions.STEP", 4)
    await books.archive(max(folded, 20))
    if folded:
        await books.fold(folded)
    for count in (1, 4, 50):
        assert moving(1, 30) == await books.walk(count)
        assert moving(8, 30) == await books.walk(count, after=7)
    charges = LineFilter(kinds=frozenset({"reserve"}))
    assert [at for at in moving(1, 30) if at % 3 == 0] == await books.walk(2, charges)
    assert moving(5, 25) == await books.walk(3, LineFilter(from_ms=1005, to_ms=1026))
    query = ListQuery(count=3)
    pages = [page.entries async for page in scan_lines(books.context, books.account, query, EVERYTHING, 7)]
    assert moving(1, 30)[:7] == [line.sequence for page in pages for line in page]


async def end_generations(books: Books, customer: Customer, hashes: Sequence[str]) -> list[str]:
    """End six generations of three models by two keys, each charged 3 of 9 or refunded; return their ids."""
    names = []
    for at in range(6):
        order = make_order(customer, price_micros=9, key_hash=hashes[at % 2])
        spec = structs.replace(order.offers[0].spec, model=f"model/{at % 3}")
        await ledger.accept(books.store, structs.replace(order, offers=(structs.replace(order.offers[0], spec=spec),)))
        state, cost = (FAILED, 0) if at == 5 else (COMPLETED, 3)
        await ledger.settle(books.store, order.id, state, cost_micros=cost, outcome=Outcome("noop"))
        names.append(order.id)
    return names


@pytest.mark.parametrize("left", ["nothing", "records", "records and lines"])
async def test_transactions_are_found_by_their_generations(books: Books, left: str) -> None:
    """Wherever lines and generations are, filters by model, key and status show their charges and refunds."""
    customer = await create_customer(books.store)
    books = structs.replace(books, account=customer.account)
    _, other = await accounts.create_key(books.store, customer.account, "wokgen", name="other")
    names = await end_generations(books, customer, (customer.hash, key_hash(other)))
    sequences = {1 + at: names[(at - 1) // 2] for at in range(1, 13)}
    if left != "nothing":
        found = [await books.store.call("HGETALL", keys.generation(name)) for name in names]
        rows = [generation_row(name, one) for name, one in zip(names, found, strict=True)]
        await books.archive(13, rows)
        await books.store.call("DEL", *map(keys.generation, names[:4]))
    if left == "records and lines":
        await books.fold(6)
    for wanted, chosen in (
        (GenerationFilter(model="model/1"), (1, 4)),
        (GenerationFilter(key=key_hash(other)[:16]), (1, 3, 5)),
        (GenerationFilter(status="failed"), (5,)),
        (GenerationFilter(status="completed", model="model/2"), (2,)),
        (GenerationFilter(model="model/9"), ()),
    ):
        expected = [at for at in sorted(sequences, reverse=True) if names.index(sequences[at]) in chosen]
        for count in (1, 50):
            assert expected == await books.walk(count, LineFilter(generations=wanted))
    charges = LineFilter(kinds=frozenset({"reserve"}), generations=GenerationFilter(model="model/1"))
    assert [10, 4] == await books.walk(50, charges)


async def test_transactions_without_a_database_say_that_history_is_incomplete(books: Books) -> None:
    """Lines that the store has folded are missing then, and only then the page says so."""
    books.context.history = History(None)
    assert moving(1, 30) == await books.walk(50)
    await books.archive(30)
    await books.fold(12)
    for query, wanted in ((ListQuery(count=50), moving(13, 30)), (ListQuery(count=50, after="3"), moving(13, 30))):
        page = await list_lines(books.context, books.account, query, EVERYTHING)
        assert (list(wanted), False) == ([line.sequence for line in page.entries], page.complete)
    page = await list_lines(books.context, books.account, ListQuery(count=5), EVERYTHING)
    assert page.complete


@pytest.mark.parametrize("cursor", ["0", "x", "-1", "1" * 16, "\N{SUPERSCRIPT TWO}"])
async def test_cursor_is_a_sequence(cursor: str) -> None:
    """Another text is refused before anything is read."""
    with pytest.raises(Refused, match="must be the `sequence`"):
        await list_lines(make_context(None, None), "acct", ListQuery(count=1, before=cursor), EVERYTHING)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["missing", "restored"])
def test_line_in_place_of_lost_ones_is_a_correction(kind: str) -> None:
    """It is neither a refund nor about a generation, and has the lines that it stands for."""
    shown = transaction(LedgerLine("acct", 9, 1000, kind, 12_345, "5-8"))
    assert ("correction", None, "5-8", 12_345) == (
        *(shown.type, shown.generation_id),
        *(shown.reference, shown.amount_micros),
    )
    assert kind in KINDS["correction"]


def test_csv_is_safe_to_open() -> None:
    """Separators are quoted, numbers stay numbers, and no text becomes a formula."""
    row = (1, -5, "a,b", 'say "hi"', "=1+1", "-x", "+49", None)
    assert b'1,-5,"a,b","say ""hi""",\'=1+1,\'-x,\'+49,\r\n' == encode_rows([row])


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [(["text/csv"], True), (["application/json, text/csv"], False), (["text/csv;q=1, */*"], True), ([], False)],
)
def test_csv_is_chosen_by_the_accept_header(accept: list[str], wanted: bool) -> None:
    """CSV is for callers who name it, before JSON."""
    request: Any = SimpleNamespace(headers=SimpleNamespace(getall=lambda name, default: accept or default))
    assert wanted == wants_csv(request)
