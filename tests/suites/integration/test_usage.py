"""The usage of an account and the operator's margins, and the indices that reads of the records follow."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from pyarrow import parquet
from sqlalchemy import Select

from gateway.history.usage import day_text, read_usage
from operate.cli.main import main
from operate.parquet import export_records
from operate.usage import list_margins
from shared.domain.errors import Refused
from shared.domain.generation import COMPLETED, FAILED, Outcome
from shared.domain.times import DAY_MS
from shared.ops import clock
from shared.ops.storage import Storage
from shared.records.connect import Records
from shared.records.errors import RecordsSlow
from shared.records.history import History
from shared.records.migrate import migrate
from shared.records.read_export import export_statement
from shared.records.read_pages import (
    GenerationFilter,
    LineFilter,
    Span,
    deliveries_statement,
    lines_statement,
    page_statement,
)
from shared.records.read_statement import sums_statement
from shared.records.read_usage import UsageFilter, usage_statement
from shared.records.rows import generation_row
from shared.records.write import Batch, write_batch
from shared.store import accounts, ledger
from shared.store.connect import Store
from tests.harness.archiving import make_context, store_generations
from tests.harness.factories import CENTS, create_customer, make_offer, make_order
from tests.harness.processes import make_folder
from tests.suites.integration.test_records_database import CLOSED_MS, make_fields

DAY = CLOSED_MS // DAY_MS
PERIOD = {"from": day_text(DAY), "to": day_text(DAY + 1)}


@pytest.fixture
async def records(database_url: str) -> AsyncIterator[Records]:
    """Open a migrated database."""
    records = Records(database_url)
    await migrate(records)
    yield records
    await records.close()


async def test_usage_is_exact_to_the_ledger(store_url: str, records: Records) -> None:
    """For random orders, ends and credits: the sums of every grouping are those of the ledger's lines."""
    dice = random.Random(7)
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=5000)
        names = []
        for number in range(40):
            offer = make_offer(provider=dice.choice(("noop", "paid")), price_micros=dice.randrange(1, 9 * CENTS))
            order = make_order(customer, offers=(offer,))
            await ledger.accept(store, order)
            names.append(order.id)
            state, most = dice.choice(((COMPLETED, offer.price_micros), (FAILED, 0)))
            await ledger.settle(
                store, order.id, state, cost_micros=dice.randint(0, most), outcome=Outcome(offer.provider)
            )
            if state == COMPLETED and number % 3 == 0:
                await ledger.credit(store, order.id)
        await store_generations(store, records, names)
        lines = await ledger.list_entries(store, customer.account)
        context = make_context(store, History(records))
        for by, groups in (("day", 1), ("model", 1), ("kind", 1), ("provider", 2), ("key", 1)):
            found = await read_usage(context, customer.account, {"by": by})
            assert groups == len(found.data)
            assert 40 == found.total.count
            assert found.total.charged_micros == -sum(line.amount_micros for line in lines if line.kind == "reserve")
            refunds = sum(line.amount_micros for line in lines if line.kind in ("settle", "credit"))
            assert found.total.refunded_micros == refunds
            account = await accounts.find(store, customer.account)
            assert account is not None
            assert found.total.net_micros == account.spent
        assert 0 == (await read_usage(context, "acct_other", {})).total.count


async def test_usage_counts_what_a_query_names(records: Records) -> None:
    """Groups have their names, filters leave out the others, and invalid values are refused."""
    rows = [generation_row(f"g{number}", make_fields(number, provider=f"p{number % 2}")) for number in range(4)]
    rows += [generation_row("late", make_fields(9, closed_ms=CLOSED_MS + DAY_MS))]
    async with records.write() as connection:
        await write_batch(connection, Batch(generations=rows))
    context: Any = make_context(None, History(records))  # type: ignore[arg-type]
    found = await read_usage(context, "acct_1", PERIOD | {"by": "provider"})
    assert [("p0", 2, 100, 20, 80, 5.0), ("p1", 2, 100, 20, 80, 5.0)] == [
        (one.group, one.count, one.charged_micros, one.refunded_micros, one.net_micros, one.seconds)
        for one in found.data
    ]
    by_day = await read_usage(context, "acct_1", {"from": day_text(DAY), "to": day_text(DAY + 9)})
    assert [(day_text(DAY), 4), (day_text(DAY + 1), 1)] == [(one.group, one.count) for one in by_day.data]
    assert 2 == (await read_usage(context, "acct_1", PERIOD | {"provider": "p1"})).total.count
    assert 0 == (await read_usage(context, "acct_1", PERIOD | {"model": "other"})).total.count
    backwards = {"from": "2026-02-01", "to": "2026-01-01"}
    assert 0 == (await read_usage(context, "acct_1", backwards)).total.count
    for query in ({"by": "week"}, {"type": "week"}, {"from": "x"}):
        with pytest.raises(Refused, match="must be"):
            await read_usage(context, "acct_1", query)
    [one, two] = await list_margins(History(records), DAY, DAY + 1)
    assert ("p0", 2, 80, 14, 66, 82.5) == (
        *(one.provider, one.count, one.revenue_micros, one.cost_micros, one.margin_micros, one.margin_percent),
    )
    assert two.provider == "p1"
    for history in (History(None), History(Records("postgresql://nobody@/postgres?host=/nowhere"))):
        with pytest.raises(Refused, match="history"):
            await read_usage(make_context(None, history), "acct_1", {})  # type: ignore[arg-type]


def test_margin_is_shown_by_a_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`wokflow margin` reads the database, and prints JSON or a table."""
    folder = make_folder("margin")
    records = Records(f"sqlite:///{folder}/records.db")

    async def fill() -> None:
        await migrate(records)
        async with records.write() as connection:
            await write_batch(connection, Batch(generations=[generation_row("g1", make_fields())]))
        await records.close()

    asyncio.run(fill())
    monkeypatch.setenv("DATA_DIR", str(folder))
    days = ("--from", day_text(DAY), "--to", day_text(DAY + 1))
    assert 0 == main(["margin", *days, "--json"])
    [line] = msgspec.json.decode(capsys.readouterr().out)["margins"]
    assert (40, 7, 33) == (line["revenue_micros"], line["cost_micros"], line["margin_micros"])
    assert 0 == main(["margin", *days])
    assert "82.5 %" in capsys.readouterr().out


async def test_export_writes_a_file_for_each_day(records: Records) -> None:
    """Every row of each day is exported with its type, page by page, without prompts; days without any have no file."""
    rows = [generation_row(f"g{number}", make_fields(number)) for number in range(5)]
    rows += [generation_row("late", make_fields(9, closed_ms=CLOSED_MS + 2 * DAY_MS, state="failed"))]
    async with records.write() as connection:
        await write_batch(connection, Batch(generations=rows))
    folder = make_folder("export")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("operate.parquet.PAGE", 2)
        for _ in range(2):  # the second one replaces the files
            done = await export_records(records, Storage.open(str(folder)), DAY - 1, DAY + 3)
    days = [day_text(DAY), day_text(DAY + 2)]
    assert [f"{table}/day={day}/part-0.parquet" for day in days for table in ("generations", "usage")] == done.files
    assert (6, 2) == (done.generations, done.usage)
    first, last = [parquet.read_table(folder / f"generations/day={day}/part-0.parquet").to_pylist() for day in days]
    assert [f"g{number}" for number in range(5)] == [row["id"] for row in first]
    assert ["late"] == [row["id"] for row in last]
    wanted = {name: value for name, value in rows[0].items() if name not in ("prompt", "record", "metadata")}
    assert wanted.items() <= first[0].items()
    assert not {"prompt", "record", "metadata"} & first[0].keys()
    [usage] = parquet.read_table(folder / f"usage/day={days[0]}/part-0.parquet").to_pylist()
    assert (DAY, "acct_1", 5, 200) == (usage["day"], usage["account"], usage["count"], usage["charged"])


PLANS = [
    (page_statement("a", Span(count=50), GenerationFilter()), "generations_account"),
    (page_statement("a", Span(count=50, before=(9, "g")), GenerationFilter(from_ms=1, to_ms=9)), "generations_account"),
    (page_statement("a", Span(count=50, after=(9, "g")), GenerationFilter(text="boat")), "generations_account"),
    (page_statement("a", Span(count=50), GenerationFilter(model="m")), "generations_"),
    (page_statement("a", Span(count=50), GenerationFilter(status="failed")), "generations_"),
    (page_statement("a", Span(count=50), GenerationFilter(key="k", kind="image")), "generations_"),
    (lines_statement("a", 50, LineFilter(), 9, 0), "ledger_lines"),
    (lines_statement("a", 50, LineFilter(kinds=frozenset({"reserve"})), 9, 0), "ledger_lines"),
    (deliveries_statement("e", 50, (9, "d"), excluded=["x"]), "deliveries_endpoint"),
    (export_statement(DAY, (-1, ""), 50), "generations_closed"),
    (sums_statement("a", 9), "ledger_lines"),
    (usage_statement(("day",), UsageFilter(from_day=1, to_day=9, account="a")), "usage"),
    (usage_statement(("provider", "model"), UsageFilter(from_day=1, to_day=9)), "usage"),
]


async def test_reads_follow_an_index(records: Records) -> None:
    """No page and no sum reads a whole table, on either database."""
    async with records.read() as connection:
        if not records.is_sqlite:
            await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for statement, index in PLANS:
            plan = await explain(connection, statement)
            assert index in plan, plan
            assert "SCAN" not in plan.replace("SCAN CONSTANT", ""), plan
            assert "Seq Scan" not in plan, plan


async def explain(connection: Any, statement: Select[Any]) -> str:
    """Return the plan of a statement."""
    compiled = statement.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
    word = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    rows = (await connection.exec_driver_sql(f"{word} {compiled}")).all()
    return "\n".join(str(row[-1]) for row in rows)


async def test_long_statement_is_stopped_by_the_database(records: Records) -> None:
    """One search cannot hold the database: it stops the statement itself, and serves the next one."""
    endless = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c"
    began_s = clock.now_s()
    with pytest.raises(RecordsSlow):
        async with records.read(limit_s=0.2) as connection:
            await connection.exec_driver_sql(endless)
    assert clock.now_s() - began_s < 20
    async with records.read(limit_s=0.2) as connection:
        assert 1 == (await connection.exec_driver_sql("SELECT 1")).scalar()
