"""The store is killed or stalled under load: answers are correct and timely, and nothing accepted is lost."""

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from tests.harness.bounds import within
from tests.suites.e2e.caller import RESPONSE_S, Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")

GENERATIONS = "/api/v1/generations"
ORDERS, AT_ONCE = 300, 10
RECOVERED_S = 10.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """Run a deployment with two gateways."""
    async with deploy(gateways=2, workers=("noop", "paid"), deliver=1) as place:
        yield place


async def test_generations_complete_when_store_is_killed_under_load(place: Place) -> None:
    """Generations accepted before, during and after the outage complete without help, each charged once."""
    caller = await place.create_caller(cents=ORDERS * 11, concurrency=1000)
    room = asyncio.Semaphore(AT_ONCE)

    async def submit_one(number: int) -> tuple[str, int]:
        async with room:
            return await caller.submit_until_accepted(number, ("test/noop", "test/paid")[number % 2])

    orders = [asyncio.create_task(submit_one(number)) for number in range(ORDERS)]
    while sum(order.done() for order in orders) < ORDERS // 3:
        await asyncio.sleep(0.005)
    place.stack.processes["store"].kill()
    await asyncio.sleep(2.2)
    await place.stack.start_store()
    async with within(RECOVERED_S):
        made = await asyncio.gather(*orders)
    assert any(tries for _, tries in made)
    assert ORDERS == len({generation for generation, _ in made})
    for generation, _ in made:
        assert "completed" == (await caller.wait_for_end(generation))["status"]
    assert 0 == await caller.check_balance()
    paid = [generation for generation, _ in made[1::2]]
    assert {1} == {place.provider.submits[generation] for generation in paid}


async def test_stalled_store_gives_503_and_recovers(place: Place) -> None:
    """While the store does not answer, calls get 503 within 2 s; afterwards everything continues."""
    caller = await place.create_caller(cents=100)
    made = await caller.create("polls=3 wait=0.9", "test/paid")
    found = re.findall(r"Valkey (\d+) serves", place.stack.processes["store"].output)
    assert found
    os.kill(int(found[-1]), signal.SIGSTOP)
    try:
        async with within(RESPONSE_S):
            answers = await asyncio.gather(
                caller.submit(),
                caller.request("GET", "/api/v1/balance"),
                caller.request("GET", f"{GENERATIONS}?id={made}"),
            )
        for answer in answers:
            assert (503, "unavailable") == (answer.status, answer.body["error"]["code"])
        async with within(RESPONSE_S):
            assert 503 == (await caller.request("GET", "/readyz")).status
    finally:
        os.kill(int(found[-1]), signal.SIGCONT)
    await place.stack.wait_until_ready()
    assert "completed" == (await caller.wait_for_end(made))["status"]
    assert "completed" == (await caller.wait_for_end(await caller.create()))["status"]
    assert 1 == place.provider.submits[made]


async def test_waiting_caller_gets_201_when_store_dies(place: Place) -> None:
    """A caller who waits for a result while the store dies gets 201 processing, because the order is charged."""
    caller = await place.create_caller(cents=100)
    waiting = asyncio.create_task(caller.submit("stuck", "test/paid", prefer="wait=2"))
    while not (listed := (await caller.request("GET", GENERATIONS)).body["data"]):
        await asyncio.sleep(0.01)
    place.stack.processes["store"].kill()
    try:
        answer = await waiting
        assert (201, "processing", listed[0]["id"]) == (answer.status, answer.body["status"], answer.body["id"])
    finally:
        await place.stack.start_store()
    await place.stack.wait_until_ready()
    assert listed[0]["id"] == (await caller.poll(answer.body["id"]))["id"]


async def test_processes_wait_for_a_late_store(place: Place) -> None:
    """A gateway and a worker started before their store become ready once it runs."""
    place.stack.processes["store"].kill()
    for name in ("gateway", "run-noop"):
        place.stack.processes[name].kill()
        place.stack.processes[name].start()
    await asyncio.sleep(0.5)
    with pytest.raises(aiohttp.ClientError):
        await place.session.get(place.stack.url + "/healthz")
    await place.stack.start_store()
    await place.stack.wait_until_ready()
    caller = await place.create_caller(cents=100)
    assert "completed" == (await caller.wait_for_end(await caller.create()))["status"]
