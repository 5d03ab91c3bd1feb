"""Subscriptions with Stripe: the plan of an account is what is paid, after events in any order."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.store import ledger, subscriptions
from shared.store.account_life import change_account
from tests.harness.factories import Customer
from tests.harness.stripe_double import changed
from tests.harness.stripe_shop import Shop, open_shop

ENDED = "canceled"


@pytest.fixture(scope="module")
def shop(store_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Run one gateway and one double for the module, on an empty store."""
    with open_shop(store_server, tmp_path_factory.mktemp("subscriptions")) as shop:
        yield shop


def join(shop: Shop) -> Customer:
    """Return a new account on a plan that is not for sale."""
    customer = shop.customer()
    shop.runner.run(change_account(shop.store, customer.account, plan="small"))
    return customer


def pay(shop: Shop, customer: Customer, plan: str) -> dict[str, object]:
    """Subscribe to a plan on Stripe's page. Return the subscription."""
    status, body = shop.subscribe(customer, plan)
    assert (201, shop.stripe.sessions[-1]["url"]) == (status, body["url"])
    return shop.stripe.subscribe(shop.stripe.sessions[-1])


def test_subscription_gives_the_plan_while_it_is_paid(shop: Shop) -> None:
    """The plan, its quota and its credit come with the first event, follow a change at once, and end with the last."""
    ada = join(shop)
    first = shop.account(ada).plan
    subscription = pay(shop, ada, "plus")
    assert first == shop.account(ada).plan
    answers = [shop.send(changed(subscription, "created"))[1] for _ in range(2)]
    assert ["applied", "already"] == [body["outcome"] for body in answers]
    quota = shop.runner.run(ledger.read_quota(shop.store, ada.account))
    assert ("plus", 100, 500) == (shop.account(ada).plan, shop.balance(ada), quota.limit)
    shop.stripe.declines = True
    status, body = shop.subscribe(ada, "pro")
    shop.stripe.declines = False
    assert (409, "conflict", "plus") == (status, body["error"]["code"], shop.account(ada).plan)
    assert (200, None) == (shop.subscribe(ada, "pro")[0], shop.subscribe(ada, "pro")[1]["url"])
    assert "pro" == shop.account(ada).plan
    subscription["status"] = "past_due"
    assert "already" == shop.send(changed(subscription, "updated"))[1]["outcome"]
    subscription["status"] = ENDED
    assert "applied" == shop.send(changed(subscription, "deleted"))[1]["outcome"]
    assert (first, 100) == (shop.account(ada).plan, shop.balance(ada))
    assert 1 == sum(facts == {"wokflow_account": ada.account} for facts in shop.stripe.customers.values())


def test_only_plans_with_a_price_are_sold(shop: Shop) -> None:
    """A plan without a price, or an unknown one, is refused, and foreign subscriptions are ignored."""
    ada, sold = join(shop), len(shop.stripe.sessions)
    for plan in ("small", "none", ""):
        status, body = shop.subscribe(ada, plan)
        assert (400, "invalid_request") == (status, body["error"]["code"])
    assert sold == len(shop.stripe.sessions)
    foreign = {"id": "sub_f", "customer": "cus_f", "metadata": {}}
    assert (200, {"outcome": "ignored"}) == shop.send(changed(foreign, "created"))
    gone = foreign | {"metadata": {"wokflow_account": "acct_none"}}
    assert 404 == shop.send(changed(gone, "created"))[0]


def test_portal_is_of_the_customer(shop: Shop) -> None:
    """Every call of an account uses one customer."""
    ada = join(shop)
    pages = {shop.open_portal(ada)[1]["url"] for _ in range(2)}
    pay(shop, ada, "plus")
    assert {f"https://billing.stripe.com/p/session/{shop.stripe.sessions[-1]['customer']}"} == pages


def test_late_answer_changes_nothing(shop: Shop) -> None:
    """An answer of Stripe that a gateway gets after a newer one is out of date."""
    ada = join(shop)

    async def answer_late() -> list[str]:
        old, new = [await subscriptions.note_customer(shop.store, ada.account, "cus_a") for _ in range(2)]
        assert old is not None
        assert new is not None
        answers = ((new.number, ""), (old.number, "plus"))
        return [await subscriptions.subscribe_account(shop.store, ada.account, *one) for one in answers]

    assert ["same", "stale"] == shop.runner.run(answer_late())


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), st.sampled_from(("plus", "pro"))),
        st.tuples(st.just("state"), st.sampled_from(("active", "past_due", "unpaid", ENDED))),
        st.tuples(st.just("send"), st.integers(0, 9)),
    ),
    max_size=12,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, data=st.data())
def test_plan_is_what_is_paid_after_events_in_any_order(
    shop: Shop, steps: list[tuple[str, object]], data: st.DataObject
) -> None:
    """Delayed, doubled and reordered events leave the plan of the newest subscription that is paid."""
    ada = join(shop)
    shop.runner.run(subscriptions.note_customer(shop.store, ada.account, f"cus_{ada.account}"))
    first, own, waiting = shop.account(ada).plan, list[dict[str, object]](), list[bytes]()
    for what, value in steps:
        if what == "pay":
            facts = {"wokflow_account": ada.account, "wokflow_plan": value}
            own.append(shop.stripe.subscribe({"customer": f"cus_{ada.account}", "metadata": facts}))
            waiting.append(changed(own[-1], "created"))
        elif what == "state" and own and own[-1]["status"] != ENDED:
            own[-1]["status"] = value
            waiting.append(changed(own[-1], "updated", len(waiting)))
        elif what == "send" and waiting:
            assert 200 == shop.send(waiting[int(str(value)) % len(waiting)])[0]
    for body in data.draw(st.permutations(waiting)):
        assert 200 == shop.send(body)[0]
    paid = [one["metadata"] for one in own if one["status"] in ("active", "past_due")]
    assert (paid[-1]["wokflow_plan"] if paid else first) == shop.account(ada).plan  # type: ignore[index]
