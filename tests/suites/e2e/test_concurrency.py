"""Two gateways, many concurrent callers, one balance."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.suites.e2e.caller import Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """Deploy with two gateways."""
    async with deploy(gateways=2, workers=("noop",), deliver=0) as place:
        yield place


async def test_concurrent_submits_never_exceed_the_balance(place: Place) -> None:
    """With a balance for 120 of 200 concurrent submits, 120 are accepted, 80 get 402, and the ledger balances at 0."""
    caller = await place.create_caller(cents=120 * 11)
    urls = [url + "/api/v1/generations" for url in place.stack.urls] * 100
    body = {"model": "test/noop", "prompt": "a red boat"}
    answers = await asyncio.gather(*[caller.request("POST", url, json=body) for url in urls])
    accepted = [answer.body["id"] for answer in answers if answer.status == 201]
    refused = [answer.body["error"]["code"] for answer in answers if answer.status == 402]
    assert (120, 80) == (len(accepted), len(refused))
    assert {"insufficient_balance"} == set(refused)
    for created in accepted:
        assert "completed" == (await caller.wait_for_end(created))["status"]
    assert 0 == await caller.check_balance()
    balance = (await caller.request("GET", "/api/v1/balance")).body
    assert (0, 1320, 1320) == tuple(balance[f"{name}_cents"] for name in ("balance", "total_topup", "total_spent"))


async def test_orders_are_created_once_when_a_gateway_is_killed(place: Place) -> None:
    """Orders whose responses are lost with a gateway are created once when retried under their Idempotency-Key."""
    caller = await place.create_caller(cents=200 * 11, concurrency=1000)
    slots = asyncio.Semaphore(20)

    async def submit(number: int) -> tuple[str, int]:
        async with slots:
            return await caller.submit_until_accepted(number)

    orders = [asyncio.create_task(submit(number)) for number in range(200)]
    while sum(order.done() for order in orders) < 50:
        await asyncio.sleep(0.001)
    place.stack.processes["gateway-2"].kill()
    created = await asyncio.gather(*orders)
    assert any(retries for _, retries in created)
    assert 200 == len({generation for generation, _ in created})
    for generation, _ in created:
        assert "completed" == (await caller.wait_for_end(generation))["status"]
    assert 0 == await caller.check_balance()
