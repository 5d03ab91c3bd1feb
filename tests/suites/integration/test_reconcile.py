"""Provider costs: summed once for each provider and day, late results included, and compared by `reconcile`."""

import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from operate.cli.main import main
from shared.domain.costs import Day
from shared.domain.generation import COMPLETED, FAILED, Outcome
from shared.ops.storage import Storage
from shared.store import costs, generations, keys, ledger, steps
from shared.store.connect import Store
from shared.store.ledger import NotSettled
from tests.harness.doubles.adapters.paid import Adapter
from tests.harness.factories import CENTS, Customer, create_customer, flat_cost, make_order, write_catalogue
from workers.adapters.contract import Blob, Call, Done, Pending, Rejected, Setup
from workers.context import WorkerContext
from workers.egress import Egress
from workers.late import poll_late
from workers.run import run

TODAY = int(time.time()) // 86_400
PAID = {("test/noop", "noop"): flat_cost(3 * CENTS)}


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    """Connect to an empty store."""
    async with Store(store_url) as store:
        yield store


@pytest.fixture
async def customer(store: Store) -> Customer:
    """Create a customer with ten dollars."""
    return await create_customer(store, cents=1000)


async def read_today(store: Store, provider: str = "noop") -> Day:
    """Return the sums of a provider's day."""
    [day] = await costs.read_days(store, [provider], TODAY - 1, TODAY + 1)
    return day


async def settle_with(store: Store, customer: Customer, state: str = COMPLETED, **said: int) -> str:
    """Settle a generation of provider noop with these costs, under reference `ref-<id>`; return its id."""
    order = make_order(customer)
    await ledger.accept(store, order)
    await steps.store_reference(store, order.id, f"ref-{order.id}", provider="noop", patience_s=1)
    cost = 10 * CENTS if state == COMPLETED else 0
    await ledger.settle(store, order.id, state, cost_micros=cost, outcome=Outcome("noop", **said))
    return order.id


async def test_settlement_is_summed_once(store: Store, customer: Customer) -> None:
    """Equal, different, one-sided and unknown costs have separate sums, and settling again adds nothing."""
    first = await settle_with(store, customer, cost_micros=5, expected_micros=5)
    for said in ({"cost_micros": 9, "expected_micros": 5}, {"cost_micros": 1, "expected_micros": 5}):
        await settle_with(store, customer, **said)
    await settle_with(store, customer, expected_micros=7)
    await settle_with(store, customer, cost_micros=11)
    await settle_with(store, customer)
    await settle_with(store, customer, FAILED)
    outcome = Outcome("noop", cost_micros=5, expected_micros=5)
    assert NotSettled("already") == await ledger.settle(store, first, COMPLETED, cost_micros=0, outcome=outcome)
    day = await read_today(store)
    assert (
        Day(
            provider="noop",
            day=day.day,
            matched=1,
            matched_micros=5,
            differs=2,
            differs_ours=10,
            differs_theirs=10,
            gap=8,
            ours_only=1,
            ours_only_micros=7,
            theirs_only=1,
            theirs_only_micros=11,
            unpriced=1,
        )
        == day
    )
    assert 399 * 86_400_000 < await store.call("PTTL", keys.costs("noop", day.day)) <= 400 * 86_400_000


async def test_uncertain_submit_is_counted(store: Store, customer: Customer) -> None:
    """The day counts generations that ended uncertain, because the provider may bill them."""
    order = make_order(customer)
    await ledger.accept(store, order)
    for token in "ab":
        limit_s = 0.0
        await steps.start(store, order.id, provider="noop", repeatable=False, submit_limit_s=limit_s, token=token)
    await ledger.settle(store, order.id, FAILED, cost_micros=0, outcome=Outcome("noop"))
    assert (1, 0) == ((await read_today(store)).uncertain, (await read_today(store)).cost_micros)


async def test_late_result_is_summed_while_the_refund_stands(store: Store, customer: Customer) -> None:
    """A late result's cost is added up once, as late, while the user's refund stands."""
    name = await settle_with(store, customer, FAILED)
    found = Outcome("noop", cost_micros=4, expected_micros=4)
    for _ in range(2):
        assert await steps.store_late_result(store, name, outcome=found, next_poll_s=None)
    day = await read_today(store)
    assert (1, 4, 1, 4) == (day.matched, day.matched_micros, day.late, day.late_micros)


class Costly(Adapter):
    """An adapter that reports a cost with every result."""

    failing = False
    answer: Done | None = None

    async def submit(self, call: Call) -> Pending | Done:
        """Return the result, or reject it at a cost."""
        if self.failing:
            raise Rejected("provider_failed", "It failed.", cost_micros=2 * CENTS)
        return self.answer or Done((Blob(call.prompt.encode(), "image/png"),), cost_micros=3 * CENTS)

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """Return the result."""
        return Done((), "words", cost_micros=3 * CENTS)


@pytest.fixture
async def context(store: Store, tmp_path: Path) -> AsyncIterator[WorkerContext]:
    """Return the context of a provider that reports its costs."""
    async with Egress() as egress:
        adapter = Costly(Setup(name="noop", base_url="http://127.0.0.1:1"))
        storage = Storage.open(str(tmp_path))
        yield WorkerContext(provider="noop", store=store, adapter=adapter, storage=storage, egress=egress, costs=PAID)


async def test_worker_records_the_reported_cost(context: WorkerContext, customer: Customer) -> None:
    """The catalogue's price and the provider's are recorded with the outcome and summed."""
    order = make_order(customer)
    await ledger.accept(context.store, order)
    assert isinstance(context.adapter, Costly)
    context.adapter.answer = Done(text="words", cost_micros=3 * CENTS)
    await run({"context": context}, order.id)
    seen = await generations.view(context.store, customer.account, order.id)
    assert seen is not None and seen.outcome is not None
    assert (3 * CENTS, 3 * CENTS) == (seen.outcome.cost_micros, seen.outcome.expected_micros)
    assert (1, 3 * CENTS) == (
        (await read_today(context.store)).matched,
        (await read_today(context.store)).matched_micros,
    )


async def test_failed_generation_may_cost(context: WorkerContext, customer: Customer) -> None:
    """An unusable result costs as expected, and the cost of a rejection differs from the expected zero."""
    for failing in (False, True):
        assert isinstance(context.adapter, Costly)
        context.adapter.failing = failing
        order = make_order(customer)
        await ledger.accept(context.store, order)
        await run({"context": context}, order.id)
        seen = await generations.view(context.store, customer.account, order.id)
        assert seen is not None and (FAILED, 0) == (seen.state, seen.cost)
    day = await read_today(context.store)
    assert (1, 3 * CENTS) == (day.matched, day.matched_micros)
    assert (1, 0, 2 * CENTS) == (day.differs, day.differs_ours, day.differs_theirs)


async def test_late_poll_records_the_cost(context: WorkerContext, customer: Customer) -> None:
    """The worker's late poll adds the provider's cost to the day's late costs."""
    name = await settle_with(context.store, customer, FAILED)
    await poll_late({"context": context}, f"late:{name}")
    assert (1, 3 * CENTS) == ((await read_today(context.store)).late, (await read_today(context.store)).late_micros)


Shell = Callable[..., tuple[int, Any]]


@pytest.fixture
def shell(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Return a function that runs `wokflow reconcile <words>` and returns its exit status and decoded output."""
    monkeypatch.setenv("REDIS_URL", store_url)
    monkeypatch.setenv("CATALOGUE", str(write_catalogue(tmp_path)))

    def run_it(*words: str) -> tuple[int, Any]:
        capsys.readouterr()
        status = main(["reconcile", *words])
        printed = capsys.readouterr()
        text = printed.out or printed.err
        return status, json.loads(text) if "--json" in words else text

    return run_it


def create_settled(store_url: str, *costs: dict[str, int]) -> list[str]:
    """Settle generations with these costs, and return their ids."""
    import asyncio

    async def make() -> list[str]:
        async with Store(store_url) as store:
            customer = await create_customer(store, cents=1000)
            return [await settle_with(store, customer, **one) for one in costs]

    return asyncio.run(make())


def test_reconcile_reports_differences(shell: Shell, store_url: str) -> None:
    """A day within the tolerance is exit status 0 and one beyond it 1, with and without --json."""
    create_settled(store_url, {"cost_micros": 99, "expected_micros": 99}, {"cost_micros": 2, "expected_micros": 1})
    status, facts = shell("--provider", "noop", "--tolerance", "0.9", "--json")
    assert (1, True, 0.9) == (status, facts["off"], facts["tolerance_percent"])
    [day] = facts["days"]
    assert ("noop", True) == (day["provider"], day["off"])
    assert (1, 99) == (day["matched"], day["matched_micros"])
    assert (1, 1, 2) == (day["differs"], day["differs_ours"], day["differs_theirs"])
    status, text = shell("--provider", "noop", "--tolerance", "1")
    assert 0 == status
    assert "$0.000001 / $0.000002" in text
    assert "No cost differs by more than the tolerance." in text


def test_reconcile_compares_billing_providers_by_default(shell: Shell, store_url: str) -> None:
    """Without a name only providers with a key are compared, and days without generations are left out."""
    create_settled(store_url, {"expected_micros": 1})
    assert (0, []) == (shell("--json")[0], shell("--json")[1]["days"])
    assert "No generations were settled in these days." in shell()[1]
    assert [] == shell("--provider", "noop", "--to", "2024-01-01", "--json")[1]["days"]


def test_bill_is_compared_with_the_records(shell: Shell, store_url: str, tmp_path: Path) -> None:
    """Each line of a bill matches, differs or is theirs only, and generations missing in it are ours only."""
    same, other, _ = create_settled(store_url, *[{"expected_micros": 20_000}] * 3)
    bill = tmp_path / "bill.csv"
    bill.write_text(f"\ufeffreference,amount\nref-{same},0.02\n{other},0.05\nstranger,0.01\n")
    status, facts = shell("--bill", str(bill), "noop", "--json")
    assert (1, True, 1, 20_000) == (status, facts["off"], facts["bill"]["matched"], facts["bill"]["matched_micros"])
    assert [(other, 20_000, 50_000)] == [(p["generation"], p["ours"], p["theirs"]) for p in facts["bill"]["differs"]]
    assert [("stranger", 10_000)] == [(p["reference"], p["theirs"]) for p in facts["bill"]["theirs_only"]]
    assert 1 == len(facts["bill"]["ours_only"])
    assert "1 are only in the bill: no generation has this reference" in shell("--bill", str(bill), "noop")[1]
    bill.write_text(f"reference,amount\nref-{same},0.02\n")
    assert 0 == shell("--bill", str(bill), "noop")[0]


@pytest.mark.parametrize(
    ("words", "expected", "message"),
    [
        (("--provider", "nobody"), 1, "Provider 'nobody' does not exist"),
        (("--from", "2026-02-01", "--to", "2026-01-01"), 1, "is not a span of 1 to 400 days"),
        (("--from", "2024-01-01", "--to", "2026-01-01"), 1, "is not a span of 1 to 400 days"),
        (("--tolerance", "101"), 2, "is not a number from 0 to 100"),
        (("--tolerance", "some"), 2, "is not a number from 0 to 100"),
        (("--from", "yesterday"), 2, "does not match the format"),
        (("--bill", "none.csv", "noop"), 2, "does not exist"),
    ],
)
def test_reconcile_refuses_an_invalid_option(
    shell: Shell, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], expected: int, message: str
) -> None:
    """An invalid option is refused with the reason."""
    status, text = shell(*words)
    assert (expected, True) == (status, message in text), text


def test_reconcile_names_the_line_of_an_unreadable_bill(shell: Shell, tmp_path: Path) -> None:
    """An unreadable bill is named, with its line."""
    bill = tmp_path / "bill.csv"
    for raw, message in ((b"a,b\n1,2\n", "bill.csv: line 1: column reference"), (b"\xff\xfe", "is not UTF-8 text")):
        bill.write_bytes(raw)
        status, text = shell("--bill", str(bill), "noop")
        assert (1, True) == (status, message in text), text
