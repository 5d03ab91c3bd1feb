"""Verb 1 against a real store: charged and queued, all or nothing."""

import asyncio

import pytest

from shared.domain.errors import Refused, StoreDown
from shared.store import accounts, generations, keys, ledger
from shared.store.connect import Store
from shared.store.ledger import TopUpResult
from tests.harness.factories import CENTS, Customer, create_customer, make_order, new_generation_id


async def refusal(store: Store, customer: Customer, **changes: object) -> str:
    """The code an order is refused with."""
    with pytest.raises(Refused) as caught:
        await ledger.accept(store, make_order(customer, **changes))
    return caught.value.code


async def balance(store: Store, customer: Customer) -> int:
    """The account's balance in cents."""
    account = await accounts.find(store, customer.account)
    assert account is not None
    lines = await ledger.list_entries(store, customer.account)
    assert account.balance == sum(line.amount_micros for line in lines)
    return account.balance // CENTS


async def test_accept_charges_records_and_queues(store_url: str) -> None:
    """An accepted generation is on the books, in the account's list, on the queue and in the sweeper's index."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=100)
        accepted = await ledger.accept(store, make_order(customer))
        generation = await generations.view(store, customer.account, accepted.id)
        assert generation is not None
        assert ("queued", 10 * CENTS, 0) == (generation.state, generation.reserved, generation.position)
        assert 90 == await balance(store, customer)
        assert [accepted.id] == [found.id for found in await generations.list_newest(store, customer.account, 10)]
        assert None is not await store.call("ZSCORE", keys.queue("noop"), accepted.id)
        assert None is not await store.call("ZSCORE", keys.OPEN, accepted.id)


async def test_200_submits_against_a_balance_for_120(store_url: str) -> None:
    """Concurrent submits never overdraw: exactly as many are accepted as the balance pays for."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=1200)
        orders = [ledger.accept(store, make_order(customer)) for _ in range(200)]
        results = await asyncio.gather(*orders, return_exceptions=True)
        refused = [result for result in results if isinstance(result, Refused)]
        assert 80 == len(refused)
        assert {"insufficient_balance"} == {result.code for result in refused}
        assert 0 == await balance(store, customer)


async def test_concurrent_copies_under_one_idempotency_key(store_url: str) -> None:
    """Fifty concurrent copies under one Idempotency-Key make one generation and one charge."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=100)
        copies = [ledger.accept(store, make_order(customer, replay_key="k", body_hash="b")) for _ in range(50)]
        results = await asyncio.gather(*copies)
        assert 1 == len({result.id for result in results})
        assert 49 == sum(result.replayed for result in results)
        assert 90 == await balance(store, customer)


async def test_a_replay_is_answered_without_money(store_url: str) -> None:
    """A replay answers the first generation even when the balance is used up."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=10)
        first = await ledger.accept(store, make_order(customer, replay_key="k", body_hash="b"))
        again = await ledger.accept(store, make_order(customer, replay_key="k", body_hash="b"))
        assert (first.id, True) == (again.id, again.replayed)
        assert "idempotency_key_reuse" == await refusal(store, customer, replay_key="k", body_hash="c")


async def test_keys_of_two_accounts_do_not_meet(store_url: str) -> None:
    """An Idempotency-Key belongs to its account: another account's equal key makes another generation."""
    async with Store(store_url) as store:
        one, two = await create_customer(store), await create_customer(store)
        first = await ledger.accept(store, make_order(one, replay_key="k", body_hash="b"))
        second = await ledger.accept(store, make_order(two, replay_key="k", body_hash="b"))
        assert first.id != second.id
        assert not second.replayed


async def test_the_same_id_again_is_the_same_generation(store_url: str) -> None:
    """Asking again under the same id, as after a lost answer, charges once."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=100)
        order = make_order(customer)
        first, again = await ledger.accept(store, order), await ledger.accept(store, order)
        assert first == again
        assert 90 == await balance(store, customer)


async def test_a_revoked_key_is_refused_at_once(store_url: str) -> None:
    """After revocation a key cannot spend."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        [key] = await accounts.list_keys(store, customer.account)
        assert await accounts.revoke_key(store, customer.account, key.id)
        assert "invalid_api_key" == await refusal(store, customer)
        assert not await accounts.revoke_key(store, customer.account, key.id)


async def test_at_most_ten_active_keys(store_url: str) -> None:
    """The eleventh key is refused by the store, also when many are asked for at once; a revoked one makes room."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        made = [accounts.create_key(store, customer.account, "wokgen") for _ in range(20)]
        results = await asyncio.gather(*made, return_exceptions=True)
        assert 11 == sum(isinstance(result, Refused) for result in results)
        active = await accounts.list_keys(store, customer.account)
        assert accounts.KEYS_ACTIVE_MAX == len(active)
        await accounts.revoke_key(store, customer.account, active[0].id)
        await accounts.create_key(store, customer.account, "wowflow")


async def test_more_than_the_plan_allows_waits_and_then_is_refused(store_url: str) -> None:
    """Past the plan's concurrency generations wait; past its backlog they are refused, uncharged."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=1000, concurrency=2, backlog_max=3)
        for _ in range(5):
            await ledger.accept(store, make_order(customer))
        assert "rate_limited" == await refusal(store, customer)
        assert 950 == await balance(store, customer)
        assert 2 == await store.call("ZCARD", keys.queue("noop"))
        newest = await generations.list_newest(store, customer.account, 10)
        assert ["backlog", "backlog", "backlog", "queued", "queued"] == [found.state for found in newest]
        assert [4, 3, 2, 1, 0] == [found.position for found in newest]


async def test_top_up_happens_once_per_reference(store_url: str) -> None:
    """The same payment reference tops up once."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=0)
        results = await asyncio.gather(*[ledger.top_up(store, customer.account, CENTS, "pay-1") for _ in range(10)])
        assert ["already"] * 9 + ["topped_up"] == sorted(result.outcome for result in results)
        assert 1 == await balance(store, customer)
        assert TopUpResult("missing", 0) == await ledger.top_up(store, "acct_0", CENTS, "pay-1")
        assert "too_much" == (await ledger.top_up(store, customer.account, 10**15, "pay-2")).outcome


async def test_a_customers_key_cannot_stand_in_for_a_payment(store_url: str) -> None:
    """An Idempotency-Key chosen to look like a top-up's reference does not keep that top-up from being credited."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=100)
        await ledger.accept(store, make_order(customer, replay_key="top-up:pay-9", body_hash="b"))
        assert "topped_up" == (await ledger.top_up(store, customer.account, CENTS, "pay-9")).outcome
        assert -1 == await store.call("TTL", keys.top_ups(customer.account))


async def test_an_absent_store_is_said_in_time() -> None:
    """With no server to reach, a call fails as StoreDown within its patience."""
    started = asyncio.get_running_loop().time()
    async with Store("unix:///nowhere/at-all.sock", timeout_s=0.3) as store:
        with pytest.raises(StoreDown):
            await store.run("watch", new_generation_id(), "gw")
        with pytest.raises(StoreDown):
            await store.call("PING")
    assert 2 > asyncio.get_running_loop().time() - started
