"""Verb 1 against a real store: an order is charged and queued, all or nothing."""

import asyncio
import time

import pytest

from shared.domain.bounds import DailyBounds, line_of
from shared.domain.errors import Refused, StoreDown
from shared.domain.key_limits import KeyLimits, SpendCaps
from shared.store import accounts, generations, keys, ledger
from shared.store.connect import Store
from shared.store.ledger import TopUpResult
from tests.harness.factories import CENTS, Customer, create_customer, make_order, new_generation_id

DAY_S = 86_400


async def accept_refused(store: Store, customer: Customer, **changes: object) -> str:
    """Accept an order and return the code of its refusal."""
    with pytest.raises(Refused) as caught:
        await ledger.accept(store, make_order(customer, **changes))
    return caught.value.code


async def read_balance(store: Store, customer: Customer) -> int:
    """Return the account's balance in cents."""
    account = await accounts.find(store, customer.account)
    assert account is not None
    lines = await ledger.list_entries(store, customer.account)
    assert account.balance == sum(line.amount_micros for line in lines)
    return account.balance // CENTS


async def read_requests(store: Store, scope: str) -> int:
    """Return the requests that count for a scope today."""
    raw = await store.call("GET", keys.usage(scope, int(time.time()) // DAY_S))
    return int(raw.split()[0]) if raw else 0


async def test_accept_charges_records_and_queues(store_url: str) -> None:
    """An accepted generation is in the ledger, the account's list, the queue and the sweeper's index."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=100)
        accepted = await ledger.accept(store, make_order(customer))
        generation = await generations.view(store, customer.account, accepted.id)
        assert generation is not None
        assert ("queued", 10 * CENTS, 0) == (generation.state, generation.reserved, generation.position)
        assert 90 == await read_balance(store, customer)
        assert [accepted.id] == [found.id for found in await generations.list_newest(store, customer.account, 10)]
        assert None is not await store.call("ZSCORE", keys.queue("noop"), accepted.id)
        assert None is not await store.call("ZSCORE", keys.OPEN, accepted.id)


async def test_accept_never_overdraws_when_200_orders_meet_a_balance_for_120(store_url: str) -> None:
    """Of concurrent orders exactly as many are accepted as the balance pays for."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=1200)
        orders = [ledger.accept(store, make_order(customer)) for _ in range(200)]
        results = await asyncio.gather(*orders, return_exceptions=True)
        refused = [result for result in results if isinstance(result, Refused)]
        assert 80 == len(refused)
        assert {"insufficient_balance"} == {result.code for result in refused}
        assert 0 == await read_balance(store, customer)


async def test_accept_charges_once_for_copies_under_one_idempotency_key(store_url: str) -> None:
    """Fifty concurrent copies under one Idempotency-Key make one generation and one charge."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=100)
        copies = [ledger.accept(store, make_order(customer, replay_key="k", body_hash="b")) for _ in range(50)]
        results = await asyncio.gather(*copies)
        assert 1 == len({result.id for result in results})
        assert 49 == sum(result.replayed for result in results)
        assert 90 == await read_balance(store, customer)


async def test_accept_replays_when_the_balance_is_used_up(store_url: str) -> None:
    """A replay returns the first generation even when the balance is used up."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=10)
        first = await ledger.accept(store, make_order(customer, replay_key="k", body_hash="b"))
        again = await ledger.accept(store, make_order(customer, replay_key="k", body_hash="b"))
        assert (first.id, True) == (again.id, again.replayed)
        assert "idempotency_key_reuse" == await accept_refused(store, customer, replay_key="k", body_hash="c")


async def test_idempotency_keys_of_two_accounts_are_independent(store_url: str) -> None:
    """Another account's equal Idempotency-Key makes another generation."""
    async with Store(store_url) as store:
        one, two = await create_customer(store), await create_customer(store)
        first = await ledger.accept(store, make_order(one, replay_key="k", body_hash="b"))
        second = await ledger.accept(store, make_order(two, replay_key="k", body_hash="b"))
        assert first.id != second.id
        assert not second.replayed


async def test_accept_charges_once_when_the_same_id_is_sent_again(store_url: str) -> None:
    """The same id, sent again after a lost reply, is charged once."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=100)
        order = make_order(customer)
        first, again = await ledger.accept(store, order), await ledger.accept(store, order)
        assert first == again
        assert 90 == await read_balance(store, customer)


async def test_accept_refuses_a_revoked_key_at_once(store_url: str) -> None:
    """After its revocation a key cannot spend."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        [key] = await accounts.list_keys(store, customer.account)
        assert await accounts.revoke_key(store, customer.account, key.id)
        assert "invalid_api_key" == await accept_refused(store, customer)
        assert not await accounts.revoke_key(store, customer.account, key.id)


async def test_account_has_a_limit_of_active_keys(store_url: str) -> None:
    """A key past the limit is refused, also among concurrent requests; a revoked or expired one makes room."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        made = [accounts.create_key(store, customer.account, "wokgen") for _ in range(accounts.KEYS_ACTIVE_MAX + 9)]
        results = await asyncio.gather(*made, return_exceptions=True)
        assert 10 == sum(isinstance(result, Refused) for result in results)
        active = await accounts.list_keys(store, customer.account)
        assert accounts.KEYS_ACTIVE_MAX == len(active)
        await accounts.revoke_key(store, customer.account, active[0].id)
        await accounts.create_key(store, customer.account, "wowflow")
        await accounts.change_key(
            store, customer.account, active[1], name="", limits=KeyLimits(expires_ms=1), caps=SpendCaps()
        )
        await accounts.create_key(store, customer.account, "wowflow")


async def test_accept_queues_beyond_the_concurrency_and_refuses_beyond_the_backlog(store_url: str) -> None:
    """Beyond the plan's concurrency generations wait; beyond its backlog they are refused, uncharged."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=1000, concurrency=2, backlog_max=3)
        for _ in range(5):
            await ledger.accept(store, make_order(customer))
        assert "rate_limited" == await accept_refused(store, customer)
        assert 950 == await read_balance(store, customer)
        assert 2 == await store.call("ZCARD", keys.queue("noop"))
        newest = await generations.list_newest(store, customer.account, 10)
        assert ["backlog", "backlog", "backlog", "queued", "queued"] == [found.state for found in newest]
        assert [4, 3, 2, 1, 0] == [found.position for found in newest]


async def test_refusals_of_one_account_use_up_nothing_that_others_share(store_url: str) -> None:
    """A refused order counts for its account alone, and one that a bound refused counts nothing."""
    bounds = line_of("account", DailyBounds(requests=3)) + line_of("all", DailyBounds(requests=3))
    async with Store(store_url) as store:
        poor, rich = await create_customer(store, cents=0), await create_customer(store)
        assert {"insufficient_balance"} == {await accept_refused(store, poor, bounds=bounds) for _ in range(5)}
        assert [5, 0] == [await read_requests(store, scope) for scope in (poor.account, "all")]
        for _ in range(3):
            await ledger.accept(store, make_order(rich, bounds=bounds))
        assert ["limit_exceeded", "limit_exceeded"] == [await accept_refused(store, rich, bounds=bounds) for _ in "ab"]
        assert [3, 3] == [await read_requests(store, scope) for scope in (rich.account, "all")]


async def test_top_up_happens_once_per_reference(store_url: str) -> None:
    """The same payment reference tops up once."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=0)
        results = await asyncio.gather(*[ledger.top_up(store, customer.account, CENTS, "pay-1") for _ in range(10)])
        assert ["already"] * 9 + ["topped_up"] == sorted(result.outcome for result in results)
        assert 1 == await read_balance(store, customer)
        assert TopUpResult("missing", 0) == await ledger.top_up(store, "acct_0", CENTS, "pay-1")
        assert "too_much" == (await ledger.top_up(store, customer.account, 10**15, "pay-2")).outcome


async def test_idempotency_key_cannot_block_a_top_up(store_url: str) -> None:
    """An Idempotency-Key that looks like a top-up's reference does not prevent that top-up."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=100)
        await ledger.accept(store, make_order(customer, replay_key="top-up:pay-9", body_hash="b"))
        assert "topped_up" == (await ledger.top_up(store, customer.account, CENTS, "pay-9")).outcome
        assert -1 == await store.call("TTL", keys.top_ups(customer.account))


async def test_call_raises_store_down_in_time_when_the_store_is_absent() -> None:
    """With no server to reach, a call raises StoreDown within its time limit."""
    started = asyncio.get_running_loop().time()
    async with Store("unix:///nowhere/at-all.sock", timeout_s=0.3) as store:
        with pytest.raises(StoreDown):
            await store.run("watch", new_generation_id(), "gw")
        with pytest.raises(StoreDown):
            await store.call("PING")
    assert 2 > asyncio.get_running_loop().time() - started
