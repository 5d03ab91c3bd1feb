"""Every documented call of the WOWFLOW API, as a client of the documentation sends it."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from shared.store import accounts
from tests.harness.bounds import within
from tests.suites.e2e.caller import Caller, Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")

GENERATIONS = "/api/v1/generations"
SAMPLE = "google/nano-banana-2-pro-1k"
TIMESTAMP = re.compile(r"20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d\.\d{3}Z")
MODELS = f"""
[[models]]
id = "{SAMPLE}"
name = "Nano Banana Pro 1K"
kind = "image"
price_cents = 10
resolution = "1K"
routes = [{{ provider = "paid", model = "paid" }}]

[models.input]
seed = {{}}

[[models]]
id = "test/clip"
name = "Clip"
kind = "video"
price_cents = 0.5
duration_s = 3
routes = [{{ provider = "noop", model = "noop" }}]
"""
MODEL = {
    "id": str,
    "name": str,
    "type": str,
    "price_cents": int,
    "price_usd": float,
    "price_micros": int,
    "pricing": dict,
}
CREATED = {
    **{"id": str, "status": str, "model": str, "cost_cents": int, "cost_usd": float, "cost_micros": int},
    "created_at": str,
}
COMPLETED = CREATED | {"result_url": str, "completed_at": str}
FAILED = CREATED | {"error": str, "error_code": str, "completed_at": str, "refunded_cents": int, "refunded_micros": int}
BALANCE = {
    **{"balance_cents": int, "balance_usd": float, "total_topup_cents": int, "total_spent_cents": int},
    **{"balance_micros": int, "total_topup_micros": int, "total_spent_micros": int},
}
TRANSACTION = {"type": str, "amount_cents": int, "amount_usd": float, "amount_micros": int, "created_at": str}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """Run two gateways and a worker for each double, without webhooks."""
    async with deploy(models=MODELS, gateways=2, workers=("noop", "paid"), deliver=0) as place:
        yield place


@pytest_asyncio.fixture(loop_scope="module")
async def caller(place: Place) -> Caller:
    """Create a customer with one dollar."""
    return await place.create_caller(cents=100)


def assert_fields(body: dict[str, Any], documented: dict[str, type]) -> None:
    """Assert that every documented field is present, of its type and in its form."""
    assert documented == {name: type(body.get(name)) for name in documented}, body
    for name, value in body.items():
        if name.endswith("_at"):
            assert TIMESTAMP.fullmatch(value), (name, value)
    if "status" in documented:
        assert str(UUID(body["id"])) == body["id"]
        assert body["status"] in ("processing", "completed", "failed")


async def test_models_have_their_documented_fields(caller: Caller) -> None:
    """The list of models has the documented fields, the UI price plus 5 %, and nulls."""
    answer = await caller.request("GET", "/api/v1/models")
    assert 200 == answer.status
    found = {model["id"]: model for model in answer.body["data"]}
    for model in found.values():
        assert_fields(model, MODEL)
        assert {"resolution", "duration_sec", "simulated"} <= set(model)
        assert model["price_usd"] == model["price_cents"] / 100
        assert model["pricing"]["text"].startswith("$")
    assert "$0.105 per order" == found[SAMPLE]["pricing"]["text"]
    documented = {
        "id": SAMPLE,
        "name": "Nano Banana Pro 1K",
        "type": "image",
        "price_cents": 11,
        "price_usd": 0.11,
        "resolution": "1K",
        "duration_sec": None,
    }
    assert documented == {name: found[SAMPLE][name] for name in documented}
    clip = found["test/clip"]
    assert ("video", 1, 3, None) == (clip["type"], clip["price_cents"], clip["duration_sec"], clip["resolution"])
    assert 0 == found["test/free"]["price_cents"]


async def test_created_polled_completed(caller: Caller, place: Place) -> None:
    """A generation is 201 processing at once, polls as processing, and then as completed with its result's URL."""
    answer = await caller.submit("a boat polls=3 wait=0.2", SAMPLE)
    assert 201 == answer.status
    assert_fields(answer.body, CREATED)
    assert ("processing", SAMPLE, 11, 0.11) == tuple(
        answer.body[name] for name in ("status", "model", "cost_cents", "cost_usd")
    )
    assert abs(time.time() - datetime.fromisoformat(answer.body["created_at"]).timestamp()) < 5
    shown = await caller.poll(answer.body["id"])
    assert answer.body["id"] == shown["id"]
    assert_fields(shown, CREATED)
    assert "processing" == shown["status"]
    assert not {"result_url", "completed_at", "error"} & set(shown)
    done = await caller.wait_for_end(answer.body["id"])
    assert_fields(done, COMPLETED)
    assert "completed" == done["status"]
    assert {name: answer.body[name] for name in CREATED if name != "status"} == {
        name: done[name] for name in CREATED if name != "status"
    }
    assert answer.body["created_at"] <= done["completed_at"]
    kept = datetime.fromisoformat(done["expires_at"]) - datetime.fromisoformat(done["completed_at"])
    assert timedelta(days=30) == kept
    picture = await caller.request("GET", done["result_url"], headers={"Authorization": ""})
    assert (200, "image/png", b"\x89PNG") == (picture.status, picture.headers["Content-Type"], picture.body[:4])
    assert 1 == place.provider.accepted[answer.body["id"]]
    assert answer.body["id"] in answer.headers["Location"]


async def test_metadata_is_returned_and_lists_are_filtered_by_it(caller: Caller) -> None:
    """Both APIs return an order's own facts, the quote takes them, and pairs outside the bounds cost nothing."""
    order = {"model": "test/noop", "prompt": "a boat", "metadata": {"user": "u_1", "trip.id": "7"}}
    made = await caller.request("POST", "/api/v1/generations", json=order)
    assert (201, order["metadata"]) == (made.status, made.body["metadata"])
    await caller.create()
    done = await caller.wait_for_end(made.body["id"])
    assert order["metadata"] == done["metadata"]
    for query, wanted in (
        ("metadata.user=u_1", {made.body["id"]}),
        ("metadata.user=u_2", set()),
        ("metadata.trip.id=7&metadata.user=u_1", {made.body["id"]}),
    ):
        found = await caller.request("GET", f"/api/v1/generations?{query}")
        assert wanted == {one["id"] for one in found.body["data"]}
        lines = await caller.request("GET", f"/api/v1/transactions?{query}")
        assert wanted == {one["generation_id"] for one in lines.body["data"]}
    assert 200 == (await caller.request("POST", "/api/v1/generations/quote", json=order)).status
    for bad in ({"k": 1}, {"k": "v" * 513}, {f"k{n}": "v" for n in range(17)}, ["k"]):
        refused = await caller.request("POST", "/api/v1/generations", json=order | {"metadata": bad})
        assert (400, True) == (refused.status, "metadata" in str(refused.body)), refused
    await caller.check_balance()


@pytest.mark.parametrize(("prompt", "code"), [("fail", "provider_failed"), ("refuse", "content_policy")])
async def test_failed_generation_is_refunded_and_has_an_error_string(caller: Caller, prompt: str, code: str) -> None:
    """A failed generation has a string in error and a code in error_code, is refunded, and costs nothing."""
    failed = await caller.wait_for_end(await caller.create(prompt, SAMPLE))
    assert_fields(failed, FAILED)
    assert ("failed", code, 11, 0) == tuple(
        failed[name] for name in ("status", "error_code", "refunded_cents", "cost_cents")
    )
    assert failed["error"]
    assert "result_url" not in failed
    assert 100 == await caller.check_balance()


async def test_generations_are_listed_newest_first(caller: Caller) -> None:
    """Without an id, the requested number of the account's generations come newest first, each as it polls."""
    made = [await caller.create(f"boat {number}") for number in range(5)]
    for generation in made:
        await caller.wait_for_end(generation)
    answer = await caller.request("GET", GENERATIONS)
    assert (200, {"data"}) == (answer.status, set(answer.body))
    assert made[::-1] == [generation["id"] for generation in answer.body["data"]]
    assert await caller.poll(made[-1]) == answer.body["data"][0]
    for generation in answer.body["data"]:
        assert_fields(generation, CREATED)
    two = await caller.request("GET", f"{GENERATIONS}?limit=2")
    assert made[:2:-1] == [generation["id"] for generation in two.body["data"]]
    assert [] == (await (await caller.place.create_caller()).request("GET", GENERATIONS)).body["data"]


async def test_balance_adds_up_in_every_state(caller: Caller) -> None:
    """The balance is top-ups minus spent before, during and after a generation that succeeds and one that fails."""

    async def read_balances() -> tuple[int, int, int]:
        body = (await caller.request("GET", "/api/v1/balance")).body
        assert_fields(body, BALANCE)
        assert "USD" == body["currency"]
        assert body["balance_cents"] == body["total_topup_cents"] - body["total_spent_cents"]
        assert body["balance_usd"] == body["balance_cents"] / 100
        assert body["balance_cents"] == await caller.check_balance()
        return body["balance_cents"], body["total_topup_cents"], body["total_spent_cents"]

    assert (100, 100, 0) == await read_balances()
    stuck = await caller.create("stuck", SAMPLE)
    await caller.wait_for_stage(stuck, "pending")
    assert (89, 100, 11) == await read_balances()
    await caller.wait_for_end(await caller.create("a boat", SAMPLE))
    assert (79, 100, 21) == await read_balances()
    await caller.wait_for_end(await caller.create("fail", SAMPLE))
    assert (79, 100, 21) == await read_balances()


async def test_quote_is_the_charge(caller: Caller) -> None:
    """A quote charges nothing, names the price and the providers, and equals the charge that follows."""
    body = {"model": SAMPLE, "prompt": "a boat"}
    answer = await caller.request("POST", f"{GENERATIONS}/quote", json=body)
    assert 200 == answer.status
    assert (11, 0.11, 105_000, True) == tuple(
        answer.body[name] for name in ("price_cents", "price_usd", "price_micros", "affordable")
    )
    assert ([{"unit": "order", "quantity": 1.0, "unit_micros": 100_000}], 5.0) == (
        answer.body["breakdown"],
        answer.body["markup_percent"],
    )
    assert 100 == await caller.check_balance()
    created = await caller.request("POST", GENERATIONS, json=body)
    assert created.body["cost_micros"] == answer.body["price_micros"]
    assert created.body["provider"] == answer.body["providers"][0]
    assert [False, False] == [answer.body["simulated"], created.body["simulated"]]


async def test_order_over_its_cap_is_refused(caller: Caller) -> None:
    """A request whose price is above `max_cost_cents` is refused before anything is charged, quoted or ordered."""
    body = {"model": SAMPLE, "prompt": "a boat", "max_cost_cents": 10}
    for path in (GENERATIONS, f"{GENERATIONS}/quote"):
        answer = await caller.request("POST", path, json=body)
        assert (400, "over_max_cost") == (answer.status, answer.body["error"]["code"])
    assert 100 == await caller.check_balance()
    assert 201 == (await caller.request("POST", GENERATIONS, json=body | {"max_cost_cents": 11})).status


async def test_transactions_are_newest_first(caller: Caller) -> None:
    """Top-ups, spending and refunds are listed newest first, signed, and add up to the balance."""
    completed = await caller.create("a boat", SAMPLE)
    await caller.wait_for_end(completed)
    failed = await caller.create("fail", SAMPLE)
    await caller.wait_for_end(failed)
    answer = await caller.request("GET", "/api/v1/transactions")
    assert (200, {"data"}) == (answer.status, set(answer.body))
    for line in answer.body["data"]:
        assert_fields(line, TRANSACTION)
        assert line["amount_usd"] == line["amount_cents"] / 100
    assert [
        ("refund", 11, failed),
        ("spend", -11, failed),
        ("spend", -11, completed),
        ("topup", 100, None),
    ] == [(line["type"], line["amount_cents"], line["generation_id"]) for line in answer.body["data"]]
    assert 895_000 == sum(line["amount_micros"] for line in answer.body["data"])
    table = await caller.request("GET", "/api/v1/transactions?type=spend", headers={"Accept": "text/csv"})
    assert (200, "text/csv; charset=utf-8", "*") == (
        table.status,
        table.headers["Content-Type"],
        table.headers["Access-Control-Allow-Origin"],
    )
    names, *rows = table.body.decode().strip().split("\r\n")
    assert "sequence,created_at,type,amount_micros,generation_id,reference" == names
    assert [row.split(",")[2] for row in rows] == ["spend"] * len(rows) != []
    one = await caller.request("GET", "/api/v1/transactions?limit=1")
    assert answer.body["data"][:1] == one.body["data"]


@pytest.mark.parametrize(
    "prefer",
    ["wait=20", "WAIT=20", 'wait="20"', "respond-async, wait=20", "wait=20; foo=bar", "wait = 20", "wait=9999"],
)
async def test_generation_is_answered_with_its_result_when_preferred(caller: Caller, prefer: str) -> None:
    """With Prefer: wait=N the response is 201 with the result as soon as there is one."""
    async with within(0):
        answer = await caller.submit("a boat", SAMPLE, prefer=prefer)
    assert (201, "completed") == (answer.status, answer.body["status"])
    assert_fields(answer.body, COMPLETED)
    assert re.fullmatch(r"wait=\d+", answer.headers["Preference-Applied"])


async def test_wait_is_read_from_a_second_prefer_header(caller: Caller) -> None:
    """A wait in the second of two Prefer headers counts, as RFC 7240 demands."""
    headers = [("Authorization", f"Bearer {caller.customer.key}"), ("Prefer", "respond-async"), ("Prefer", "wait=5")]
    url = caller.place.stack.url + GENERATIONS
    sent = {"model": SAMPLE, "prompt": "a boat"}
    async with caller.place.session.post(url, json=sent, headers=headers) as response:
        assert "completed" == (await response.json())["status"]


async def test_generation_is_processing_when_the_wait_ends(caller: Caller) -> None:
    """A generation that still runs after N seconds is 201 processing, and goes on."""
    began = time.monotonic()
    answer = await caller.submit("a boat polls=2 wait=1.5", SAMPLE, prefer="wait=1")
    assert 0.9 < time.monotonic() - began
    assert (201, "processing") == (answer.status, answer.body["status"])
    assert "completed" == (await caller.wait_for_end(answer.body["id"]))["status"]


@pytest.mark.parametrize("prefer", ["wait", "wait=", "wait=abc", "wait=-5", "wait=0", "wait=1.5", "await=20", "x", "="])
async def test_preference_is_ignored_when_invalid(caller: Caller, prefer: str) -> None:
    """An invalid preference is ignored, and the response is 201 processing at once."""
    answer = await caller.submit("stuck", SAMPLE, prefer=prefer)
    assert (201, "processing") == (answer.status, answer.body["status"])
    assert "Preference-Applied" not in answer.headers


async def test_replay_that_waits_is_answered_with_the_first_request(caller: Caller) -> None:
    """A replay that waits is answered together with the first request, through another gateway too."""
    first = asyncio.create_task(caller.submit("a boat polls=2 wait=0.7", SAMPLE, idempotency_key="k", prefer="wait=10"))
    await asyncio.sleep(0.2)
    sent = {"model": SAMPLE, "prompt": "a boat polls=2 wait=0.7"}
    headers = {"Idempotency-Key": "k", "Prefer": "wait=10"}
    async with within(2):
        second = await caller.request("POST", caller.place.stack.urls[1] + GENERATIONS, json=sent, headers=headers)
    assert ((await first).body["id"], "completed") == (second.body["id"], second.body["status"])
    assert ("true", None) == (second.headers["Idempotent-Replayed"], (await first).headers.get("Idempotent-Replayed"))
    assert 89 == await caller.check_balance()


async def test_replay_answers_the_first_generation(caller: Caller) -> None:
    """The same Idempotency-Key and body answers the first generation, marked, and charges nothing."""
    first = await caller.submit("a boat", SAMPLE, idempotency_key="k-1")
    await caller.wait_for_end(first.body["id"])
    again = await caller.submit("a boat", SAMPLE, idempotency_key="k-1")
    assert (201, "true") == (again.status, again.headers["Idempotent-Replayed"])
    assert_fields(again.body, COMPLETED)
    assert await caller.poll(first.body["id"]) == again.body
    assert "Idempotent-Replayed" not in first.headers
    assert 89 == await caller.check_balance()
    other = await caller.place.create_caller()
    assert first.body["id"] != await other.create("a boat", SAMPLE, idempotency_key="k-1")


async def test_replay_of_a_failure_is_the_same_502(caller: Caller) -> None:
    """A waiting replay of a failed generation is the same 502, without a second refund."""
    for _ in range(3):
        answer = await caller.submit("refuse", SAMPLE, idempotency_key="k", prefer="wait=10")
        assert (502, "upstream_error") == (answer.status, answer.body["error"]["code"])
    assert 100 == await caller.check_balance()
    assert 1 == len((await caller.request("GET", GENERATIONS)).body["data"])


@pytest.mark.parametrize("prefer", ["", "wait=10"])
async def test_fifty_concurrent_copies(caller: Caller, prefer: str) -> None:
    """Fifty concurrent copies under one key, over two gateways, are one generation and one charge."""
    body = {"model": SAMPLE, "prompt": "a boat"}
    headers = {"Idempotency-Key": "k", "Prefer": prefer}
    urls = [url + GENERATIONS for url in caller.place.stack.urls] * 25
    answers = await asyncio.gather(*[caller.request("POST", url, json=body, headers=headers) for url in urls])
    assert {201} == {answer.status for answer in answers}
    same = ("id", "model", "cost_cents", "cost_usd", "created_at")
    assert 1 == len({tuple(answer.body[name] for name in same) for answer in answers})
    assert 49 == sum(answer.headers.get("Idempotent-Replayed") == "true" for answer in answers)
    if prefer:
        assert 1 == len({str(answer.body) for answer in answers})
    await caller.wait_for_end(answers[0].body["id"])
    assert 89 == await caller.check_balance()
    assert {answers[0].body["id"]: 1} == {
        name: count for name, count in caller.place.provider.submits.items() if name == answers[0].body["id"]
    }


async def test_either_kind_of_key_works(caller: Caller, place: Place) -> None:
    """A key of the other dialect belongs to the same account, and replays the same Idempotency-Keys."""
    _, other = await accounts.create_key(place.store, caller.customer.account, "wokgen")
    first = await caller.create("a boat", idempotency_key="k")
    headers = {"Authorization": f"Bearer {other}", "Idempotency-Key": "k"}
    sent = {"model": "test/noop", "prompt": "a boat"}
    assert first == (await caller.request("POST", GENERATIONS, json=sent, headers=headers)).body["id"]
    assert 89 == (await caller.request("GET", "/api/v1/balance", headers=headers)).body["balance_cents"]


async def test_requests_are_read_leniently_where_the_documentation_is_silent(caller: Caller) -> None:
    """Input can be null or empty, and the scheme can be in lower case."""
    bodies: list[dict[str, Any]] = [
        {"input": None},
        {"input": {}},
        {"input": {"seed": 7}},
        {"input": {"seed": None}},
    ]
    for extra in bodies:
        sent = {"model": SAMPLE, "prompt": "a boat", **extra}
        headers = {"Authorization": f"bearer  {caller.customer.key} "}
        assert 201 == (await caller.request("POST", GENERATIONS, json=sent, headers=headers)).status
    sent = b'{"model": "test/noop", "prompt": "caf\\u00e9 \\ud83d\\ude00 \xc3\xa9"}'
    headers = {"Content-Type": "application/json; charset=UTF-8"}
    assert 201 == (await caller.request("POST", GENERATIONS, data=sent, headers=headers)).status


async def test_browsers_can_call_from_any_origin(caller: Caller) -> None:
    """A preflight needs no key and allows the documented methods and headers, and browsers can read responses."""
    asked = {
        "Authorization": "",
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type, idempotency-key, prefer",
    }
    answer = await caller.request("OPTIONS", GENERATIONS, headers=asked)
    assert 204 == answer.status
    assert "*" == answer.headers["Access-Control-Allow-Origin"]
    allowed = {name.strip().lower() for name in answer.headers["Access-Control-Allow-Headers"].split(",")}
    assert {"authorization", "content-type", "idempotency-key", "prefer"} <= allowed
    methods = {name.strip() for name in answer.headers["Access-Control-Allow-Methods"].split(",")}
    assert {"GET", "POST", "DELETE"} <= methods
    shown = await caller.request("GET", "/api/v1/balance", headers={"Origin": "https://app.example"})
    assert "*" == shown.headers["Access-Control-Allow-Origin"]
    assert "retry-after" in shown.headers["Access-Control-Expose-Headers"].lower()


@pytest.mark.parametrize(("given", "kept"), [("my-trace-7", True), ("x" * 65, False), ("ü", False), ("", False)])
async def test_every_response_has_a_request_id(caller: Caller, given: str, kept: bool) -> None:
    """A response repeats the caller's X-Request-Id if it is short plain text, and has one of ours otherwise."""
    answer = await caller.request("GET", "/api/v1/models", headers={"X-Request-Id": given})
    assert kept == (given == answer.headers["X-Request-Id"])
    assert answer.headers["X-Request-Id"]


async def test_reading_never_bills(caller: Caller, place: Place) -> None:
    """A thousand polls of one generation change nothing in the ledger and send nothing to the provider."""
    made = await caller.create("a boat", SAMPLE)
    await caller.wait_for_end(made)
    lines, looks = (await caller.request("GET", "/api/v1/transactions")).body["data"], place.provider.polls[made]
    for _ in range(10):
        await asyncio.gather(*[caller.poll(made) for _ in range(100)])
    assert lines == (await caller.request("GET", "/api/v1/transactions")).body["data"]
    assert (1, looks) == (place.provider.submits[made], place.provider.polls[made])
