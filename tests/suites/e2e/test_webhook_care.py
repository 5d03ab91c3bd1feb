"""Failing endpoints are disabled, reported, enabled and replayed; secrets are rotated; low balances are reported."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from standardwebhooks import Webhook, WebhookVerificationError

from shared.domain.times import DAY_MS
from shared.store import keys, ledger
from tests.harness.bounds import WAIT_S
from tests.harness.doubles.receiver import Received, Receiver, Reply
from tests.harness.factories import CENTS
from tests.suites.e2e.caller import Caller, Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")

WEBHOOKS = "/api/v1/webhooks"
ENDS = ("generation.completed", "generation.failed")
BROKEN = Reply(status=500, body=b"out of order")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """Run a whole deployment."""
    async with deploy(workers=("noop", "paid")) as place:
        yield place


@pytest_asyncio.fixture(loop_scope="module")
async def caller(place: Place) -> Caller:
    """Create a customer with ten dollars, above the low-balance alert."""
    return await place.create_caller(cents=1000)


async def subscribe(caller: Caller, receiver: Receiver, **wanted: Any) -> str:
    """Register a receiver that verifies events, and return the endpoint's id."""
    answer = await caller.request("POST", WEBHOOKS, json={"url": receiver.url, **wanted})
    assert 201 == answer.status, answer
    receiver.secret = answer.body["secret"]
    return str(answer.body["id"])


async def post(caller: Caller, path: str, status: int, **sent: Any) -> Any:
    """Send a POST below the webhooks and return the body of its answer."""
    answer = await caller.request("POST", f"{WEBHOOKS}/{path}", **sent)
    assert status == answer.status, answer
    return answer.body


async def read_endpoint(caller: Caller, endpoint: str) -> dict[str, Any]:
    """Return an endpoint as its owner sees it."""
    listed = (await caller.request("GET", WEBHOOKS)).body["data"]
    return next(dict(entry) for entry in listed if entry["id"] == endpoint)


async def wait_for_last_delivery(caller: Caller, endpoint: str, state: str) -> dict[str, Any]:
    """Wait until the newest delivery is in `state` and has an attempt, and return it."""
    end = time.monotonic() + WAIT_S
    while True:
        found = (await caller.request("GET", f"{WEBHOOKS}/{endpoint}/deliveries")).body["data"]
        if found and found[0]["state"] == state and found[0]["attempts"]:
            return dict(found[0])
        assert time.monotonic() < end, found
        await asyncio.sleep(0.03)


async def disable_by_failures(caller: Caller, receiver: Receiver, endpoint: str) -> str:
    """Let an endpoint fail as if for five days, and return the generation of the refused event."""
    receiver.default = BROKEN
    await caller.wait_for_end(await caller.create())
    await wait_for_last_delivery(caller, endpoint, "pending")
    assert "disabled_at" not in await read_endpoint(caller, endpoint)
    since_ms = int(time.time() * 1000) - 5 * DAY_MS
    await caller.place.store.call("HSET", keys.endpoint(endpoint), "failing_ms", since_ms)
    made = await caller.create()
    await caller.wait_for_end(made)
    await wait_for_last_delivery(caller, endpoint, "pending")
    return made


async def test_endpoint_is_disabled_after_five_days_of_failures(caller: Caller) -> None:
    """It is shown with its reason, the account's other endpoint gets an event, and nothing more is posted to it."""
    async with Receiver() as broken, Receiver() as other:
        endpoint = await subscribe(caller, broken)
        await subscribe(caller, other, events=["endpoint.disabled"])
        await disable_by_failures(caller, broken, endpoint)
        [received] = await other.wait_for(1)
        assert received.verified
        told, seen = json.loads(received.body), await read_endpoint(caller, endpoint)
        assert ("endpoint.disabled", endpoint, broken.url) == (told["event"], told["endpointId"], told["url"])
        assert "every attempt failed for five days" == told["reason"] == seen["disabled_why"]
        assert (told["timestamp"], told["failingSince"]) == (seen["disabled_at"], seen["failing_since"])
        assert received.headers["webhook-id"] == told["id"]
        before = len(broken.received)
        await caller.wait_for_end(await caller.create())
        await asyncio.sleep(0.2)
        assert (before, 1) == (len(broken.received), len(other.received))


async def test_success_resets_the_five_days(caller: Caller) -> None:
    """An endpoint that accepted one event is healthy again, however long it failed before."""
    async with Receiver(BROKEN) as receiver:
        endpoint = await subscribe(caller, receiver)
        await caller.wait_for_end(await caller.create())
        await wait_for_last_delivery(caller, endpoint, "pending")
        await caller.place.store.call("HSET", keys.endpoint(endpoint), "failing_ms", 1)
        await caller.wait_for_end(await caller.create())
        await wait_for_last_delivery(caller, endpoint, "delivered")
        assert not {"failing_since", "disabled_at"} & set(await read_endpoint(caller, endpoint))


async def test_enabled_endpoint_gets_missed_events_on_replay(caller: Caller) -> None:
    """After it is enabled, an endpoint gets dead and unsent events once each, on demand."""
    async with Receiver() as receiver:
        endpoint = await subscribe(caller, receiver, events=ENDS)
        given_up = await disable_by_failures(caller, receiver, endpoint)
        missed = [await caller.create() for _ in range(3)]
        for made in missed:
            await caller.wait_for_end(made)
        first = await wait_for_last_delivery(caller, endpoint, "pending")
        await post(caller, f"{endpoint}/deliveries/{first['id']}/redeliver", 409)
        await post(caller, f"{endpoint}/replay", 409, json={"since": "2026-01-01T00:00:00Z", "which": "missing"})
        assert "disabled_at" not in await post(caller, f"{endpoint}/enable", 200)
        receiver.default = Reply()
        del receiver.received[:]
        since = {"since": "2026-01-01T00:00:00Z"}
        assert {"queued": 3} == await post(caller, f"{endpoint}/replay", 202, json={**since, "which": "missing"})
        assert {"queued": 0} == await post(caller, f"{endpoint}/replay", 202, json={**since, "which": "missing"})
        await post(caller, f"{endpoint}/deliveries/{first['id']}/redeliver", 202)
        received = await receiver.wait_for(4)
        assert all(one.verified for one in received)
        assert sorted([given_up, *missed]) == sorted(json.loads(one.body)["id"] for one in received)


async def test_dead_deliveries_are_replayed(caller: Caller) -> None:
    """Dead deliveries since a time are restarted, and their log keeps the first attempts."""
    async with Receiver(Reply(status=410)) as receiver:
        endpoint = await subscribe(caller, receiver, events=ENDS)
        made = await caller.create()
        await caller.wait_for_end(made)
        dead = await wait_for_last_delivery(caller, endpoint, "dead")
        await post(caller, f"{endpoint}/enable", 200)
        for since, queued in (("2099-01-01T00:00:00Z", 0), (dead["created_at"], 1)):
            asked = {"since": since, "which": "failed"}
            assert {"queued": queued} == await post(caller, f"{endpoint}/replay", 202, json=asked)
        first, again = await receiver.wait_for(2)
        assert (first.headers["webhook-id"], first.body) == (again.headers["webhook-id"], again.body)
        delivered = await wait_for_last_delivery(caller, endpoint, "delivered")
        assert [410, 200] == [attempt["status"] for attempt in delivered["attempts"]]


async def test_delivered_event_is_redelivered(caller: Caller) -> None:
    """The owner can redeliver any event under the same id; another account cannot."""
    async with Receiver() as receiver:
        endpoint = await subscribe(caller, receiver)
        await caller.wait_for_end(await caller.create())
        delivery = await wait_for_last_delivery(caller, endpoint, "delivered")
        stranger, path = await caller.place.create_caller(), f"{endpoint}/deliveries/{delivery['id']}/redeliver"
        await post(stranger, path, 404)
        await post(caller, path, 202)
        first, again = await receiver.wait_for(2)
        assert first.headers["webhook-id"] == again.headers["webhook-id"] == delivery["event"]
        for what in ("enable", "rotate"):
            await post(stranger, f"{endpoint}/{what}", 404)


def signs(secret: str, received: Received) -> bool:
    """Return whether the public package verifies a post with this secret."""
    try:
        Webhook(secret).verify(received.body, received.headers)
    except WebhookVerificationError:
        return False
    return True


async def test_both_secrets_sign_for_a_day_after_rotation(caller: Caller) -> None:
    """After a rotation either secret verifies a post; after 24 hours only the new one does."""
    async with Receiver() as receiver:
        endpoint = await subscribe(caller, receiver, events=ENDS)
        old = str(receiver.secret)
        rotated = await post(caller, f"{endpoint}/rotate", 200)
        assert (await read_endpoint(caller, endpoint))["old_secret_until"] == rotated["old_secret_until"]
        new = rotated["secret"]
        await caller.wait_for_end(await caller.create())
        [first] = await receiver.wait_for(1)
        assert [True, True] == [signs(secret, first) for secret in (old, new)]
        store, key = caller.place.store, keys.endpoint(endpoint)
        until_ms = int(await store.call("HGET", key, "old_until_ms"))
        assert 0 <= time.time() * 1000 + DAY_MS - until_ms < 10_000
        await store.call("HSET", key, "old_until_ms", until_ms - DAY_MS)
        await caller.wait_for_end(await caller.create())
        _, second = await receiver.wait_for(2)
        assert [False, True] == [signs(secret, second) for secret in (old, new)]


async def test_low_balance_event_is_sent_once(place: Place) -> None:
    """Only the order that takes the balance below the threshold sends the event, until a top-up goes above it."""
    caller = await place.create_caller(cents=66)
    async with Receiver() as receiver:
        await subscribe(caller, receiver, events=["balance.low"])
        for _ in range(4):
            await caller.wait_for_end(await caller.create())
        [received] = await receiver.wait_for(1)
        assert received.verified
        told = json.loads(received.body)
        assert ("balance.low", "balance.low", 44, 50) == tuple(
            told[name] for name in ("event", "type", "balanceCents", "thresholdCents")
        )
        for number, cents in enumerate((20, 30)):
            await ledger.top_up(place.store, caller.customer.account, cents * CENTS, f"more-{number}")
            await caller.wait_for_end(await caller.create())
        await caller.wait_for_end(await caller.create())
        _, second = await receiver.wait_for(2)
        assert 39 == json.loads(second.body)["balanceCents"]
        await asyncio.sleep(0.1)
        assert 2 == len(receiver.received)
