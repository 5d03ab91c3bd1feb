"""Accounts as operators lead them: renamed, on another plan, suspended, closed, and with credit that we give."""

from collections.abc import AsyncIterator

import pytest
from msgspec import structs

from operate import account_life, accounts
from operate.accounts import Trial, trial_of
from operate.operator import Operator
from shared.domain.errors import Refused
from shared.domain.generation import COMPLETED, Outcome
from shared.ops.clock import CLOCK
from shared.ops.settings import Settings
from shared.store import account_life as life
from shared.store import accounts as stored
from shared.store import check, keys, ledger, providers
from shared.store.connect import Store
from shared.store.findings import Report
from tests.harness.factories import CENTS, PLAN, Customer, create_customer, load_catalogue, make_order

SMALL = structs.replace(PLAN, name="small", daily_quota=2, concurrency=1)
LARGE = structs.replace(PLAN, name="large", daily_quota=5, concurrency=3, included_cents=900)
DAY_MS = 86_400_000


@pytest.fixture
async def operator(store_url: str) -> AsyncIterator[Operator]:
    """Return an operator of an empty store with two plans."""
    async with Store(store_url) as store:
        await providers.publish(store, load_catalogue().providers.values())
        await stored.publish_plans(store, [SMALL, LARGE, PLAN])
        plans = {plan.name: plan for plan in (SMALL, LARGE, PLAN)}
        yield Operator(store=store, who="grace", providers=("noop",), plans=plans, base_url="http://here")


async def order(operator: Operator, customer: Customer, **changes: object) -> str:
    """Return the id of a new generation of a customer."""
    return (await ledger.accept(operator.store, make_order(customer, **changes))).id


async def find_refusal(operator: Operator, customer: Customer, **changes: object) -> str:
    """Return the code with which an order is refused."""
    with pytest.raises(Refused) as refusal:
        await order(operator, customer, **changes)
    return refusal.value.code


async def test_plan_changes_at_once_and_keeps_the_used_quota(operator: Operator) -> None:
    """Two of two are used on the small plan, so that the large one with five has three left, and the backlog moves."""
    customer = await create_customer(operator.store)
    await account_life.change_plan(operator, customer.account, "small")
    for _ in range(2):
        await order(operator, customer, payer="quota")
    assert "quota_exceeded" == await find_refusal(operator, customer, payer="quota")
    assert 1 == await operator.store.call("SCARD", keys.active(customer.account, "noop"))
    done = await account_life.change_plan(operator, customer.account, "large")
    assert ("large", 1000 * CENTS) == (done.plan, done.balance_micros)
    assert 2 == await operator.store.call("SCARD", keys.active(customer.account, "noop"))
    quota = await ledger.read_quota(operator.store, customer.account)
    assert (5, 2) == (quota.limit, quota.used)
    for _ in range(3):
        await order(operator, customer, payer="quota")
    assert "quota_exceeded" == await find_refusal(operator, customer, payer="quota")
    with pytest.raises(Refused, match="choose one of small, large, pro"):
        await account_life.change_plan(operator, customer.account, "gold")


async def test_suspended_account_orders_nothing_and_what_runs_ends(operator: Operator) -> None:
    """Orders of a suspended account are refused; accepted ones settle, and a resumed account orders again."""
    customer = await create_customer(operator.store)
    running = await order(operator, customer)
    assert "suspended" == (await account_life.suspend(operator, customer.account, "ticket 7")).state
    assert {"account_suspended"} == {
        await find_refusal(operator, customer, payer=payer) for payer in ("balance", "quota")
    }
    await ledger.settle(operator.store, running, COMPLETED, cost_micros=CENTS, outcome=Outcome())
    assert "active" == (await account_life.resume(operator, customer.account)).state
    await order(operator, customer)
    audit = [raw.decode() for raw in await operator.store.call("LRANGE", keys.AUDIT, 0, -1)]
    assert ["account resume", "account suspend"] == [
        word for line in audit for word in ("account resume", "account suspend") if word in line
    ]


async def test_closed_account_has_paid_its_balance_out(operator: Operator) -> None:
    """A closing takes the balance by one ledger line and revokes the keys; the books agree, and nothing follows."""
    customer = await create_customer(operator.store, cents=100)
    running = await order(operator, customer)
    with pytest.raises(Refused, match="1 open generations"):
        await account_life.close(operator, customer.account, "paid_out", "transfer-7")
    await ledger.settle(operator.store, running, COMPLETED, cost_micros=4 * CENTS, outcome=Outcome())
    done = await account_life.close(operator, customer.account, "paid_out", "transfer-7")
    assert 96 * CENTS == done.amount_micros
    [*_, line] = await ledger.list_entries(operator.store, customer.account)
    assert ("close", -96 * CENTS, "closed, paid out transfer-7") == (line.kind, line.amount_micros, line.reference)
    found = await accounts.show_account(operator, customer.account)
    assert ("closed", 0, 0) == (found.state, found.balance_micros, found.keys)
    assert "invalid_api_key" == await find_refusal(operator, customer)
    for change in (
        accounts.top_up(operator, customer.account, CENTS),
        accounts.adjust(operator, customer.account, CENTS, "mistyped"),
        account_life.resume(operator, customer.account),
        account_life.close(operator, customer.account, "forfeited"),
    ):
        with pytest.raises(Refused) as refusal:
            await change
        assert "account_closed" == refusal.value.code
    report = Report()
    await check.check_ledger(operator.store, report)
    assert [] == report.findings


async def test_included_credit_comes_once_a_month(operator: Operator) -> None:
    """Every account on a plan with credit gets it once in a month, also when the walk over them is repeated."""
    rich = await accounts.create_account(operator, name="Ada", plan="large")
    await accounts.create_account(operator, name="Bob", plan="small")
    now_ms = CLOCK.now_ms()
    assert [0, 0] == [await life.grant_month(operator.store, now_ms) for _ in range(2)], "it came with the account"
    next_ms = now_ms + 31 * DAY_MS
    assert [1, 0] == [await life.grant_month(operator.store, next_ms) for _ in range(2)]
    await operator.store.call("DEL", keys.INCLUDED_MONTH)
    assert 0 == await life.grant_month(operator.store, next_ms)
    assert 1800 * CENTS == (await accounts.show_account(operator, rich.account)).balance_micros


async def test_trial_credit_has_an_end_each_day(operator: Operator) -> None:
    """Trial credit is given while there is some today, and an account without it is made all the same."""
    trial = Trial(micros=40, day_max_micros=100)
    made = [await accounts.create_account(operator, name="Ada", plan="pro", trial=trial) for _ in range(3)]
    assert [40, 40, 0] == [one.trial_micros for one in made]
    assert [40, 40, 0] == [(await accounts.show_account(operator, one.account)).balance_micros for one in made]
    again = await life.grant_trial(operator.store, made[0].account, 5, 1000)
    assert "already" == again.outcome
    assert Trial(250_000, 5_000_000) == trial_of(Settings(trial_credit_cents=25, trial_credit_cents_per_day=500))


async def test_rename_checks_the_name(operator: Operator) -> None:
    """A name is changed; one that is empty or not printable is refused, and so is an unknown account."""
    customer = await create_customer(operator.store)
    assert "Grace" == (await account_life.rename(operator, customer.account, "Grace")).name
    for account, name in ((customer.account, ""), (customer.account, "a\u202e"), ("acct_0", "Grace")):
        with pytest.raises(Refused):
            await account_life.rename(operator, account, name)
