"""The bounds on what a caller may make us keep, do or pay, over real HTTP."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import pytest_asyncio

from gateway.admission.images import Upload
from gateway.admission.uploads import store_uploads
from gateway.context import GatewayContext
from shared.domain.generation import Outcome, Spec
from shared.domain.ids import generation_id
from shared.ops.storage import Storage, new_input_path, new_path
from shared.store import generations, keys, ledger
from shared.store.connect import Store
from shared.store.record_sizes import RECORD_BYTES_MAX
from tests.harness.bounds import within
from tests.harness.doubles.provider import a_png
from tests.harness.factories import CENTS, create_customer, make_order
from tests.harness.processes import free_port
from tests.suites.e2e.caller import Answer, Caller
from tests.suites.e2e.visitor import Hall, Visitor, add_gateway, open_hall

pytestmark = pytest.mark.asyncio(loop_scope="module")

IMAGE, MUSIC = "/api/generate", "/api/music/generate"
UPSCALE, INTERROGATE = "/api/tools/upscale", "/api/tools/interrogate"
REFUSED = {"prompt": "refuse"}
PAYLOAD_BYTES = 700_000
ORDERS, STORE_GROWTH_MAX = 80, 3_000_000  # failed orders with a large image each, and what they may leave
MODELS = """
[[models]]
id = "test/jingle"
name = "Jingle"
kind = "music"
price_cents = 9
routes = [{ provider = "noop", model = "jingle", cost_cents = 1 }]

[models.input]
seconds = {}

[[models]]
id = "test/anthem"
name = "Anthem"
kind = "music"
price = { per = "second", cents = 2 }
routes = [{ provider = "paid", model = "anthem", cost = { per = "second", cents = 0.05 } }]

[models.input.seconds]
min = 1
max = 60
default = 10

[[models]]
id = "test/picky"
name = "Picky"
kind = "image"
price_cents = 1
hidden = true
routes = [{ provider = "kinds", model = "image" }]

[models.input]
image_urls = {}
"""
ENV = {"GUESTS_PER_NETWORK": "1"}


def data_url(payload_bytes: int = 0) -> str:
    """Return a `data:` URL with a small image, and random bytes behind it."""
    return "data:image/png;base64," + base64.b64encode(a_png() + os.urandom(payload_bytes)).decode()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def deployment() -> AsyncIterator[Hall]:
    """Run a gateway, a worker and a sweeper."""
    async with open_hall(models=MODELS, workers=("kinds",), deliver=0, env=ENV) as deployment:
        yield deployment


def assets_of(deployment: Hall) -> Path:
    """Return the folder of the outputs and uploads."""
    return deployment.place.stack.data_dir / "assets"


def list_files(deployment: Hall) -> set[Path]:
    """Return every stored file. A folder may disappear meanwhile."""
    return {Path(folder, name) for folder, _, names in os.walk(assets_of(deployment)) for name in names}


async def wait_for_files(deployment: Hall, expected: set[Path]) -> None:
    """Wait until exactly these files are stored."""
    async with within(10):
        while list_files(deployment) != expected:
            await asyncio.sleep(0.05)


def assert_refused(answer: Answer, status: int, code: str) -> None:
    """Check a refusal in its documented shape."""
    assert (status, code) == (answer.status, answer.body["code"]), answer
    assert {"error", "code"} == set(answer.body)
    if status == 429:
        assert 0 < int(answer.headers["Retry-After"]) <= 86_400
        assert answer.headers["X-RateLimit-Reset"]


async def test_refused_create_stores_nothing(deployment: Hall) -> None:
    """A request that is refused for any reason leaves no stored byte."""
    before, guest = list_files(deployment), deployment.guest()
    body = {"imageUrl": data_url()}
    long_key = {"Idempotency-Key": "k" * 256}
    assert_refused(await guest.request("POST", INTERROGATE, json=body, headers=long_key), 400, "INVALID_REQUEST")
    assert_refused(await guest.request("POST", UPSCALE, json=body | {"scale": 3}), 400, "INVALID_REQUEST")
    spent = await deployment.create_holder(daily_quota=0)
    assert_refused(await spent.request("POST", INTERROGATE, json=body), 429, "QUOTA_EXCEEDED")
    poor = await deployment.place.create_caller(cents=0)
    order = {"model": "test/upscale", "prompt": "x", "input": {"image_url": data_url()}}
    assert 402 == (await poor.request("POST", "/api/v1/generations", json=order)).status
    assert before == list_files(deployment)


async def test_uploads_are_deleted_when_their_generation_ends(deployment: Hall) -> None:
    """An input image is stored for its generation alone, and deleted after it, on both APIs."""
    before, guest = list_files(deployment), deployment.guest()
    job = await guest.post(INTERROGATE, {"imageUrl": data_url()})
    assert "A teal square." == job["caption"]
    rich = await deployment.place.create_caller()
    for url in (data_url(), data_url().replace("data:image/png", "DATA:;name=a")):
        order = {"model": "test/interrogate", "prompt": "x", "input": {"image_url": url}}
        answer = await rich.request("POST", "/api/v1/generations", json=order, headers={"Prefer": "wait=10"})
        assert "completed" == answer.body["status"], answer
        assert b"image_url" not in await read_spec(deployment, answer.body["id"])
    await wait_for_files(deployment, before)


async def read_spec(deployment: Hall, name: str) -> bytes:
    """Return the stored specification of a generation."""
    return bytes(await deployment.place.store.call("HGET", keys.generation(name), "spec"))


async def test_failed_orders_leave_store_and_folder_small(deployment: Hall) -> None:
    """After many failed orders with a large image each, the store has grown a little and the folder not at all."""
    before, store = list_files(deployment), deployment.place.store
    rich = await deployment.place.create_caller(cents=1000)
    url = data_url(PAYLOAD_BYTES)
    order = {"model": "test/picky", "prompt": "refuse", "input": {"image_urls": [url]}}
    memory = await read_memory(deployment)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(order_waiting(rich, order, first)) for first in range(4)]
    names = [name for task in tasks for name in task.result()]
    assert ORDERS == len(set(names))
    sizes = [await store.call("MEMORY", "USAGE", keys.generation(name)) for name in names]
    assert max(sizes) < 2_000
    await wait_for_files(deployment, before)
    assert await read_memory(deployment) - memory < STORE_GROWTH_MAX
    account = (await rich.request("GET", "/api/v1/balance")).body
    assert (0, 1000) == (account["total_spent_cents"], account["balance_cents"])


async def order_waiting(caller: Caller, order: dict[str, Any], first: int) -> list[str]:
    """Send a quarter of the orders one after the other, and return their ids once they have failed."""
    names = []
    for _ in range(ORDERS // 4):
        answer = await caller.request("POST", "/api/v1/generations", json=order)
        assert 201 == answer.status, (first, answer)
        names.append(answer.body["id"])
    for name in names:
        assert "failed" == (await caller.wait_for_end(name))["status"]
    return names


async def read_memory(deployment: Hall) -> int:
    """Return the memory of the store's data, in bytes."""
    info = (await deployment.place.store.call("INFO", "memory")).decode()
    return int(info.partition("used_memory_dataset:")[2].partition("\r")[0])


async def test_attempts_are_bounded_although_failures_give_the_quota_back(deployment: Hall) -> None:
    """A failure gives its slot of the quota back, and still counts as one of three attempts for each slot."""
    holder = await deployment.create_holder(daily_quota=2)
    for _ in range(6):
        assert 502 == (await holder.request("POST", IMAGE, json=REFUSED)).status
    assert 0 == await holder.fetch_quota_used()
    assert_refused(await holder.request("POST", IMAGE, json=REFUSED), 429, "LIMIT_EXCEEDED")
    allowed = await deployment.create_holder(daily_quota=2, daily_attempts=7)
    answers = [await allowed.request("POST", IMAGE, json=REFUSED) for _ in range(8)]
    assert [502] * 7 + [429] == [answer.status for answer in answers]


async def test_concurrent_calls_cannot_pass_a_bound(deployment: Hall) -> None:
    """Of forty concurrent orders exactly as many are accepted as there are attempts."""
    holder = await deployment.create_holder(daily_quota=100, daily_attempts=9)
    calls = [holder.request("POST", IMAGE, json={**REFUSED, "async": True}) for _ in range(40)]
    answers = await asyncio.gather(*calls)
    assert 9 == sum(answer.status == 202 for answer in answers)
    assert {"LIMIT_EXCEEDED"} == {answer.body["code"] for answer in answers if answer.status == 429}


async def test_requests_and_bytes_are_bounded(deployment: Hall) -> None:
    """A plan bounds the requests that create, refused ones too, their bytes, and the bytes that we store."""
    for quota, codes in ((1, [None, *["QUOTA_EXCEEDED"] * 3]), (9, [*[None] * 3, "LIMIT_EXCEEDED"])):
        busy = await deployment.create_holder(daily_quota=quota, daily_requests=3)
        answers = [await busy.request("POST", IMAGE, json={"prompt": "a boat"}) for _ in range(4)]
        assert codes == [answer.body.get("code") for answer in answers]
    for limit in ({"daily_mb_in": 1}, {"daily_mb_stored": 1}):
        heavy = await deployment.create_holder(daily_quota=100, **limit)
        bodies = [{"imageUrl": data_url(PAYLOAD_BYTES)} for _ in range(2)]
        first, second = [await heavy.request("POST", INTERROGATE, json=body) for body in bodies]
        assert 200 == first.status
        assert_refused(second, 429, "LIMIT_EXCEEDED")


async def test_guests_of_one_network_share_its_attempts(deployment: Hall) -> None:
    """Guests in a /56 share ten attempts and those in a /48 twenty, however many /64 they use."""
    accepted = {}
    for block in range(3):
        guests = [deployment.guest(f"2001:db8:77:{block:x}{number:02x}::1") for number in range(12)]
        answers = [await guest.request("POST", IMAGE, json=REFUSED) for guest in guests]
        accepted[block] = [answer.status for answer in answers].count(502)
        assert_refused(answers[-1], 429, "LIMIT_EXCEEDED")
    assert {0: 10, 1: 10, 2: 0} == accepted
    assert 502 == (await deployment.guest("2001:db8:78::1").request("POST", IMAGE, json=REFUSED)).status


async def test_guests_of_an_ipv4_network_share_its_attempts(deployment: Hall) -> None:
    """Guests in a /24 share eighty attempts, so whoever rents one cannot use up what all guests share."""
    guests = [deployment.guest(f"203.0.113.{number}") for number in range(1, 83)]
    answers = await asyncio.gather(*(guest.request("POST", IMAGE, json=REFUSED | {"async": True}) for guest in guests))
    assert 80 == [answer.status for answer in answers].count(202)
    assert_refused(next(answer for answer in answers if answer.status != 202), 429, "LIMIT_EXCEEDED")


async def test_money_of_all_guests_is_bounded(deployment: Hall) -> None:
    """Past the daily total of our money guests get only what is free, whoever they are; account holders get all."""
    url = await add_gateway(deployment, free_port(), GUESTS_COST_CENTS_PER_DAY="3")
    costly = {"prompt": "waltz", "provider": "noop", "async": True}
    orders = [await deployment.guest().request("POST", MUSIC, json=costly, url=url) for _ in range(4)]
    assert [202] * 3 == [order.status for order in orders[:3]]
    assert_refused(orders[3], 429, "GUEST_LIMIT_EXCEEDED")
    assert 502 == (await deployment.guest().request("POST", IMAGE, json=REFUSED, url=url)).status
    holder = await deployment.create_holder()
    assert 202 == (await holder.request("POST", MUSIC, json=costly, url=url)).status


async def test_guests_order_no_more_than_costs_a_cent(deployment: Hall) -> None:
    """A length that costs more than guests may use goes elsewhere, although the model's usual length does not."""
    body = {"prompt": "waltz", "provider": "paid", "model": "test/anthem", "async": True}
    callers = ((deployment.guest(), 15, "paid"), (deployment.guest(), 30, "kinds"))
    for caller, seconds, provider in (*callers, (await deployment.create_holder(), 30, "paid")):
        assert provider == (await caller.post(MUSIC, body | {"duration": seconds}, status=202))["provider"]


async def test_guests_use_only_allowed_providers(deployment: Hall) -> None:
    """A provider that guests may not use is replaced, and without another one they need a key."""
    url = await add_gateway(deployment, free_port(), GUEST_PROVIDERS="noop, paid")
    body = {"prompt": "a boat", "provider": "kinds", "async": True}
    assert "noop" == (await deployment.guest().post(IMAGE, body, url=url, status=202))["provider"]
    refused = await deployment.guest().request("POST", "/api/text/generate", json=body, url=url)
    assert_refused(refused, 401, "MISSING_API_KEY")
    holder = await deployment.create_holder()
    assert 202 == (await holder.request("POST", "/api/text/generate", json=body, url=url)).status


async def test_storage_failure_refunds_and_frees_the_key(deployment: Hall) -> None:
    """An order whose image cannot be stored is 503 and refunded, and its Idempotency-Key works later."""
    guest, folder = deployment.guest(), assets_of(deployment)
    aside = folder.with_name("aside")
    folder.rename(aside)
    folder.write_text("no folder")
    body, key = {"imageUrl": data_url()}, {"Idempotency-Key": "k-1"}
    try:
        assert_refused(await guest.request("POST", INTERROGATE, json=body, headers=key), 503, "UNAVAILABLE")
    finally:
        folder.unlink()
        aside.rename(folder)
    assert 0 == await guest.fetch_quota_used()
    again = await guest.request("POST", INTERROGATE, json=body, headers=key)
    assert (200, None) == (again.status, again.headers.get("Idempotent-Replayed"))


async def test_upload_of_a_canceled_order_is_not_kept(store_url: str, tmp_path: Path) -> None:
    """An image that is stored after its order ended is deleted at once: the sweeper was there already."""
    path, storage = new_input_path("0" * 32, 1_700_000_000_000), Storage.open(str(tmp_path))
    upload = Upload(path, a_png(), "image/png")
    async with Store(store_url) as store:
        context = cast(GatewayContext, SimpleNamespace(store=store, storage=storage))
        order = make_order(await create_customer(store), uploads=(path,), upload_bytes=10)
        accepted = await ledger.accept(store, order)
        await store_uploads(context, order, accepted, [upload])
        assert await storage.find(path) is not None
        await ledger.settle(store, order.id, "failed", cost_micros=0, outcome=Outcome())
        await store_uploads(context, order, accepted, [upload])
        assert await storage.find(path) is None


async def test_gateway_that_dies_before_the_upload_leaves_a_refunded_generation(deployment: Hall) -> None:
    """An accepted order whose image was never stored is given to a worker after a while, and refunded."""
    caller, store = await deployment.place.create_caller(), deployment.place.store
    path = new_path("0" * 32, "image/png", 1_700_000_000_000, 0)
    spec = Spec("wowflow", "interrogate", "test/interrogate", "interrogate", "x", {"image_url": f"asset:{path}"})
    order = make_order(caller.customer, provider="kinds", spec=spec, uploads=(path,), upload_bytes=10)
    await ledger.accept(store, order)
    held = await generations.view(store, "", order.id)
    assert held is not None
    assert "queued" == held.state
    due_ms = float(await store.call("ZSCORE", keys.queue("kinds"), order.id))
    assert 50_000 < due_ms - held.created_ms <= 60_000
    await store.call("HDEL", keys.generation(order.id), "hold_ms")
    await store.call("ZADD", keys.queue("kinds"), 1, order.id)
    ended = await caller.wait_for_end(order.id)
    assert ("failed", "image_unreachable", 0) == (ended["status"], ended["error_code"], ended["cost_cents"])


async def test_waiting_generation_keeps_its_slot_until_it_is_released(deployment: Hall) -> None:
    """A held generation is not run, and runs as soon as its upload is stored."""
    caller, store = await deployment.place.create_caller(), deployment.place.store
    spec = Spec("wowflow", "image", "test/image", "image", "a boat", {})
    order = make_order(caller.customer, provider="kinds", spec=spec, price_micros=CENTS, uploads=("none",))
    await ledger.accept(store, order)
    await asyncio.sleep(0.3)
    assert "queued" == (await caller.poll(order.id))["stage"]
    assert await ledger.release(store, order.id)
    assert "completed" == (await caller.wait_for_end(order.id))["status"]
    assert not await ledger.release(store, order.id)


async def test_order_too_large_for_a_record_is_refused(deployment: Hall) -> None:
    """A prompt with more bytes than a record can hold is 400, and names the field."""
    answer = await deployment.guest().request("POST", IMAGE, json={"prompt": "\N{FIRE}" * 15_000})
    assert_refused(answer, 400, "INVALID_INPUT")
    assert "prompt" in answer.body["error"]
    guest = deployment.guest()
    job = await guest.post(IMAGE, {"prompt": "a" * 20_000, "negativePrompt": "b" * 20_000})
    name = str(generation_id(job["jobId"]))
    used = ("MEMORY", "USAGE", keys.generation(name), "SAMPLES", 0)  # of every field, not of some
    assert await deployment.place.store.call(*used) < RECORD_BYTES_MAX


async def test_parallel_lists_are_bounded_and_do_not_starve_others(deployment: Hall) -> None:
    """An account reads a few lists at a time, the others are 429, and nobody else notices."""
    holder, other = await deployment.create_holder(), await deployment.create_holder()
    job = await holder.post(IMAGE, {"prompt": "a boat"})
    name = str(generation_id(job["jobId"]))
    listed = keys.generations(holder.account)
    await deployment.place.store.call("RPUSH", listed, *[name] * 999)
    answers = await asyncio.gather(*(read_list(holder) for _ in range(12)), read_list(other))
    assert {200, 429} >= {answer.status for answer in answers[:-1]}
    assert 200 in {answer.status for answer in answers[:-1]}
    assert 200 == answers[-1].status
    for answer in answers[:-1]:
        if answer.status == 429:
            assert_refused(answer, 429, "RATE_LIMITED")


async def read_list(visitor: Visitor) -> Answer:
    """Read the first page of a visitor's images."""
    return await visitor.request("GET", "/api/v1/assets")
