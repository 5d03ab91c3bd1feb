"""Orders of a provider that was removed: found, rerouted or refunded within minutes, and never submitted again."""

import asyncio

import pytest
from msgspec import structs

from shared.domain.catalogue import Provider
from shared.domain.generation import FAILED, FallbackRoute, Generation, Outcome
from shared.store import generations, keys, ledger, processes, providers, steps
from shared.store.connect import Store
from shared.store.ledger import NotSettled
from tests.harness.factories import CENTS, SPEC, Customer, create_customer, make_order
from workers.orphans import GRACE_MS, release_orphans

KNOWN = ("two",)


async def order(store: Store, customer: Customer, *others: str) -> str:
    """Accept an order of the provider that will be removed, with fallback routes, and return its id."""
    routes = tuple(FallbackRoute(name, f"{name}-model", "test/noop") for name in others)
    spec = structs.replace(SPEC, target="one-model", routes=routes)
    return (await ledger.accept(store, make_order(customer, provider="one", spec=spec))).id


async def view(store: Store, generation_id: str) -> Generation:
    """Return the generation."""
    found = await generations.view(store, "", generation_id)
    assert found is not None
    return found


async def start(store: Store, generation_id: str) -> None:
    """Start a submit at the provider."""
    await steps.start(store, generation_id, provider="one", repeatable=False, submit_limit_s=5, token="t")


async def pass_grace(store: Store) -> None:
    """Find the orders, and let the time pass after which they are released."""
    await release_orphans(store, KNOWN)
    await store.call("HINCRBY", keys.provider("one"), "alone_ms", -GRACE_MS)


async def publish(store: Store) -> None:
    """Publish both providers, as a catalogue that had them did."""
    await providers.publish(store, [Provider(name="one", concurrency=2), Provider(name="two")])


async def test_orders_of_a_removed_provider_are_released(store_url: str) -> None:
    """Orders with a route left are rerouted, the others refunded, in a backlog too; a submit in flight is uncertain."""
    async with Store(store_url) as store:
        await publish(store)
        customer = await create_customer(store, cents=1000)
        submitting, pending = await order(store, customer, "two"), await order(store, customer, "two")
        await start(store, submitting)
        await start(store, pending)
        await steps.store_reference(store, pending, "ref", provider="one", patience_s=1)
        await store.call("HDEL", keys.provider("one"), "concurrency")
        rerouted, refunded, gone_too = [await order(store, customer, *names) for names in (["two"], [], ["three"])]
        assert {"one": 5} == await release_orphans(store, KNOWN)
        assert "queued" == (await view(store, rerouted)).state
        await pass_grace(store)
        await release_orphans(store, KNOWN)
        found = {name: await view(store, name) for name in (submitting, pending, rerouted, refunded, gone_too)}
        assert ["uncertain", "pending", "queued", FAILED, FAILED] == [one.state for one in found.values()]
        assert ("two", "two-model") == (found[rerouted].provider, found[rerouted].spec.target)
        assert [("one", "skipped")] == [(one.provider, one.outcome) for one in found[rerouted].attempts]
        outcome = found[refunded].outcome
        assert outcome is not None
        assert ("upstream_error", 0) == (outcome.error_code, found[refunded].cost)
        assert 30 * CENTS == -sum(
            line.amount_micros for line in await ledger.list_entries(store, customer.account) if line.kind != "top_up"
        )
        assert 1 == await store.call("ZCARD", keys.UNCERTAIN)
        assert {"one": 2} == await release_orphans(store, KNOWN)


async def test_backlog_of_a_removed_provider_is_released(store_url: str) -> None:
    """Orders that wait for a slot follow those that held it."""
    async with Store(store_url) as store:
        await publish(store)
        customer = await create_customer(store, cents=1000, concurrency=1, backlog_max=10)
        made = [await order(store, customer, "two") for _ in range(4)]
        assert ["queued", *["backlog"] * 3] == [(await view(store, name)).state for name in made]
        await pass_grace(store)
        for _ in made:
            await release_orphans(store, KNOWN)
        assert {"two"} == {(await view(store, name)).provider for name in made}
        assert {} == await release_orphans(store, KNOWN)


@pytest.mark.parametrize("back", ["worker", "catalogue"])
async def test_provider_that_comes_back_keeps_its_orders(store_url: str, back: str) -> None:
    """A worker, or an entry in the catalogue, is enough for the orders to stay, and the grace begins again."""
    async with Store(store_url) as store:
        await publish(store)
        name = await order(store, await create_customer(store), "two")
        await pass_grace(store)
        if back == "catalogue":
            assert {} == await release_orphans(store, ("one", "two"))
        else:
            async with processes.announce(store, "worker", queue="one", slots=1):
                while not await processes.list_processes(store):
                    await asyncio.sleep(0.01)
                assert {} == await release_orphans(store, KNOWN)
            assert {"one": 1} == await release_orphans(store, KNOWN)
        assert ("one", "queued") == ((await view(store, name)).provider, (await view(store, name)).state)


async def test_abandoned_submit_is_never_sent_again(store_url: str) -> None:
    """A submit whose provider was removed stays uncertain when a worker comes back, and is not refunded early."""
    async with Store(store_url) as store:
        await publish(store)
        name = await order(store, await create_customer(store))
        assert not await steps.mark_abandoned(store, name, provider="one")
        await start(store, name)
        assert not await steps.mark_abandoned(store, name, provider="two")
        assert await steps.mark_abandoned(store, name, provider="one")
        assert not await steps.mark_abandoned(store, name, provider="one")
        step = await steps.start(store, name, provider="one", repeatable=False, submit_limit_s=5, token="u")
        assert isinstance(step, steps.Uncertain)
        ended = await ledger.settle(store, name, FAILED, cost_micros=0, outcome=Outcome(), unsubmitted_only=True)
        assert NotSettled("submitted") == ended
