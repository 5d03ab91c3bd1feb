"""Replays of events that an endpoint did not receive: in parts, each event once, since a given time."""

import pytest

from shared.domain.generation import COMPLETED, FAILED, Outcome
from shared.domain.times import DAY_MS
from shared.store import keys, ledger, replay, webhooks
from shared.store.connect import Store
from tests.harness.factories import Customer, create_customer, make_order


async def create_ended_generation(store: Store, customer: Customer, state: str = COMPLETED) -> str:
    """Create a generation and settle it."""
    accepted = await ledger.accept(store, make_order(customer))
    await ledger.settle(store, accepted.id, state, cost_micros=0, outcome=Outcome())
    return accepted.id


async def test_long_replay_is_paged(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part has the start of the next one, and together they post every event once."""
    monkeypatch.setattr(replay, "BATCH", 2)
    monkeypatch.setattr(replay, "SCANNED_MAX", 4)
    async with Store(store_url) as store:
        customer = await create_customer(store)
        made = [await create_ended_generation(store, customer) for _ in range(9)]
        endpoint = await webhooks.create_endpoint(store, customer.account, "https://a.example/")
        parts, place = [], 0
        for _ in range(3):
            part = await replay.replay(store, customer.account, endpoint.id, "missing", since_ms=0, first=place)
            parts.append((part.queued, part.next))
            place = part.next or 0
        assert [(4, 4), (4, 8), (1, None)] == parts
        posted = await webhooks.list_deliveries(store, endpoint.id, 100)
        assert sorted(made) == sorted(str(delivery.generation) for delivery in posted)
        assert 9 == await store.call("ZCARD", keys.queue("webhooks"))


async def test_replay_part_is_bounded(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part ends when it has queued its limit of deliveries."""
    monkeypatch.setattr(replay, "BATCH", 2)
    monkeypatch.setattr(replay, "QUEUED_MAX", 3)
    async with Store(store_url) as store:
        customer = await create_customer(store)
        for _ in range(9):
            await create_ended_generation(store, customer)
        endpoint = await webhooks.create_endpoint(store, customer.account, "https://a.example/")
        part = await replay.replay(store, customer.account, endpoint.id, "missing", since_ms=0)
        assert (4, 4) == (part.queued, part.next)


async def test_replay_skips_older_open_and_unsubscribed_events(store_url: str) -> None:
    """Events before the requested time, open generations and unsubscribed types are not posted."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        old, wanted = (
            await create_ended_generation(store, customer, FAILED),
            await create_ended_generation(store, customer, FAILED),
        )
        await create_ended_generation(store, customer, COMPLETED)
        await ledger.accept(store, make_order(customer))
        closed_ms = int(await store.call("HGET", keys.generation(wanted), "closed_ms"))
        await store.call("HSET", keys.generation(old), "closed_ms", closed_ms - 1)
        endpoint = await webhooks.create_endpoint(store, customer.account, "https://a.example/", ["generation.failed"])
        part = await replay.replay(store, customer.account, endpoint.id, "missing", since_ms=closed_ms)
        assert (1, None) == (part.queued, part.next)
        assert [wanted] == [delivery.generation for delivery in await webhooks.list_deliveries(store, endpoint.id, 10)]


async def test_replay_ends_at_old_generations(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A replay ends at generations accepted before the longest possible life."""
    monkeypatch.setattr(replay, "BATCH", 1)
    async with Store(store_url) as store:
        customer = await create_customer(store)
        made = [await create_ended_generation(store, customer) for _ in range(3)]
        created_ms = int(await store.call("HGET", keys.generation(made[1]), "created_ms"))
        await store.call("HSET", keys.generation(made[1]), "created_ms", created_ms - replay.LIFE_MS_MAX - DAY_MS)
        endpoint = await webhooks.create_endpoint(store, customer.account, "https://a.example/")
        part = await replay.replay(store, customer.account, endpoint.id, "missing", since_ms=created_ms)
        assert (2, None) == (part.queued, part.next)


async def test_dead_low_balance_event_is_replayed(store_url: str) -> None:
    """A dead low-balance event is posted again like the end of a generation."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=55)
        endpoint = await webhooks.create_endpoint(store, customer.account, "https://a.example/")
        await create_ended_generation(store, customer)
        for delivery in await webhooks.list_deliveries(store, endpoint.id, 10):
            attempt = webhooks.DeliveryAttempt(at_ms=1, duration_ms=1, error="timeout")
            await webhooks.record_attempt(store, delivery.id, 10, "dead", attempt, keep_ms=60_000, health="ill")
        part = await replay.replay(store, customer.account, endpoint.id, "failed", since_ms=0)
        assert 2 == part.queued
        seen = {delivery.type: delivery.state for delivery in await webhooks.list_deliveries(store, endpoint.id, 10)}
        assert {"balance.low": "pending", "generation.completed": "pending"} == seen
