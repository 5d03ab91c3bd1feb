"""Verb 3 against a real store: a generation ends once, and so does its reservation."""

import asyncio

import pytest
from msgspec import structs

from shared.domain.errors import Refused, StoreError
from shared.domain.generation import COMPLETED, FAILED, Outcome
from shared.store import accounts, generations, keys, ledger, steps, webhooks
from shared.store.connect import Store
from shared.store.ledger import NotSettled, Settled
from shared.store.order_hooks import encode_hook, endpoint_id
from tests.harness.factories import CENTS, Customer, check_is_open, create_customer, make_order, new_generation_id


async def read_books(store: Store, customer: Customer) -> tuple[int, int]:
    """Return (balance, spent) in cents, after checking that the ledger adds up."""
    account = await accounts.find(store, customer.account)
    assert account is not None
    assert account.balance == sum(line.amount_micros for line in await ledger.list_entries(store, customer.account))
    return account.balance // CENTS, account.spent // CENTS


async def test_settle_refunds_a_failure_in_full(store_url: str) -> None:
    """A failed generation costs nothing, has its reason, and leaves nothing on any queue."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=100)
        accepted = await ledger.accept(store, make_order(customer))
        outcome = Outcome("noop", error_code="content_policy", error="refused")
        settlement = await ledger.settle(store, accepted.id, FAILED, cost_micros=0, outcome=outcome)
        assert Settled(10 * CENTS) == settlement
        assert (100, 0) == await read_books(store, customer)
        generation = await generations.view(store, customer.account, accepted.id)
        assert generation is not None
        assert (FAILED, 0, 10 * CENTS, outcome) == (
            generation.state,
            generation.cost,
            generation.refund_micros,
            generation.outcome,
        )
        left = await store.call("KEYS", "arq:*")
        assert {keys.bell("noop").encode()} == set(left)
        assert 0 == await store.call("ZCARD", keys.OPEN)


async def test_settle_moves_money_once_when_many_settle(store_url: str) -> None:
    """Of many concurrent settlements, completed or failed, one succeeds and writes one ledger entry."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=100)
        accepted = await ledger.accept(store, make_order(customer))
        tries = [
            ledger.settle(store, accepted.id, state, cost_micros=cost, outcome=Outcome())
            for state, cost in [(COMPLETED, 10 * CENTS), (FAILED, 0)] * 20
        ]
        results = await asyncio.gather(*tries)
        assert 1 == len([result for result in results if isinstance(result, Settled)])
        assert 39 == results.count(NotSettled("already"))
        lines = await ledger.list_entries(store, customer.account)
        assert ["top_up", "reserve", "settle"] == [line.kind for line in lines]
        assert (90, 10) == await read_books(store, customer)


async def test_settle_refunds_the_rest_of_a_partial_cost(store_url: str) -> None:
    """The part of a reservation above the cost returns to the balance."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=100)
        accepted = await ledger.accept(store, make_order(customer))
        assert Settled(6 * CENTS) == await ledger.settle(
            store, accepted.id, COMPLETED, cost_micros=4 * CENTS, outcome=Outcome()
        )
        assert (96, 4) == await read_books(store, customer)


@pytest.mark.parametrize("cost_micros", [-1, 10 * CENTS + 1])
async def test_settle_refuses_a_cost_outside_the_reservation(store_url: str, cost_micros: int) -> None:
    """The script stops before it moves money if the cost is negative or above the reservation."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=100)
        accepted = await ledger.accept(store, make_order(customer))
        with pytest.raises(StoreError, match="cost outside the reservation"):
            await ledger.settle(store, accepted.id, COMPLETED, cost_micros=cost_micros, outcome=Outcome())
        assert (90, 10) == await read_books(store, customer)
        assert await check_is_open(store, accepted.id)


async def test_settle_admits_the_next_generation_of_the_backlog(store_url: str) -> None:
    """Settling frees the account's slot for the oldest generation of its backlog."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=100, concurrency=1, backlog_max=5)
        first, second, third = [(await ledger.accept(store, make_order(customer))).id for _ in range(3)]
        await ledger.settle(store, first, COMPLETED, cost_micros=0, outcome=Outcome())
        states = {found.id: found.state for found in await generations.list_newest(store, customer.account, 5)}
        assert {first: COMPLETED, second: "queued", third: "backlog"} == states
        assert None is not await store.call("ZSCORE", keys.queue("noop"), second)


async def test_settle_frees_no_slot_when_the_generation_was_in_the_backlog(store_url: str) -> None:
    """A generation that is settled in the backlog leaves it and frees no slot."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=100, concurrency=1, backlog_max=5)
        first, second, third = [(await ledger.accept(store, make_order(customer))).id for _ in range(3)]
        await ledger.settle(store, second, FAILED, cost_micros=0, outcome=Outcome())
        assert [third.encode()] == await store.call("ZRANGE", keys.backlog(customer.account, "noop"), 0, -1)
        assert {first.encode()} == set(await store.call("SMEMBERS", keys.active(customer.account, "noop")))


async def test_settle_skips_submitted_work_when_guarded(store_url: str) -> None:
    """With `unsubmitted_only` nothing is settled once a provider may have the work."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        accepted = await ledger.accept(store, make_order(customer))
        await steps.start(store, accepted.id, provider="noop", repeatable=False, submit_limit_s=10, token="t")
        settlement = await ledger.settle(
            store, accepted.id, FAILED, cost_micros=0, outcome=Outcome(), unsubmitted_only=True
        )
        assert NotSettled("submitted") == settlement
        assert await check_is_open(store, accepted.id)


async def test_settle_writes_an_event_for_each_subscribed_endpoint(store_url: str) -> None:
    """The settling script writes one delivery and its job for each endpoint of that event type."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        failed = await webhooks.create_endpoint(store, customer.account, "https://b.example/", ["generation.failed"])
        every = await webhooks.create_endpoint(store, customer.account, "https://a.example/")
        accepted = await ledger.accept(store, make_order(customer))
        await ledger.settle(store, accepted.id, COMPLETED, cost_micros=0, outcome=Outcome())
        assert [] == await webhooks.list_deliveries(store, failed.id, 10)
        [delivery] = await webhooks.list_deliveries(store, every.id, 10)
        assert ("generation.completed", "pending", accepted.id) == (
            delivery.type,
            delivery.state,
            delivery.generation,
        )
        assert 1 == await store.call("ZCARD", keys.queue("webhooks"))


async def test_settle_changes_nothing_when_the_generation_is_unknown(store_url: str) -> None:
    """Settling an unknown id changes nothing."""
    async with Store(store_url) as store:
        assert NotSettled("missing") == await ledger.settle(
            store, new_generation_id(), FAILED, cost_micros=0, outcome=Outcome()
        )


async def test_orders_with_a_url_share_one_endpoint_beyond_the_limit(store_url: str) -> None:
    """The first order with a URL makes the account's endpoint, later ones keep its secret, and none counts it."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        name, secrets, types = endpoint_id(customer.account), set(), list[str]()
        for number in range(2):
            url = f"https://example.com/{number}"
            order = structs.replace(make_order(customer), hook=encode_hook(url))
            await ledger.accept(store, order)
            await ledger.settle(store, order.id, COMPLETED, cost_micros=0, outcome=Outcome())
            [delivery, *_] = await webhooks.list_deliveries(store, name, 9)
            assert (f"evt_{order.id}:{name}", url) == (delivery.id, delivery.to)
            endpoint = await webhooks.find_endpoint(store, customer.account, name)
            assert endpoint is not None
            secrets.add(endpoint.secret)
            types.append(endpoint.types)
        assert (1, ["", ""]) == (len(secrets), types)
        for _ in range(webhooks.ENDPOINTS_MAX):
            await webhooks.create_endpoint(store, customer.account, "https://example.com/")
        with pytest.raises(Refused):
            await webhooks.create_endpoint(store, customer.account, "https://example.com/")
