"""Cancelling over HTTP: free before the submit; afterwards the provider's result decides."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.suites.e2e.caller import Answer, Caller, Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """Deploy without a worker for provider noop."""
    async with deploy(workers=("paid",)) as place:
        yield place


@pytest_asyncio.fixture(loop_scope="module")
async def caller(place: Place) -> Caller:
    """Create a customer with a dollar."""
    return await place.create_caller(cents=100)


async def cancel(caller: Caller, generation: str) -> Answer:
    """Cancel a generation."""
    return await caller.request("DELETE", f"/api/v1/generations?id={generation}")


async def test_cancel_refunds_at_once_before_the_submit(caller: Caller) -> None:
    """A generation cancelled before its submit fails and costs nothing, and a second cancel returns the same."""
    generation = await caller.create()
    for _ in range(2):
        answer = await cancel(caller, generation)
        body = [answer.body[name] for name in ("status", "error_code", "refunded_cents")]
        assert (200, ["failed", "canceled", 11]) == (answer.status, body)
    assert 100 == await caller.check_balance()


async def test_cancel_refunds_a_task_that_the_provider_stops(place: Place, caller: Caller) -> None:
    """After the submit the worker cancels at the provider, and a stopped task is refunded in full."""
    generation = await caller.create("stuck obeys", "test/paid")
    await caller.wait_for_stage(generation, "pending")
    assert "processing" == (await cancel(caller, generation)).body["status"]
    assert "failed" == (await caller.wait_for_end(generation))["status"]
    assert ({generation}, 1) == (place.provider.cancelled & {generation}, place.provider.submits[generation])
    assert 100 == await caller.check_balance()


async def test_cancel_charges_a_task_that_the_provider_finishes(place: Place, caller: Caller) -> None:
    """A task that the provider finishes anyway costs its price, and then a cancel is refused with 409."""
    generation = await caller.create("polls=4 wait=0.3", "test/paid")
    await caller.wait_for_stage(generation, "pending")
    assert 200 == (await cancel(caller, generation)).status
    assert "completed" == (await caller.wait_for_end(generation))["status"]
    assert (409, 89) == ((await cancel(caller, generation)).status, await caller.check_balance())


async def test_cancel_finds_no_generation_of_another_account(place: Place, caller: Caller) -> None:
    """Another account's generation is not found."""
    generation = await caller.create()
    stranger = await place.create_caller()
    assert 404 == (await cancel(stranger, generation)).status
    assert "processing" == (await caller.poll(generation))["status"]
