"""Lanes of webhook deliveries: slots for each endpoint, account and for all slow endpoints, and breakers."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from arq.worker import func

from shared.domain.generation import COMPLETED, Outcome
from shared.domain.public_address import PRIVATE_NETWORKS
from shared.store import keys, ledger, replay, webhooks
from shared.store.connect import Store
from shared.store.queue import arq_pool, decode_job, encode_job
from shared.store.webhooks import DeliveryAttempt, DeliveryState, Due, HeldDelivery
from tests.harness.doubles.receiver import Receiver, Reply
from tests.harness.factories import Customer, create_customer, make_order
from tests.suites.integration.test_engine import run_engines, wait_until
from workers.deliver import DeliveryContext, deliver, slow_posts
from workers.egress import Egress
from workers.engine import Engine

QUEUE = keys.queue("webhooks")
PER_ENDPOINT, PER_FAST_ENDPOINT, PER_ACCOUNT, SILENT_MAX = 4, 16, 24, 5
FAST, STEADY, SLOW = [{"took_ms": took_ms, "silent": 0} for took_ms in (20, 500, 5000)]


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    async with Store(store_url) as store:
        yield store


async def add_endpoints(store: Store, customer: Customer, count: int, **known: int) -> list[str]:
    """Create endpoints with a history, and return their ids."""
    made = [await webhooks.create_endpoint(store, customer.account, f"https://example.com/{n}") for n in range(count)]
    for endpoint in made:
        if known:
            await store.call("HSET", keys.endpoint(endpoint.id), *(part for pair in known.items() for part in pair))
    return [endpoint.id for endpoint in made]


async def emit(store: Store, customer: Customer, count: int) -> list[str]:
    """End generations of the customer, and return their events, of which each endpoint has a delivery."""
    events = []
    for _ in range(count):
        accepted = await ledger.accept(store, make_order(customer))
        await ledger.settle(store, accepted.id, COMPLETED, cost_micros=0, outcome=Outcome())
        events.append(f"evt_{accepted.id}")
    return events


async def start(store: Store, *deliveries: str, slow_max: int = 50) -> list[str]:
    """Start posts, and return `due` or the limit of each."""
    found = [await webhooks.start_post(store, name, slow_max=slow_max) for name in deliveries]
    assert all(isinstance(one, Due | HeldDelivery) for one in found)
    return [one.limit if isinstance(one, HeldDelivery) else "due" for one in found]


async def record(
    store: Store,
    delivery: str,
    *,
    state: DeliveryState = "delivered",
    silent: bool = False,
    number: int = 1,
    slow_max: int = 50,
) -> webhooks.RecordedAttempt:
    """Record an attempt of 20 ms, or of 15 s without an answer."""
    attempt = DeliveryAttempt(at_ms=1, duration_ms=15_000 if silent else 20, status=None if silent else 200)
    health: webhooks.EndpointHealth = "well" if state == "delivered" else "ill"
    return await webhooks.record_attempt(
        store, delivery, number, state, attempt, keep_ms=60_000, health=health, silent=silent, slow_max=slow_max
    )


async def list_due(store: Store, deliveries: list[str]) -> list[str]:
    """Return those deliveries whose jobs are due now."""
    seconds, micros = await store.call("TIME")
    now_ms = int(seconds) * 1000 + int(micros) // 1000
    scores = [await store.call("ZSCORE", QUEUE, f"deliver:{name}") for name in deliveries]
    return [name for name, score in zip(deliveries, scores, strict=True) if score and float(score) <= now_ms]


async def prepare(store: Store, count: int, **known: int) -> list[str]:
    """Return the deliveries of some events to one endpoint with a history."""
    customer = await create_customer(store)
    [endpoint] = await add_endpoints(store, customer, 1, **known)
    return [f"{event}:{endpoint}" for event in await emit(store, customer, count)]


async def test_endpoint_has_four_slots(store: Store) -> None:
    """A fifth post to an endpoint is held, and the end of one makes the oldest held delivery due."""
    names = await prepare(store, 7, **STEADY)
    assert ["due"] * PER_ENDPOINT + ["endpoint"] * 3 == await start(store, *names)
    assert names[:PER_ENDPOINT] == await list_due(store, names)
    await record(store, names[1])
    assert [names[0], *names[2:5]] == await list_due(store, names)
    assert ["endpoint", "due", "due"] == await start(store, names[5], names[4], names[0])


async def test_fast_endpoint_has_sixteen_slots(store: Store) -> None:
    """An endpoint that answers fast gets more posts at once, because each needs its slot for a short time only."""
    names = await prepare(store, PER_FAST_ENDPOINT + 1, **FAST)
    assert ["due"] * PER_FAST_ENDPOINT + ["endpoint"] == await start(store, *names)


async def test_held_delivery_is_no_attempt_and_keeps_its_job(store: Store) -> None:
    """A held delivery is pending without attempts, and its job stays in the queue, without a lease."""
    first, second = await prepare(store, 2)
    assert ["due", "endpoint"] == await start(store, first, second)
    [later, _] = await webhooks.list_deliveries(store, first.partition(":")[2], 10)
    assert (second, "pending", ()) == (later.id, later.state, later.attempts)
    assert await store.call("EXISTS", keys.arq_job(f"deliver:{second}"))
    assert await store.call("ZSCORE", QUEUE, f"deliver:{second}") is not None
    assert await store.call("ZSCORE", keys.leases("webhooks"), f"deliver:{second}") is None


async def test_new_and_failing_endpoint_has_one_slot(store: Store) -> None:
    """An endpoint without a success gets one post at a time, and more after its first success."""
    names = await prepare(store, 7)
    assert ["due", "endpoint", "endpoint"] == await start(store, *names[:3])
    await record(store, names[0], state="pending", silent=True)
    assert ["due", "endpoint"] == await start(store, names[1], names[2])
    await record(store, names[1])
    await store.call("HSET", keys.endpoint(names[0].partition(":")[2]), "took_ms", 500)
    assert ["due"] * 4 + ["endpoint"] == await start(store, *names[2:])


async def test_account_has_a_limit(store: Store) -> None:
    """An account has so many posts in flight over all its endpoints, and the next goes when one of them ends."""
    customer = await create_customer(store)
    endpoints = await add_endpoints(store, customer, 8, **STEADY)
    events = await emit(store, customer, 4)
    names = [f"{event}:{endpoint}" for endpoint in endpoints for event in events]
    assert ["due"] * PER_ACCOUNT + ["account"] * 8 == await start(store, *names)
    stranger = await create_customer(store)
    [other] = await add_endpoints(store, stranger, 1, **STEADY)
    assert ["due"] == await start(store, f"{(await emit(store, stranger, 1))[0]}:{other}")
    await record(store, names[0])
    assert names[PER_ACCOUNT : PER_ACCOUNT + 1] == await list_due(store, names[PER_ACCOUNT:])


async def test_slow_endpoints_share_a_lane(store: Store) -> None:
    """Slow and new endpoints of all accounts share their slots, new ones first, and fast ones need none of them."""
    [[slow], [second], [third], [new], [fast]] = [
        await prepare(store, 1, **known) for known in (SLOW, SLOW, SLOW, {}, FAST)
    ]
    assert ["due", "slow", "slow", "slow", "due"] == await start(store, slow, second, third, new, fast, slow_max=1)
    waiting = [second, third, new]
    await record(store, slow, slow_max=1)
    assert [new] == await list_due(store, waiting)
    await record(store, new, slow_max=1)
    [oldest] = await list_due(store, waiting)  # held in the same millisecond, perhaps
    assert oldest in (second, third)


async def open_breaker(store: Store, names: list[str]) -> list[bool]:
    """Let posts to an endpoint have no answer, and return which of them opened its breaker."""
    opened = []
    for name in names[:SILENT_MAX]:
        await start(store, name)
        opened.append((await record(store, name, state="pending", silent=True)).opened)
    return opened


def test_slow_endpoints_have_half_of_the_slots() -> None:
    """Endpoints that are slow, new or failing leave half of the slots to the others, and have at least one."""
    assert [1, 1, 50] == [slow_posts(slots) for slots in (1, 3, 100)]


async def test_breaker_opens_holds_and_probes(store: Store) -> None:
    """After five posts without an answer nothing is posted until a probe, and its success releases what waits."""
    names = await prepare(store, SILENT_MAX + 6, **FAST)
    endpoint, held = names[0].partition(":")[2], names[SILENT_MAX:]
    assert [False] * 4 + [True] == await open_breaker(store, names)
    assert ["breaker"] * len(held) == await start(store, *held)
    assert [] == await list_due(store, held)
    opens_ms = int(await store.call("HGET", keys.endpoint(endpoint), "open_until_ms"))
    assert opens_ms == float(await store.call("ZSCORE", QUEUE, f"deliver:{held[0]}"))
    await store.call("HSET", keys.endpoint(endpoint), "open_until_ms", 1)
    assert ["due", "endpoint"] == await start(store, *held[:2])
    await record(store, held[0])
    assert held[1:5] == await list_due(store, held[1:])


async def test_failed_probe_keeps_the_breaker_open(store: Store) -> None:
    """A probe without an answer opens the breaker for longer, and a later probe is scheduled."""
    names = await prepare(store, SILENT_MAX + 2, **FAST)
    endpoint, (probe, waiting) = keys.endpoint(names[0].partition(":")[2]), names[SILENT_MAX:]
    await open_breaker(store, names)
    first_ms = int(await store.call("HGET", endpoint, "open_until_ms"))
    assert ["breaker", "breaker"] == await start(store, probe, waiting)
    await store.call("HSET", endpoint, "open_until_ms", 1)
    assert ["due"] == await start(store, probe)
    assert not (await record(store, probe, state="pending", silent=True)).opened
    again_ms = int(await store.call("HGET", endpoint, "open_until_ms"))
    assert first_ms < again_ms == float(await store.call("ZSCORE", QUEUE, f"deliver:{waiting}"))


async def test_redelivery_by_the_owner_is_a_probe(store: Store) -> None:
    """An owner who redelivers to a repaired endpoint does not wait for its breaker."""
    names = await prepare(store, SILENT_MAX + 1, **FAST)
    endpoint = names[0].partition(":")[2]
    account = (await store.call("HGET", keys.endpoint(endpoint), "account")).decode()
    await open_breaker(store, names)
    assert ["breaker"] == await start(store, names[-1])
    await replay.redeliver(store, account, endpoint, names[-1])
    assert names[-1:] == await list_due(store, names[-1:])
    assert ["due"] == await start(store, names[-1])


async def test_any_answer_closes_the_breaker(store: Store) -> None:
    """A 500 is an answer: only posts without one open a breaker."""
    names = await prepare(store, SILENT_MAX + 1, **FAST)
    for name in names[:4]:
        await record(store, name, state="pending", silent=True)
    await record(store, names[4], state="pending")
    assert not (await record(store, names[5], state="pending", silent=True)).opened


@pytest.mark.parametrize("end", ["disable", "delete", "enable"])
async def test_held_deliveries_go_on_when_the_endpoint_changes(store: Store, end: str) -> None:
    """Held deliveries become due when their endpoint is deleted, disabled or enabled."""
    names = await prepare(store, 3)
    endpoint = names[0].partition(":")[2]
    account = (await store.call("HGET", keys.endpoint(endpoint), "account")).decode()
    assert ["due", "endpoint", "endpoint"] == await start(store, *names)
    if end == "delete":
        await webhooks.delete_endpoint(store, account, endpoint)
    elif end == "disable":
        await store.call("HSET", keys.endpoint(endpoint), "disabled_ms", 1)
    else:
        await store.call("HSET", keys.endpoint(endpoint), "silent", SILENT_MAX, "open_until_ms", 10**14)
        await webhooks.enable_endpoint(store, account, endpoint)
    await record(store, names[0], state="dead")
    assert names[1:] == await list_due(store, names[1:])


async def test_slot_of_a_dead_dispatcher_lapses(store: Store) -> None:
    """The same delivery keeps its slot when it is rescued, and a slot that nobody frees lapses."""
    first, second = await prepare(store, 2)
    assert ["due", "endpoint", "due"] == await start(store, first, second, first)
    for owner in (first.partition(":")[2], "slow"):
        key = keys.SLOW_POSTS if owner == "slow" else keys.posts(owner)
        await store.call("ZADD", key, 1, first)
    assert ["due"] == await start(store, second)


def build_dispatcher(context: DeliveryContext, slots: int) -> Engine:
    """Return a dispatcher that is not started."""
    return Engine(
        [func(deliver, name="deliver")],
        store=context.store,
        queue_name=QUEUE,
        redis_pool=arq_pool(context.store.url, "webhooks"),
        handle_signals=False,
        job_serializer=encode_job,
        job_deserializer=decode_job,
        ctx={"context": context},
        max_jobs=slots,
        keep_result=0,
    )


async def test_hanging_endpoint_does_not_delay_another(store: Store) -> None:
    """Two dispatchers with ten slots each post to a healthy endpoint while 300 events wait for one that hangs."""
    async with (
        Receiver(Reply(delay_s=600)) as hanging,
        Receiver() as healthy,
        Egress(networks=PRIVATE_NETWORKS) as egress,
    ):
        victim, hostile = await create_customer(store), await create_customer(store)
        hanging.default = Reply(delay_s=600)
        await webhooks.create_endpoint(store, hostile.account, hanging.url)
        await webhooks.create_endpoint(store, victim.account, healthy.url)
        context = DeliveryContext(store=store, egress=egress, base_url="http://127.0.0.1:1", keep_ms=60_000)
        await emit(store, hostile, 300)
        engines = [build_dispatcher(context, 10) for _ in range(2)]
        async with run_engines(*engines):
            await hanging.wait_for(1)
            await emit(store, victim, 20)
            await healthy.wait_for(20)
            assert 1 == len(hanging.received)
            await wait_until(lambda: sum(engine.job_counter for engine in engines) == 1)


async def test_flood_to_one_endpoint_is_delivered_once(store: Store) -> None:
    """Every event of a flood is posted once, although most of them are held at first, and nothing is left over."""
    async with Receiver() as receiver, Egress(networks=PRIVATE_NETWORKS) as egress:
        customer = await create_customer(store)
        await webhooks.create_endpoint(store, customer.account, receiver.url)
        events = await emit(store, customer, 200)
        context = DeliveryContext(store=store, egress=egress, base_url="http://127.0.0.1:1", keep_ms=60_000)
        engine = build_dispatcher(context, 50)
        async with run_engines(engine):
            received = await receiver.wait_for(200)
            while await store.call("ZCARD", keys.OPEN_DELIVERIES):
                await asyncio.sleep(0.01)
        assert sorted(events) == sorted(one.headers["webhook-id"] for one in received)
        assert 200 == len(receiver.received)
        left = [key for key in await store.call("KEYS", "gw:held*") + await store.call("KEYS", "gw:posts*")]
        assert [] == left
        assert 0 == await store.call("ZCARD", QUEUE)
