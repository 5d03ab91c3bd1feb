"""docs/records.md explains every column, and its queries run on both databases."""

import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from sqlalchemy import text

from shared.domain.times import DAY_MS
from shared.ops.settings import ROOT
from shared.records import schema
from shared.records.chain import LedgerLine
from shared.records.connect import Records
from shared.records.migrate import migrate
from shared.records.opening import open_records
from tests.harness.archived import DAY, archive, day_ms, make_account, make_batch, make_generation

PAGE = (ROOT / "docs" / "records.md").read_text()
QUERIES = re.findall(r"(?ms)^```sql\n(.*?)^```", PAGE)
VALUES = {  # of the page, and of this test
    "'KEY'": "'key_acct_1'",
    "'ACCOUNT'": "'acct_1'",
    "20727": str(DAY),
    "20757": str(DAY),
    "1790812800000": str(DAY * DAY_MS),
    "1793491200000": str((DAY + 1) * DAY_MS),
}


@pytest.fixture
async def records(database_url: str) -> AsyncIterator[Records]:
    """Yield a database with an account that has a row of everything."""
    batch = make_batch("acct_1", "one", "two")
    lines = [*batch.accounts[0].lines, LedgerLine("acct_1", 9, day_ms(), "missing", 0, "6-9")]
    batch.generations = [*batch.generations, make_generation("three", "acct_1", state="failed")]
    batch.accounts = [make_account("acct_1", lines)]
    batch.keys = [{**batch.keys[0], "hash": "0123456789abcdef" + "0" * 48}]
    async with open_records(database_url) as database:
        await migrate(database)
        await archive(database, batch)
        yield database


def test_page_explains_every_column() -> None:
    """Each table has a section with its columns, in their order."""
    sections = dict(re.findall(r"(?ms)^#### (\w+)\n(.*?)(?=^###|\Z)", PAGE))
    assert list(schema.tables.tables) and set(schema.tables.tables) == set(sections)
    for name, table in schema.tables.tables.items():
        explained = re.findall(r"(?m)^\| `(\w+)` \|", sections[name])
        assert [column.name for column in table.columns] == explained, name


async def test_queries_of_the_page_run(records: Records) -> None:
    """All of them find the rows that they are about, and none of them needs a dialect."""
    found = [await run_query(records, query) for query in QUERIES]
    assert 10 == len(QUERIES)
    assert [1, 1, 0, 1, 1, 1, 1, 1, 1, 1] == [len(rows) for rows in found]
    spent, margin, _, balances, payments, *_ = [rows[0] if rows else () for rows in found]
    assert ("3", "0.000120") == (str(spent[1]), f"{float(spent[2]):.6f}")
    assert "0.000120" == f"{float(margin[3]):.6f}"
    assert ["0.000000", "0.000920"] == [f"{float(value):.6f}" for value in balances]
    assert (DAY, 1) == tuple(payments[:2])


async def run_query(records: Records, query: str) -> Sequence[Any]:
    """Run a query of the page with this test's values."""
    for written, value in VALUES.items():
        query = query.replace(written, value)
    async with records.read() as connection:
        return (await connection.execute(text(query))).all()
