"""Random histories of posts: no limit is ever passed, and no held delivery is forgotten."""

import random

import pytest
from msgspec import Struct

from shared.store import keys, webhooks
from shared.store.connect import Store
from shared.store.queue import encode_job
from shared.store.webhooks import DeliveryAttempt, Due
from tests.harness.factories import create_customer

PER_ACCOUNT, SLOW_MAX = 24, 3
ACCOUNTS, ENDPOINTS = 2, 4
STEPS = 150
QUEUE = keys.queue("webhooks")


class Speed(Struct, frozen=True):
    """How fast good endpoints answer, how many events they get, and how many posts of each may be in flight."""

    took_ms: int
    events: int
    per_endpoint: int


STEADY, FAST = Speed(500, 9, 4), Speed(20, 20, 16)


class Dispatchers:
    """Dispatchers that start due posts and end running ones, in any order."""

    def __init__(self, store: Store, dice: random.Random, speed: Speed) -> None:
        self.store, self.dice, self.speed = store, dice, speed
        self.owners: dict[str, tuple[str, str]] = {}  # delivery: account and endpoint
        self.running: list[str] = []
        self.attempts: dict[str, int] = {}
        self.delivered: set[str] = set()

    async def create(self) -> None:
        """Create accounts, endpoints with different histories, and their deliveries."""
        took_ms = self.speed.took_ms
        histories = (
            {},
            {"took_ms": took_ms, "silent": 0},
            {"took_ms": 5000, "silent": 0},
            {"took_ms": took_ms, "silent": 4},
        )
        for _ in range(ACCOUNTS):
            account = (await create_customer(self.store)).account
            for number in range(ENDPOINTS):
                endpoint = await webhooks.create_endpoint(self.store, account, "https://example.com/", ["balance.low"])
                if known := histories[number]:
                    await self.store.call(
                        "HSET", keys.endpoint(endpoint.id), *(x for pair in known.items() for x in pair)
                    )
                for event in range(self.speed.events):
                    await self.create_delivery(f"evt_{event}:{endpoint.id}", account, endpoint.id)

    async def create_delivery(self, name: str, account: str, endpoint: str) -> None:
        """Create a delivery and its job."""
        facts = {"account": account, "endpoint": endpoint, "event": name, "type": "balance.low", "state": "pending"}
        numbers = {"created_ms": 1, "attempts": 0}
        await self.store.call("HSET", keys.delivery(name), *(x for pair in (facts | numbers).items() for x in pair))
        await self.store.run("enqueue", QUEUE, f"deliver:{name}", encode_job({}), 1, "")
        self.owners[name] = account, endpoint

    async def start_due(self, count: int) -> int:
        """Start up to `count` due posts, and return how many jobs were due."""
        jobs = await self.store.call("ZRANGEBYSCORE", QUEUE, "-inf", await self.read_now_ms())
        due = [raw.decode().removeprefix("deliver:") for raw in jobs]
        waiting = [name for name in due if name not in self.running]
        for name in self.dice.sample(waiting, min(count, len(waiting))):
            if isinstance(await webhooks.start_post(self.store, name, slow_max=SLOW_MAX), Due):
                self.running.append(name)
        return len(waiting)

    async def end_one(self, *, answer: bool, delivered: bool) -> None:
        """End a running post: delivered, or to be tried again at once."""
        name = self.running.pop(self.dice.randrange(len(self.running)))
        self.attempts[name] = self.attempts.get(name, 0) + 1
        state: webhooks.DeliveryState = "delivered" if delivered else "pending"
        attempt = DeliveryAttempt(
            at_ms=1, duration_ms=self.speed.took_ms if answer else 15_000, status=200 if answer else None
        )
        await webhooks.record_attempt(
            self.store,
            name,
            self.attempts[name],
            state,
            attempt,
            keep_ms=60_000,
            health="well" if delivered else "ill",
            silent=not answer,
            slow_max=SLOW_MAX,
        )
        if delivered:
            self.delivered.add(name)

    async def check_limits(self) -> None:
        """Fail if more posts run than an endpoint or an account may have."""
        for key, limit in ((1, self.speed.per_endpoint), (0, PER_ACCOUNT)):
            owners = [self.owners[name][key] for name in self.running]
            assert all(owners.count(owner) <= limit for owner in owners)
        assert await self.store.call("ZCARD", keys.SLOW_POSTS) <= SLOW_MAX

    async def close_breakers(self) -> None:
        """Let the time of every open breaker pass, as far as its own job is due then."""
        for endpoint in {endpoint for _, endpoint in self.owners.values()}:
            until = await self.store.call("HGET", keys.endpoint(endpoint), "open_until_ms")
            for raw in await self.store.call("ZRANGEBYSCORE", QUEUE, until, until) if until else ():
                await self.store.call("ZADD", QUEUE, 1, raw)
            if until:
                await self.store.call("HDEL", keys.endpoint(endpoint), "open_until_ms")

    async def read_now_ms(self) -> int:
        """Return the store's time."""
        seconds, micros = await self.store.call("TIME")
        return int(seconds) * 1000 + int(micros) // 1000


@pytest.mark.parametrize(("seed", "speed"), [(0, STEADY), (1, STEADY), (2, FAST)])
async def test_random_histories_pass_no_limit_and_forget_nothing(store_url: str, seed: int, speed: Speed) -> None:
    """After any history, every delivery is posted once the endpoints answer, woken by ends and probes alone."""
    dice = random.Random(seed)
    async with Store(store_url) as store:
        world = Dispatchers(store, dice, speed)
        await world.create()
        for _ in range(STEPS):
            if world.running and dice.random() < 0.6:
                answer = dice.random() < 0.5
                await world.end_one(answer=answer, delivered=answer and dice.random() < 0.5)
            else:
                await world.start_due(dice.randrange(1, 6))
            await world.check_limits()
        idle = 0
        while len(world.delivered) < len(world.owners):
            idle = 0 if await world.start_due(100) or world.running else idle + 1
            while world.running:
                await world.end_one(answer=True, delivered=True)
            await world.close_breakers()
            assert idle < 3, sorted(set(world.owners) - world.delivered)
        assert [] == await store.call("KEYS", "gw:held*")
