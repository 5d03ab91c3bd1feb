"""Payments with Stripe: checkout, signed events, and the books after events in any order."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct

from gateway.billing.opening import open_stripe
from gateway.people.sessions import COOKIE, CSRF_HEADER, csrf_token
from shared.domain.errors import Refused
from shared.domain.generation import FAILED as ENDED_FAILED
from shared.domain.generation import Outcome
from shared.domain.people import AccountRole
from shared.ops.settings import STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET, Settings, SettingsError
from shared.store import check, ledger
from shared.store.check_account import check_account
from shared.store.findings import Report
from shared.store.ledger import Settled
from shared.store.sessions import open_session
from tests.harness.factories import CENTS, make_order
from tests.harness.stripe_double import KEY, event, paid, sign, taken
from tests.harness.stripe_shop import Shop, open_shop

CREATED, UPDATED, FAILED = "refund.created", "refund.updated", "refund.failed"
WITHDRAWN, REINSTATED = "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated"


@pytest.fixture(scope="module")
def shop(store_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Run one gateway and one double for the module, on an empty store."""
    with open_shop(store_server, tmp_path_factory.mktemp("stripe")) as shop:
        yield shop


def test_paid_checkout_tops_up_once(shop: Shop) -> None:
    """The official client makes one page for a repeated request, and doubled events add the amount once."""
    ada = shop.customer()
    once = {"Authorization": f"Bearer {ada.key}", "Idempotency-Key": "one"}
    first = shop.order(ada, {"amount_cents": 2000}, **once)
    assert first == shop.order(ada, {"amount_cents": 2000}, **once)
    session = shop.stripe.sessions[-1]
    assert (201, session["url"], 2000) == (first[0], first[1]["url"], first[1]["amount_cents"])
    unpaid = paid(session, payment_status="unpaid")
    assert (200, {"outcome": "ignored"}) == shop.send(unpaid)
    assert 0 == shop.balance(ada)
    answers = [shop.send(paid(session)) for _ in range(3)]
    assert ["applied", "already", "already"] == [body["outcome"] for _, body in answers]
    assert 2000 == shop.balance(ada)
    [line] = shop.runner.run(ledger.list_entries(shop.store, ada.account))
    assert f"stripe {session['payment_intent']}" == line.reference


def test_wrong_events_grant_nothing(shop: Shop) -> None:
    """Wrong signatures, times, currencies and amounts are refused, and foreign payments ignored."""
    ada = shop.customer()
    session = shop.session(ada)
    good = paid(session)
    signatures = (sign(good, "whsec_other"), sign(good, late_s=400), sign(good, late_s=-400), "", "t=1,v1=", "junk")
    wrong = [shop.send(good, signature) for signature in signatures]
    wrong += [shop.send(good.replace(b"2000", b"9000"), sign(good))]
    changes: tuple[dict[str, Any], ...] = (
        {"currency": "eur"},
        {"amount_subtotal": -2000},
        {"amount_subtotal": 10**15},
        {"amount_subtotal": 1999},
        {"amount_subtotal": None},
        {"amount_subtotal": "2000"},
        {"payment_intent": "pi_\u202e"},
        {"payment_intent": None},
    )
    wrong += [shop.send(paid(session, **change)) for change in changes]
    wrong += [shop.send(body) for body in (b"{}", b"[]", b"null", b'{"id":"evt_1","type":5,"data":{"object":1}}')]
    wrong += [
        shop.send(taken("re_w", CREATED, session["payment_intent"], cents, "succeeded")) for cents in (-5, 10**12)
    ]
    assert {(400, "invalid_request")} == {(status, body["error"]["code"]) for status, body in wrong}
    ignored = paid(session, metadata={}), event("evt_x", "customer.created", {}), paid(session, mode="subscription")
    assert {"ignored"} == {shop.send(body)[1]["outcome"] for body in ignored}
    shop.stripe.payments["pi_foreign"] = {}
    foreign = taken("re_f", CREATED, "pi_foreign", 10**9, "succeeded").replace(b'"usd"', b'"eur"')
    assert (200, {"outcome": "ignored"}) == shop.send(foreign)
    euros = foreign.replace(b"pi_foreign", session["payment_intent"].encode())
    assert 400 == shop.send(euros)[0]
    gone = paid(session, metadata={"wokflow_account": "acct_none", "wokflow_cents": "2000"})
    assert 404 == shop.send(gone)[0]
    assert 0 == shop.balance(ada)


def test_dispute_above_the_balance_stops_orders(shop: Shop) -> None:
    """A dispute of spent money makes the balance negative, and orders get 402 until it is won."""
    ada = shop.customer()
    session = shop.session(ada)
    assert 200 == shop.send(paid(session))[0]
    spent = make_order(ada, price_micros=1500 * CENTS)
    shop.runner.run(ledger.accept(shop.store, spent))
    lost = taken("dp_1", WITHDRAWN, session["payment_intent"], 2000, "needs_response")
    assert [(200, "applied"), (200, "already")] == [
        (code, body["outcome"]) for code, body in map(shop.send, [lost] * 2)
    ]
    assert -1500 == shop.balance(ada)
    for price, payer in ((CENTS, "balance"), (0, "balance"), (CENTS, "quota")):
        with pytest.raises(Refused) as refusal:
            shop.runner.run(ledger.accept(shop.store, make_order(ada, price_micros=price, payer=payer)))
        assert "insufficient_balance" == refusal.value.code
    back = taken("re_1", CREATED, session["payment_intent"], 100, "succeeded")
    assert 409 == shop.send(back)[0]
    settling = ledger.settle(shop.store, spent.id, ENDED_FAILED, cost_micros=0, outcome=Outcome())
    assert Settled(1500 * CENTS) == shop.runner.run(settling)
    assert 0 == shop.balance(ada)
    assert 200 == shop.send(taken("dp_1", REINSTATED, session["payment_intent"], 2000, "won"))[0]
    assert 2000 == shop.balance(ada)
    shop.runner.run(ledger.accept(shop.store, make_order(ada, price_micros=2000 * CENTS)))
    report = Report()
    shop.runner.run(check.check_ledger(shop.store, report))
    assert [] == report.findings


def test_broken_stripe_changes_nothing(shop: Shop) -> None:
    """A checkout and a refund are refused with 503 while Stripe fails, and Stripe sends the refund again."""
    ada = shop.customer()
    session = shop.session(ada)
    back = taken("re_b", CREATED, session["payment_intent"], 700, "succeeded")
    assert 200 == shop.send(paid(session))[0]
    shop.stripe.broken = True
    assert (503, 503) == (shop.order(ada, {"amount_cents": 2000})[0], shop.send(back)[0])
    shop.stripe.broken = False
    assert (200, 1300) == (shop.send(back)[0], shop.balance(ada))


@pytest.mark.parametrize("body", [{"amount_cents": 499}, {"amount_cents": 100_001}, {"amount_cents": -5}, {}])
def test_wrong_checkout_is_refused(shop: Shop, body: object) -> None:
    """An amount outside the bounds is a wrong request."""
    assert 400 == shop.order(shop.customer(), body)[0]


@pytest.mark.parametrize("key", ["k" * 256, "caf\u00e9\u202e", "a\u0085b"])
def test_checkout_checks_its_key_as_orders_do(shop: Shop, key: str) -> None:
    """An Idempotency-Key that an order could not have is a wrong request here, too, and no page is made."""
    ada, made = shop.customer(), len(shop.stripe.sessions)
    headers = {"Authorization": f"Bearer {ada.key}", "Idempotency-Key": key}
    status, body = shop.order(ada, {"amount_cents": 2000}, **headers)
    assert (400, made) == (status, len(shop.stripe.sessions))
    assert "Idempotency-Key" in body["error"]["message"]


@pytest.mark.parametrize(("role", "expected"), [("owner", 201), ("admin", 201), ("billing", 201), ("member", 403)])
def test_role_of_a_person_decides_who_pays(shop: Shop, role: AccountRole, expected: int) -> None:
    """A session pays with the role of a payer and its CSRF token."""
    ada = shop.customer()
    session, token = shop.runner.run(open_session(shop.store, ada.account, "per_ada", role))
    csrf = csrf_token(shop.secret, session.hash)
    cookie = {"Cookie": f"{COOKIE}={token}"}
    assert expected == shop.order(ada, {"amount_cents": 2000}, **cookie, **{CSRF_HEADER: csrf})[0]
    assert 403 == shop.order(ada, {"amount_cents": 2000}, **cookie)[0]


def test_payments_are_off_without_both_keys(store_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of the two variables alone is a mistake that stops the start."""

    async def open_once() -> object:
        async with open_stripe(Settings()) as stripe:
            return stripe

    monkeypatch.delenv(STRIPE_SECRET_KEY, raising=False)
    monkeypatch.delenv(STRIPE_WEBHOOK_SECRET, raising=False)
    assert asyncio.run(open_once()) is None
    monkeypatch.setenv(STRIPE_SECRET_KEY, KEY)
    with pytest.raises(SettingsError, match=STRIPE_WEBHOOK_SECRET):
        asyncio.run(open_once())


class Payment(Struct, frozen=True):
    """A payment, and what became of it: cents that are refunded, whether that fails, and the state of a dispute."""

    cents: int
    refund: int
    is_failed: bool
    dispute: str  # "", lost or won


PAYMENTS = st.builds(
    Payment,
    cents=st.integers(500, 5000),
    refund=st.integers(0, 250),
    is_failed=st.booleans(),
    dispute=st.sampled_from(["", "lost", "won"]),
)


def events_of(session: dict[str, Any], payment: Payment) -> tuple[list[bytes], int]:
    """Return the events of a payment, and the cents that it leaves on the balance."""
    name, number, left = session["payment_intent"], session["id"].rpartition("_")[2], payment.cents
    bodies = [paid(session)]
    if payment.refund:
        bodies += [taken(f"re_p{number}", kind, name, payment.refund, "succeeded") for kind in (CREATED, UPDATED)]
        bodies += [taken(f"re_p{number}", FAILED, name, payment.refund, "failed")] * payment.is_failed
        left -= 0 if payment.is_failed else payment.refund
    if payment.dispute:
        rest = payment.cents - payment.refund  # before the payment comes, the balance is negative
        bodies.append(taken(f"dp_p{number}", WITHDRAWN, name, rest, "needs_response"))
        bodies += [taken(f"dp_p{number}", REINSTATED, name, rest, "won")] * (payment.dispute == "won")
        left -= 0 if payment.dispute == "won" else rest
    return bodies, left


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payments=st.lists(PAYMENTS, min_size=1, max_size=3), data=st.data())
def test_books_are_equal_after_events_in_any_order(shop: Shop, payments: list[Payment], data: st.DataObject) -> None:
    """Doubled, delayed and reordered events leave the balance of the model, once each was answered with 200."""
    ada = shop.customer()
    sent, expected = [], 0
    for payment in payments:
        bodies, left = events_of(shop.session(ada, payment.cents), payment)
        sent, expected = sent + bodies, expected + left
    waiting = data.draw(st.permutations(sent + data.draw(st.lists(st.sampled_from(sent), max_size=4))))
    for _ in range(len(waiting)):
        waiting = [body for body in waiting if shop.send(body)[0] != 200]
        if not waiting:
            break
    assert ([], expected) == (waiting, shop.balance(ada))
    assert [] == shop.runner.run(check_account(shop.store, ada.account, Report()))
