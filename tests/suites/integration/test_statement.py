"""Monthly statements: their sums, their lines, and the PDF."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from operate.statement import days_of, read_statement, render_pdf, scan_rows
from shared.domain.errors import Refused
from shared.domain.pdf import LINES_MAX, Line, write_pdf
from shared.records.chain import LedgerLine
from shared.records.connect import Records
from shared.records.history import History
from shared.records.migrate import migrate
from shared.records.write import AccountBatch, Batch, write_batch
from shared.store import keys
from shared.store.connect import Store

ROW = {"id": "acct_1", "name": "Ada (Łódź)", "plan": "pro", "created_ms": 1, "topup": 0, "spent": 0, "low": 0}
LINES = (  # time, kind, amount
    ("2026-09-30T23:59:59.999", "top_up", 900),
    ("2026-10-01T00:00:00.000", "reserve", -100),
    ("2026-10-01T10:00:00.000", "settle", 30),
    ("2026-10-15T10:00:00.000", "credit", 70),
    ("2026-10-31T23:59:59.999", "reserve", -200),
    ("2026-10-31T23:59:59.999", "settle", 0),
    ("2026-11-01T00:00:00.000", "top_up", 50),
    ("2026-11-01T00:00:00.000", "restored", -60),
)


def at_ms(text: str) -> int:
    """Return a UTC time as Unix ms."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.fixture
async def history(database_url: str) -> AsyncIterator[History]:
    """Open a database with the account's ledger."""
    records = Records(database_url)
    await migrate(records)
    lines = [
        LedgerLine("acct_1", number, at_ms(at), kind, amount, "ref")
        for number, (at, kind, amount) in enumerate(LINES, 1)
    ]
    async with records.write() as connection:
        await write_batch(connection, Batch(accounts=[AccountBatch(row=ROW, lines=lines)]))
    yield History(records)
    await records.close()


async def test_statement_has_the_movements_between_its_balances(
    store_url: str, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening plus movements is closing, each month begins where the last one ended, and the lines add up."""
    monkeypatch.setattr("operate.statement.PAGE", 2)
    async with Store(store_url) as store:
        months = [
            await read_statement(store, history, "acct_1", month)
            for month in ("2026-09", "2026-10", "2026-11", "2026-12")
        ]
        september, october, november, december = months
        assert (0, 900, 0, 0, 900) == (
            *(september.opening_micros, september.topups_micros, september.charges_micros),
            *(september.refunds_micros, september.closing_micros),
        )
        assert (900, 0, -300, 100, 700, 5) == (
            *(october.opening_micros, october.topups_micros, october.charges_micros),
            *(october.refunds_micros, october.closing_micros, october.lines),
        )
        assert (50, 0, 0, -60, 690) == (
            *(november.topups_micros, november.charges_micros, november.refunds_micros),
            *(november.corrections_micros, november.closing_micros),
        )
        assert (690, 690, ()) == (december.opening_micros, december.closing_micros, december.days)
        assert [("2026-10-01", 830), ("2026-10-15", 900), ("2026-10-31", 700)] == [
            (one.day, one.balance_micros) for one in october.days
        ]
        rows = [row async for batch in scan_rows(history, october) for row in batch]
        assert ["opening", "reserve", "settle", "credit", "reserve", "settle", "closing"] == [row[2] for row in rows]
        assert [900, 800, 830, 900, 700, 700, 700] == [row[4] for row in rows]
        assert [2, 3, 4, 5, 6] == [row[0] for row in rows[1:-1]]


async def test_statement_waits_for_the_archive(store_url: str, history: History) -> None:
    """Lines that the database lacks make the statement of their month unavailable, and of no earlier one."""
    async with Store(store_url) as store:
        await store.call(
            "RPUSH", keys.ledger("acct_1"), *(f"{at_ms(at)} {kind} {amount} r" for at, kind, amount in LINES)
        )
        assert 700 == (await read_statement(store, history, "acct_1", "2026-10")).closing_micros
        await store.call("RPUSH", keys.ledger("acct_1"), f"{at_ms('2026-11-02T00:00:00')} reserve -1 r")
        assert 700 == (await read_statement(store, history, "acct_1", "2026-10")).closing_micros
        with pytest.raises(Refused, match="being archived"):
            await read_statement(store, history, "acct_1", "2026-11")
        with pytest.raises(Refused, match="no history"):
            await read_statement(store, history, "acct_2", "2026-11")


@pytest.mark.parametrize("month", ["2026-13", "2026", "x", "2026-10-01", ""])
def test_month_is_read_strictly(month: str) -> None:
    """Another text is refused."""
    with pytest.raises(Refused, match="a month such as"):
        days_of(month)


def test_december_ends_with_the_year() -> None:
    """The days of a month are those of the calendar."""
    assert [31, 28, 29] == [end - first for first, end in map(days_of, ("2026-12", "2026-02", "2028-02"))]


async def test_pdf_is_well_formed(store_url: str, history: History) -> None:
    """Each object is where the table says, texts are escaped, and long lists get more pages."""
    async with Store(store_url) as store:
        shown = render_pdf(await read_statement(store, history, "acct_1", "2026-10"), "https://gw.example")
    assert b"(Account  acct_1  Ada \\(?\xf3d?\\))" in shown
    assert b"Closing balance" in shown
    long = write_pdf("Many", [Line(str(number), head=number == 0) for number in range(3 * LINES_MAX)])
    assert b"/Count 3 " in long
    for raw in (shown, long):
        start = int(raw.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
        places = [int(place) for place in re.findall(rb"(\d{10}) 00000 n ", raw[start:])]
        assert len(places) == raw.count(b" 0 obj\n")
        for number, place in enumerate(places, 1):
            assert raw[place:].startswith(f"{number} 0 obj\n".encode())
        for length, content in re.findall(rb"/Length (\d+) >>\nstream\n(.*?)\nendstream", raw, re.DOTALL):
            assert int(length) == len(content)
