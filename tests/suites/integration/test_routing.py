"""Routing against a real store: the route of an order and its reroutes, in one round trip and with one charge."""

import asyncio
from collections.abc import Sequence

import pytest
from msgspec import structs

from gateway.speeds import Speeds
from shared.domain.errors import Refused
from shared.domain.generation import COMPLETED, FallbackRoute, Generation, Outcome, Spec
from shared.store import generations, keys, ledger, providers, steps
from shared.store.connect import Store
from shared.store.steps import ProviderPaused, Step
from tests.harness.factories import CENTS, SPEC, Customer, create_customer, make_offer, make_order

NAMES = ("one", "two", "three")


async def order(store: Store, customer: Customer, *names: str) -> ledger.Accepted:
    """Accept an order with a route through each of the providers."""
    ways = []
    for name in names:
        routes = tuple(FallbackRoute(other, f"{other}-model", "test/noop") for other in names if other != name)
        ways.append(make_offer(provider=name, spec=structs.replace(SPEC, target=f"{name}-model", routes=routes)))
    return await ledger.accept(store, make_order(customer, offers=tuple(ways)))


async def view(store: Store, generation_id: str) -> Generation:
    """Return the generation."""
    found = await generations.view(store, "", generation_id)
    assert found is not None
    return found


async def start(store: Store, generation_id: str, provider: str, token: str = "t") -> Step:
    """Start a step as a worker of `provider`."""
    return await steps.start(store, generation_id, provider=provider, repeatable=False, submit_limit_s=5, token=token)


async def pause(store: Store, provider: str) -> None:
    """Pause a provider for a minute."""
    clock = await store.call("TIME")
    await store.call("HSET", keys.provider(provider), "paused_until_ms", int(clock[0]) * 1000 + 60_000)


def routes_to(step: Step, *names: str) -> list[tuple[str, Spec]]:
    """Return the routes that a worker would offer for a reroute."""
    return [(name, structs.replace(step.spec, target=f"{name}-model")) for name in names]


@pytest.mark.parametrize(
    ("down", "paused", "taker"),
    [
        ((), (), "one"),
        (("one",), (), "two"),
        ((), ("one", "two"), "three"),
        (("one", "three"), ("two",), "two"),
        (("two",), ("one", "three"), "one"),
    ],
)
async def test_accept_chooses_the_first_available_provider(
    store_url: str, down: Sequence[str], paused: Sequence[str], taker: str
) -> None:
    """Open breakers are skipped, and paused providers too if another is free, all in the call that charges."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        for name in down:
            await providers.open_breaker(store, name, "no credit")
        for name in paused:
            await pause(store, name)
        await store.call("CONFIG", "RESETSTAT")
        accepted = await order(store, customer, *NAMES)
        calls = (await store.call("INFO", "commandstats")).decode()
        assert "cmdstat_evalsha:calls=1," in calls
        generation = await view(store, accepted.id)
        assert (taker, f"{taker}-model") == (generation.provider, generation.spec.target)
        assert accepted.offer is not None
        assert taker == accepted.offer.provider
        assert [accepted.id.encode()] == await store.call("ZRANGE", keys.queue(taker), 0, -1)
        assert 1 == len([line for line in await ledger.list_entries(store, customer.account) if line.kind == "reserve"])


async def test_accept_refuses_an_order_when_all_providers_are_down(store_url: str) -> None:
    """With every breaker open the order is refused, and nothing is charged or stored."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        for name in NAMES:
            await providers.open_breaker(store, name, "no credit")
        with pytest.raises(Refused) as caught:
            await order(store, customer, *NAMES)
        assert "upstream_error" == caught.value.code
        assert ["top_up"] == [line.kind for line in await ledger.list_entries(store, customer.account)]
        assert [] == await generations.list_newest(store, customer.account, 10)


async def test_accept_charges_the_price_of_the_chosen_route(store_url: str) -> None:
    """An order that falls to a dearer model is charged that price, or refused if the balance is too low."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=50)
        await providers.open_breaker(store, "one", "no credit")
        cheap, dear = (
            make_offer(provider="one", price_micros=CENTS),
            make_offer(provider="two", price_micros=40 * CENTS),
        )
        await ledger.accept(store, make_order(customer, offers=(cheap, dear)))
        with pytest.raises(Refused, match=r"costs \$0.40, the balance is \$0.10"):
            await ledger.accept(store, make_order(customer, offers=(cheap, dear)))


async def test_accept_answers_the_same_when_an_order_is_sent_twice(store_url: str) -> None:
    """After a lost reply the same id names the same route, unless the generation was rerouted."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        ways = tuple(make_offer(provider=name, spec=structs.replace(SPEC, target=name)) for name in NAMES)
        wanted = make_order(customer, offers=ways)
        await providers.open_breaker(store, "one", "no credit")
        first = await ledger.accept(store, wanted)
        await providers.close_breaker(store, "one")
        assert (first, "two") == (await ledger.accept(store, wanted), first.offer and first.offer.provider)
        step = await start(store, first.id, "two")
        await steps.reroute(store, first.id, "t", refusal="down", routes=routes_to(step, "one"))
        assert None is (await ledger.accept(store, wanted)).offer


async def test_reroute_skips_providers_that_are_down_or_paused(store_url: str) -> None:
    """After an outage the first free route is used, else a paused one, and none if all are down."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        first, second, third = [(await order(store, customer, *NAMES)).id for _ in range(3)]
        await pause(store, "two")
        for generation_id, expected in ((first, "three"), (second, "two"), (third, None)):
            step = await start(store, generation_id, "one")
            routes = routes_to(step, "two", "three")
            to = await steps.reroute(store, generation_id, "t", refusal="down", routes=routes)
            assert expected == to
            await providers.open_breaker(store, "three" if expected == "three" else "two", "no credit")
        assert ["one down"] == [
            f"{attempt.provider} {attempt.outcome}" for attempt in (await view(store, first)).attempts
        ]


async def test_reroute_needs_a_free_provider_when_busy_or_held(store_url: str) -> None:
    """A busy or paused provider keeps its generation unless another is free at once."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        asked, waiting = [(await order(store, customer, "one", "two")).id for _ in range(2)]
        step = await start(store, asked, "one")
        await pause(store, "two")
        routes = routes_to(step, "two")
        assert None is await steps.reroute(store, asked, "t", refusal="busy", routes=routes, pause_s=60)
        await steps.withdraw(store, asked, "t", provider="one", target="one-model", pause_s=60)
        held = await start(store, waiting, "one")
        assert isinstance(held, ProviderPaused) and held.wait_ms > 50_000
        await store.call("HDEL", keys.provider("two"), "paused_until_ms")
        assert "two" == await steps.reroute(store, waiting, "t", refusal="held", routes=routes)
        assert [("one", "held")] == [(a.provider, a.outcome) for a in (await view(store, waiting)).attempts]
        assert [("one", "busy")] == [(a.provider, a.outcome) for a in (await view(store, asked)).attempts]


async def test_attempts_list_every_provider_in_order(store_url: str) -> None:
    """Every attempt has its time and outcome; the last one's outcome is the current state."""
    async with Store(store_url) as store:
        generation_id = (await order(store, await create_customer(store), "one", "two")).id
        step = await start(store, generation_id, "one")
        await steps.withdraw(store, generation_id, "t", provider="one", target="one-model")
        await start(store, generation_id, "one", "u")
        await steps.reroute(store, generation_id, "u", refusal="down", routes=routes_to(step, "two"))
        words = []
        for act in (
            start(store, generation_id, "two", "v"),
            steps.store_reference(store, generation_id, "ref", provider="two", patience_s=1),
            ledger.settle(store, generation_id, COMPLETED, cost_micros=0, outcome=Outcome("two")),
        ):
            await act
            words.append((await view(store, generation_id)).attempts[-1].outcome)
        assert ["asked", "accepted", "served"] == words
        found = (await view(store, generation_id)).attempts
        assert ["one busy", "one down", "two served"] == [f"{attempt.provider} {attempt.outcome}" for attempt in found]
        assert sorted(attempt.at_ms for attempt in found) == [attempt.at_ms for attempt in found]


async def test_attempts_are_bounded(store_url: str) -> None:
    """The attempts of a provider that stays busy fill the list to its bound, and the newest remain."""
    async with Store(store_url) as store:
        generation_id = (await order(store, await create_customer(store), "one")).id
        for number in range(40):
            await start(store, generation_id, "one", f"t{number}")
            await steps.withdraw(
                store,
                generation_id,
                f"t{number}",
                provider="one",
                target="one-model",
                refusal="down" if number == 39 else "busy",
            )
        found = (await view(store, generation_id)).attempts
        assert (32, "down") == (len(found), found[-1].outcome)


async def test_settle_measures_the_speed_of_the_provider(store_url: str) -> None:
    """Each completed generation moves its provider's average for its kind by a fifth; a failed one does not."""
    async with Store(store_url) as store, Speeds(store, ["one", "two"]) as speeds:
        customer = await create_customer(store, cents=1000)
        assert {} == speeds.of("image")
        for took_ms, state in ((1000, COMPLETED), (2000, COMPLETED), (9000, "failed")):
            generation_id = (await order(store, customer, "one")).id
            await start(store, generation_id, "one")
            asked_ms = int(await store.call("HGET", keys.generation(generation_id), "intent_ms"))
            await store.call("HSET", keys.generation(generation_id), "intent_ms", asked_ms - took_ms)
            await ledger.settle(store, generation_id, state, cost_micros=0, outcome=Outcome("one"), kind="image")
        await speeds.refresh()
        assert 1150 < speeds.of("image")["one"] < 1350
        assert ({"one"}, {}) == (set(speeds.of("image")), speeds.of("video"))


async def finish(store: Store, customer: Customer, *, called: bool) -> int:
    """Complete a generation, with or without a callback, and return the callback percent of its poll."""
    generation_id = (await order(store, customer, "one")).id
    await start(store, generation_id, "one")
    await steps.store_reference(store, generation_id, "ref", provider="one", patience_s=1)
    before = await start(store, generation_id, "one")
    if called:
        await generations.store_callback(store, generation_id, "one", b"")
        assert 0 == (await start(store, generation_id, "one")).callback_percent
    await ledger.settle(store, generation_id, COMPLETED, cost_micros=0, outcome=Outcome("one"))
    return before.callback_percent


async def test_callback_percent_follows_the_callbacks_that_arrive(store_url: str) -> None:
    """After ten generations the share of callbacks is known, and it falls when callbacks stop."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=10_000)
        told = [await finish(store, customer, called=True) for _ in range(12)]
        assert [0] * 10 + [100] * 2 == told
        late = (await order(store, customer, "one")).id
        await ledger.settle(store, late, COMPLETED, cost_micros=0, outcome=Outcome("one"))
        for _ in range(2):
            await generations.store_callback(store, late, "one", b"")
        lost = [await finish(store, customer, called=False) for _ in range(120)]
        assert lost[0] == 100
        assert lost[3] < 90
        assert 15 > lost[-1]
        assert 100 > int(await store.call("HGET", keys.provider("one"), "calls_due"))


async def test_speeds_are_refreshed_and_survive_a_store_outage(store_url: str) -> None:
    """New speeds are read soon, and the old ones stay while the store is down."""
    async with Store(store_url, timeout_s=0.2) as store, Speeds(store, ["one"]) as speeds:
        await store.call("HSET", keys.provider("one"), "took_ms:image", "12.5")
        async with asyncio.timeout(5):
            while not speeds.of("image"):
                await asyncio.sleep(0.05)
        assert {"one": 12.5} == speeds.of("image")
    await speeds.refresh()
    assert {"one": 12.5} == speeds.of("image")
