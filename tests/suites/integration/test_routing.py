"""Which route takes an order, and who takes over: against a real store, in one round trip, without a second charge."""

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
    """An order with a way through each of the providers; what they do not take they may hand on to the others."""
    ways = []
    for name in names:
        routes = tuple(FallbackRoute(other, f"{other}-model", "test/noop") for other in names if other != name)
        ways.append(make_offer(provider=name, spec=structs.replace(SPEC, target=f"{name}-model", routes=routes)))
    return await ledger.accept(store, make_order(customer, offers=tuple(ways)))


async def seen(store: Store, generation_id: str) -> Generation:
    """The generation as it is."""
    found = await generations.view(store, "", generation_id)
    assert found is not None
    return found


async def start(store: Store, generation_id: str, provider: str, token: str = "t") -> Step:
    """A worker takes it up."""
    return await steps.start(store, generation_id, provider=provider, repeatable=False, submit_limit_s=5, token=token)


async def pause(store: Store, provider: str) -> None:
    """The provider wants to be left alone for a minute."""
    clock = await store.call("TIME")
    await store.call("HSET", keys.provider(provider), "paused_until_ms", int(clock[0]) * 1000 + 60_000)


def offers(step: Step, *names: str) -> list[tuple[str, Spec]]:
    """Where a worker would hand it on to."""
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
async def test_the_first_free_provider_takes_it_in_one_round_trip(
    store_url: str, down: Sequence[str], paused: Sequence[str], taker: str
) -> None:
    """Open breakers are passed over, paused ones too while there is a free one, all in the one call that charges."""
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
        generation = await seen(store, accepted.id)
        assert (taker, f"{taker}-model") == (generation.provider, generation.spec.target)
        assert accepted.offer is not None
        assert taker == accepted.offer.provider
        assert [accepted.id.encode()] == await store.call("ZRANGE", keys.queue(taker), 0, -1)
        assert 1 == len([line for line in await ledger.list_entries(store, customer.account) if line.kind == "reserve"])


async def test_nobody_takes_it_while_all_are_down(store_url: str) -> None:
    """With every breaker open the order is refused, and nothing is charged or kept."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        for name in NAMES:
            await providers.open_breaker(store, name, "no credit")
        with pytest.raises(Refused) as caught:
            await order(store, customer, *NAMES)
        assert "upstream_error" == caught.value.code
        assert ["top_up"] == [line.kind for line in await ledger.list_entries(store, customer.account)]
        assert [] == await generations.list_newest(store, customer.account, 10)


async def test_the_ways_price_is_the_one_that_is_charged(store_url: str) -> None:
    """An order that falls to a dearer model is charged that model's price, or refused for want of that much."""
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


async def test_an_order_sent_twice_is_answered_the_same(store_url: str) -> None:
    """A lost answer is asked for again under the same id, and names the same route, unless it has moved on since."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        ways = tuple(make_offer(provider=name, spec=structs.replace(SPEC, target=name)) for name in NAMES)
        wanted = make_order(customer, offers=ways)
        await providers.open_breaker(store, "one", "no credit")
        first = await ledger.accept(store, wanted)
        await providers.close_breaker(store, "one")
        assert (first, "two") == (await ledger.accept(store, wanted), first.offer and first.offer.provider)
        step = await start(store, first.id, "two")
        await steps.reroute(store, first.id, "t", refusal="down", routes=offers(step, "one"))
        assert None is (await ledger.accept(store, wanted)).offer


async def test_what_is_handed_on_skips_who_is_down_or_paused(store_url: str) -> None:
    """After an outage it goes to the first free route, to a paused one if it must, nowhere if all are down."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        first, second, third = [(await order(store, customer, *NAMES)).id for _ in range(3)]
        await pause(store, "two")
        for generation_id, expected in ((first, "three"), (second, "two"), (third, None)):
            step = await start(store, generation_id, "one")
            routes = offers(step, "two", "three")
            to = await steps.reroute(store, generation_id, "t", refusal="down", routes=routes)
            assert expected == to
            await providers.open_breaker(store, "three" if expected == "three" else "two", "no credit")
        assert ["one down"] == [
            f"{attempt.provider} {attempt.outcome}" for attempt in (await seen(store, first)).attempts
        ]


async def test_the_busy_and_the_held_move_only_to_who_is_free(store_url: str) -> None:
    """A provider that is busy, or paused before it was asked, keeps its generation unless another is free at once."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        asked, waiting = [(await order(store, customer, "one", "two")).id for _ in range(2)]
        step = await start(store, asked, "one")
        await pause(store, "two")
        routes = offers(step, "two")
        assert None is await steps.reroute(store, asked, "t", refusal="busy", routes=routes, pause_s=60)
        await steps.withdraw(store, asked, "t", provider="one", pause_s=60)
        held = await start(store, waiting, "one")
        assert isinstance(held, ProviderPaused) and held.wait_ms > 50_000
        await store.call("HDEL", keys.provider("two"), "paused_until_ms")
        assert "two" == await steps.reroute(store, waiting, "t", refusal="held", routes=routes)
        assert [("one", "held")] == [(a.provider, a.outcome) for a in (await seen(store, waiting)).attempts]
        assert [("one", "busy")] == [(a.provider, a.outcome) for a in (await seen(store, asked)).attempts]


async def test_attempts_are_told_from_the_first_to_the_last(store_url: str) -> None:
    """Every provider's turn is there with its outcome and its time, the last one's in the state that it is in."""
    async with Store(store_url) as store:
        generation_id = (await order(store, await create_customer(store), "one", "two")).id
        step = await start(store, generation_id, "one")
        await steps.withdraw(store, generation_id, "t", provider="one")
        await start(store, generation_id, "one", "u")
        await steps.reroute(store, generation_id, "u", refusal="down", routes=offers(step, "two"))
        words = []
        for act in (
            start(store, generation_id, "two", "v"),
            steps.store_reference(store, generation_id, "ref", provider="two", patience_s=1),
            ledger.settle(store, generation_id, COMPLETED, cost_micros=0, outcome=Outcome("two")),
        ):
            await act
            words.append((await seen(store, generation_id)).attempts[-1].outcome)
        assert ["asked", "accepted", "served"] == words
        found = (await seen(store, generation_id)).attempts
        assert ["one busy", "one down", "two served"] == [f"{attempt.provider} {attempt.outcome}" for attempt in found]
        assert sorted(attempt.at_ms for attempt in found) == [attempt.at_ms for attempt in found]


async def test_the_attempts_that_are_kept_are_bounded(store_url: str) -> None:
    """A provider that is busy for ever fills the list to its bound, with the newest."""
    async with Store(store_url) as store:
        generation_id = (await order(store, await create_customer(store), "one")).id
        for number in range(40):
            await start(store, generation_id, "one", f"t{number}")
            await steps.withdraw(
                store, generation_id, f"t{number}", provider="one", refusal="down" if number == 39 else "busy"
            )
        found = (await seen(store, generation_id)).attempts
        assert (32, "down") == (len(found), found[-1].outcome)


async def test_how_long_a_provider_takes_is_learnt_where_it_is_settled(store_url: str) -> None:
    """Each completed generation moves its provider's average for its kind by a fifth; a failed one teaches nothing."""
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
    """A generation that the provider calls about or not; how sure the next look is of its callback."""
    generation_id = (await order(store, customer, "one")).id
    await start(store, generation_id, "one")
    await steps.store_reference(store, generation_id, "ref", provider="one", patience_s=1)
    before = await start(store, generation_id, "one")
    if called:
        await generations.store_callback(store, generation_id, "one", b"")
        assert 0 == (await start(store, generation_id, "one")).callback_percent
    await ledger.settle(store, generation_id, COMPLETED, cost_micros=0, outcome=Outcome("one"))
    return before.callback_percent


async def test_callbacks_prove_to_arrive_or_do_not(store_url: str) -> None:
    """After ten of them the share of generations that were called about is told, and it falls when calls stay away."""
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


async def test_speeds_are_read_again_and_kept_while_the_store_is_away(store_url: str) -> None:
    """What is learnt later is known soon, and a store that is away changes nothing."""
    async with Store(store_url, timeout_s=0.2) as store, Speeds(store, ["one"]) as speeds:
        await store.call("HSET", keys.provider("one"), "took_ms:image", "12.5")
        async with asyncio.timeout(5):
            while not speeds.of("image"):
                await asyncio.sleep(0.05)
        assert {"one": 12.5} == speeds.of("image")
    await speeds.refresh()
    assert {"one": 12.5} == speeds.of("image")
