"""Webhooks from a settled generation to a customer's server, despite refusals, redirects and killed dispatchers."""

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.harness.bounds import BUSY_S, WAIT_S
from tests.harness.doubles.receiver import Receiver, Reply
from tests.suites.e2e.caller import Caller, Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")

WEBHOOKS = "/api/v1/webhooks"
ENDS = ("generation.completed", "generation.failed")
ODD_PROMPTS = [  # one of each kind of text that breaks encoders, parsers, logs, pages, queries or terminals
    *("undefined", "null", "NaN", "-1", "1e1000", "0x0", "1,000.5", "true", "[]", "{}", "None", "\\", "\\u0000"),
    *("a\x00b", "a\x01\x1b[31mb", "a\x7fb", "a\x85b", "\ufeffa", "a\r\nb", " a ", "\ta\n", "\u2028\u2029", "\u00ad"),
    *("\u200b", "a\u202eb\u202c", "\u0301\u0301a", "Z" + "\u0335" * 400, "\ufdfd", "\U0001f469\u200d\U0001f4bb"),
    *(
        "\U0001f1e9\U0001f1ea",
        "\U000e0041",
        "\ufffe",
        "\uffff",
        "\U0010ffff",
        "\u0130\u0131\u00df\u1e9e",
        "\u0661\u0662",
    ),
    *(
        "\u7530\u4e2d",
        "\u0627\u0644",
        "\u05d0\u05b8",
        "'; DROP TABLE a; --",
        "%s%n%d",
        "{0}{a.b}",
        "$(id)`id`",
        "../../etc",
    ),
    *(
        "<script>alert(1)</script>",
        "&amp;&#39;",
        "]]>",
        "=1+1",
        "-->",
        "%00%0a",
        "https://a@b:1/?c#d",
        '"',
        "'",
        "\N{SNOWMAN}",
    ),
    *("x" * 4000, "\U0001f600" * 4000, '"' * 4000, "\x01" * 4000, "a b " * 1000),
]
SECOND_TRY_S = 5.0
RESCUED_S = 5.0  # until another dispatcher has the work of a dead one


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


async def wait_for_deliveries(caller: Caller, endpoint: str, state: str) -> list[dict[str, Any]]:
    """Wait until the newest delivery is in `state`, and return the deliveries that the owner sees."""
    end = time.monotonic() + WAIT_S
    while True:
        found = (await caller.request("GET", f"{WEBHOOKS}/{endpoint}/deliveries")).body["data"]
        if found and found[0]["state"] == state:
            return list(found)
        assert time.monotonic() < end, found
        await asyncio.sleep(0.03)


async def test_completed_event_is_verified_by_public_package(caller: Caller) -> None:
    """A completed generation sends one event with the documented fields, verified by the public package."""
    async with Receiver() as receiver:
        endpoint = await subscribe(caller, receiver)
        made = await caller.create("a red boat", "test/paid")
        [received] = await receiver.wait_for(1)
        assert received.verified
        assert "POST" == received.method
        assert "application/json" == received.headers["content-type"]
        told = json.loads(received.body)
        done = await caller.wait_for_end(made)
        documented = {
            "event": "generation.completed",
            "jobId": "job_" + made.replace("-", ""),
            "imageUrl": done["result_url"],
            "prompt": "a red boat",
            "timestamp": done["completed_at"],
        }
        assert documented == {name: told[name] for name in documented}
        [delivery] = await wait_for_deliveries(caller, endpoint, "delivered")
        assert (made, "generation.completed") == (delivery["generation_id"], delivery["type"])
        assert [(200, None, "ok")] == [(post["status"], post["error"], post["answer"]) for post in delivery["attempts"]]
        assert received.headers["webhook-id"] == delivery["event"]


async def test_odd_prompts_arrive_as_sent(caller: Caller) -> None:
    """A prompt is refused, or its event has it whole or says that it is cut."""
    async with Receiver() as receiver:
        await subscribe(caller, receiver)
        answers = [await caller.submit(prompt) for prompt in ODD_PROMPTS]
        accepted = {
            answer.body["id"]: prompt
            for answer, prompt in zip(answers, ODD_PROMPTS, strict=True)
            if answer.status == 201
        }
        assert {201, 400} >= {answer.status for answer in answers}
        events = [json.loads(received.body) for received in await receiver.wait_for(len(accepted))]
        assert accepted.keys() == {event["id"] for event in events}
        for event in events:
            whole = accepted[event["id"]]
            assert whole == event["prompt"] or (event["truncated"] and whole.startswith(event["prompt"]))


async def test_endpoint_gets_only_subscribed_types(caller: Caller) -> None:
    """An endpoint gets only its subscribed types, and the body of a failure has the reason."""
    async with Receiver() as receiver:
        await subscribe(caller, receiver, events=["generation.failed"])
        await caller.wait_for_end(await caller.create("a boat", "test/paid"))
        failed = await caller.create("fail", "test/paid")
        [received] = await receiver.wait_for(1)
        await asyncio.sleep(0.1)
        assert 1 == len(receiver.received)
        told = json.loads(received.body)
        assert ("generation.failed", failed) == (told["event"], told["id"])
        assert ("The model failed.", "provider_failed") == (told["error"], told["errorCode"])
        assert (0, 11) == (told["costCents"], told["refundedCents"])


async def test_deleted_endpoint_gets_nothing(caller: Caller) -> None:
    """Nothing is sent to a deleted endpoint, and another account cannot delete it."""
    async with Receiver() as receiver:
        endpoint = await subscribe(caller, receiver)
        stranger = await caller.place.create_caller()
        assert 404 == (await stranger.request("DELETE", f"{WEBHOOKS}/{endpoint}")).status
        assert 204 == (await caller.request("DELETE", f"{WEBHOOKS}/{endpoint}")).status
        assert 404 == (await caller.request("DELETE", f"{WEBHOOKS}/{endpoint}")).status
        await caller.wait_for_end(await caller.create())
        await asyncio.sleep(0.2)
        assert [] == receiver.received


async def test_410_disables_the_endpoint(caller: Caller) -> None:
    """410 ends the delivery and disables the endpoint visibly, and nothing more is sent."""
    async with Receiver(Reply(status=410)) as receiver:
        endpoint = await subscribe(caller, receiver)
        await caller.wait_for_end(await caller.create())
        [delivery] = await wait_for_deliveries(caller, endpoint, "dead")
        assert [410] == [post["status"] for post in delivery["attempts"]]
        [shown] = (await caller.request("GET", WEBHOOKS)).body["data"]
        assert endpoint == shown["id"]
        assert "410" in shown["disabled_why"]
        assert shown["disabled_at"].endswith("Z")
        assert "secret" not in shown
        await caller.wait_for_end(await caller.create())
        await asyncio.sleep(0.2)
        assert 1 == len(receiver.received)


async def test_refused_event_is_retried(caller: Caller) -> None:
    """After a 500, and after a redirect that is not followed, the event is sent again five seconds later."""
    async with Receiver() as target, Receiver(Reply(status=500)) as broken:
        moved = Receiver(Reply(status=302, headers={"Location": target.url}))
        async with moved:
            endpoints = [await subscribe(caller, receiver, events=ENDS) for receiver in (broken, moved)]
            await caller.wait_for_end(await caller.create())
            for endpoint, receiver, status in zip(endpoints, (broken, moved), (500, 302), strict=True):
                first, again = await receiver.wait_for(2, timeout_s=SECOND_TRY_S + BUSY_S)
                assert 0.9 * SECOND_TRY_S < again.at_s - first.at_s
                assert first.verified
                assert again.verified
                assert first.headers["webhook-id"] == again.headers["webhook-id"]
                assert first.body == again.body
                [delivery] = await wait_for_deliveries(caller, endpoint, "delivered")
                assert [status, 200] == [post["status"] for post in delivery["attempts"]]
            assert [] == target.received


async def test_events_wait_for_next_dispatcher(caller: Caller) -> None:
    """Events of generations that are settled while no dispatcher runs are sent by the next one."""
    stack = caller.place.stack
    stack.processes["deliver"].kill()
    async with Receiver() as receiver:
        await subscribe(caller, receiver)
        made = [await caller.create() for _ in range(5)]
        for generation in made:
            await caller.wait_for_end(generation)
        await asyncio.sleep(0.2)
        assert [] == receiver.received
        stack.processes["deliver"].start()
        received = await receiver.wait_for(5, timeout_s=WAIT_S)
        assert sorted(made) == sorted(json.loads(one.body)["id"] for one in received)
        assert all(one.verified for one in received)


async def test_event_is_resent_when_dispatcher_is_killed_mid_post(caller: Caller) -> None:
    """Another dispatcher sends the event again within 5 s, under the same id."""
    stack = caller.place.stack
    async with Receiver(Reply(delay_s=3)) as receiver:
        endpoint = await subscribe(caller, receiver)
        await caller.wait_for_end(await caller.create())
        await receiver.wait_for(1)
        stack.processes["deliver"].send(signal.SIGKILL)
        await stack.processes["deliver"].wait_for_exit()
        stack.processes["deliver"].start()
        first, again = await receiver.wait_for(2, timeout_s=RESCUED_S + BUSY_S)
        assert first.headers["webhook-id"] == again.headers["webhook-id"]
        assert again.verified
        await wait_for_deliveries(caller, endpoint, "delivered")


async def test_order_webhook_is_signed_logged_and_redelivered(caller: Caller) -> None:
    """A URL of an order gets its end once, signed with the account's secret, and its delivery is like any other."""
    async with Receiver() as receiver:
        url, headers = receiver.url, {"Idempotency-Key": "hooked"}
        order = {"model": "test/noop", "prompt": "a boat", "webhook_url": url}
        made, again = [
            await caller.request("POST", "/api/v1/generations", json=order, headers=headers) for _ in range(2)
        ]
        assert (201, made.body["id"]) == (made.status, again.body["id"])
        [first] = await receiver.wait_for(1)
        assert made.body["id"] == json.loads(first.body)["id"]
        [endpoint] = (await caller.request("GET", WEBHOOKS)).body["data"]
        assert (f"ep_orders_{caller.customer.account}", "", []) == tuple(
            endpoint[name] for name in ("id", "url", "events")
        )
        rotated = await caller.request("POST", f"{WEBHOOKS}/{endpoint['id']}/rotate")
        receiver.secret = rotated.body["secret"]
        [delivery] = await wait_for_deliveries(caller, endpoint["id"], "delivered")
        assert (url, made.body["id"]) == (delivery["url"], delivery["generation_id"])
        path = f"{WEBHOOKS}/{endpoint['id']}/deliveries/{delivery['id']}/redeliver"
        assert 202 == (await caller.request("POST", path)).status
        [_, second] = await receiver.wait_for(2)
        assert (first.headers["webhook-id"], True) == (second.headers["webhook-id"], second.verified)


async def test_order_webhook_works_in_every_dialect(caller: Caller) -> None:
    """Orders of WokGen and of OpenAI's clients name a URL, too, and a guest's do not."""
    async with Receiver() as receiver:
        orders = (
            ("/api/generate", {"prompt": "a boat", "webhookUrl": receiver.url, "provider": "noop"}),
            ("/v1/images/generations", {"model": "test/noop", "prompt": "a boat", "webhook_url": receiver.url}),
        )
        for path, body in orders:
            answer = await caller.request("POST", path, json=body, headers={"Prefer": "respond-async"})
            assert answer.status in (200, 201, 202), answer
        received = await receiver.wait_for(2)
        assert {"generation.completed"} == {json.loads(one.body)["event"] for one in received}
        path, body = orders[0]
        refused = await caller.request("POST", path, json=body, headers={"Authorization": ""})
        assert (401, True) == (refused.status, "webhookUrl" in str(refused.body))


@pytest.mark.parametrize("url", ["ftp://example.com", "https://example.com:25/a", "http://169.254.169.254/", ""])
async def test_order_webhook_is_refused_at_the_order(caller: Caller, url: str) -> None:
    """A URL that can never be posted to costs nothing, and the refusal names the field."""
    order = {"model": "test/noop", "prompt": "a boat", "webhook_url": url}
    refused = await caller.request("POST", "/api/v1/generations", json=order)
    assert (400, "invalid_input") == (refused.status, refused.body["error"]["code"])
    assert "webhook_url" in refused.body["error"]["message"]
    assert 1000 == await caller.check_balance()


async def test_failing_order_webhook_stops_no_others(caller: Caller) -> None:
    """A URL that is gone ends its own delivery, and the next order's URL gets its event."""
    async with Receiver(Reply(status=410)) as gone, Receiver() as well:
        for receiver in (gone, well):
            order = {"model": "test/noop", "prompt": "a boat", "webhook_url": receiver.url}
            await caller.request("POST", "/api/v1/generations", json=order)
            await receiver.wait_for(1)
        [endpoint] = (await caller.request("GET", WEBHOOKS)).body["data"]
        assert "disabled_at" not in endpoint
