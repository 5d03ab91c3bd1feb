"""Two gateways, many callers at once, one balance."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.suites.e2e.caller import Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """A deployment with two gateways."""
    async with deploy(gateways=2, workers=("noop",), deliver=0) as place:
        yield place


async def test_200_submits_against_a_balance_for_120(place: Place) -> None:
    """Of 200 concurrent submits exactly 120 are accepted, 80 are 402, the balance ends at 0 and the books balance."""
    caller = await place.create_caller(cents=120 * 11)
    urls = [url + "/api/v1/generations" for url in place.stack.urls] * 100
    sent = {"model": "test/noop", "prompt": "a red boat"}
    answers = await asyncio.gather(*[caller.request("POST", url, json=sent) for url in urls])
    accepted = [answer.body["id"] for answer in answers if answer.status == 201]
    refused = [answer.body["error"]["code"] for answer in answers if answer.status == 402]
    assert (120, 80) == (len(accepted), len(refused))
    assert {"insufficient_balance"} == set(refused)
    for made in accepted:
        assert "completed" == (await caller.wait_for_end(made))["status"]
    assert 0 == await caller.check_balance()
    shown = (await caller.request("GET", "/api/v1/balance")).body
    assert (0, 1320, 1320) == tuple(shown[f"{name}_cents"] for name in ("balance", "total_topup", "total_spent"))


async def test_a_gateway_killed_under_load(place: Place) -> None:
    """Orders whose answers died with a gateway are made once when they are sent again under their Idempotency-Key."""
    caller = await place.create_caller(cents=200 * 11, concurrency=1000)
    room = asyncio.Semaphore(20)

    async def one(number: int) -> tuple[str, int]:
        async with room:
            return await caller.submit_until_accepted(number)

    orders = [asyncio.create_task(one(number)) for number in range(200)]
    while sum(order.done() for order in orders) < 50:
        await asyncio.sleep(0.001)
    place.stack.processes["gateway-2"].kill()
    made = await asyncio.gather(*orders)
    assert any(tries for _, tries in made)
    assert 200 == len({generation for generation, _ in made})
    for generation, _ in made:
        assert "completed" == (await caller.wait_for_end(generation))["status"]
    assert 0 == await caller.check_balance()
