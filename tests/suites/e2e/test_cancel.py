"""Cancelling over HTTP: free while no provider has the work; afterwards the provider's answer counts."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.suites.e2e.caller import Answer, Caller, Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """A deployment whose provider noop has no worker."""
    async with deploy(workers=("paid",)) as place:
        yield place


@pytest_asyncio.fixture(loop_scope="module")
async def caller(place: Place) -> Caller:
    """A customer with a dollar."""
    return await place.create_caller(cents=100)


async def cancel(caller: Caller, generation: str) -> Answer:
    """DELETE it."""
    return await caller.request("DELETE", f"/api/v1/generations?id={generation}")


async def test_what_no_provider_has_is_refunded_at_once(caller: Caller) -> None:
    """Before its submit a cancelled generation is failed and costs nothing; cancelling it again says the same."""
    generation = await caller.create()
    for _ in range(2):
        answer = await cancel(caller, generation)
        told = [answer.body[name] for name in ("status", "error_code", "refunded_cents")]
        assert (200, ["failed", "canceled", 11]) == (answer.status, told)
    assert 100 == await caller.check_balance()


async def test_what_a_provider_stops_is_refunded(place: Place, caller: Caller) -> None:
    """After its submit the provider is asked to stop, and if it does the whole price goes back."""
    generation = await caller.create("stuck obeys", "test/paid")
    await caller.wait_for_stage(generation, "pending")
    assert "processing" == (await cancel(caller, generation)).body["status"]
    assert "failed" == (await caller.wait_for_end(generation))["status"]
    assert ({generation}, 1) == (place.provider.cancelled & {generation}, place.provider.submits[generation])
    assert 100 == await caller.check_balance()


async def test_what_a_provider_finishes_all_the_same_is_charged(place: Place, caller: Caller) -> None:
    """A provider that goes on delivers, and what it delivers costs its price; then there is nothing to cancel."""
    generation = await caller.create("polls=4 wait=0.3", "test/paid")
    await caller.wait_for_stage(generation, "pending")
    assert 200 == (await cancel(caller, generation)).status
    assert "completed" == (await caller.wait_for_end(generation))["status"]
    assert (409, 89) == ((await cancel(caller, generation)).status, await caller.check_balance())


async def test_nobody_cancels_what_is_not_theirs(place: Place, caller: Caller) -> None:
    """Another account's generation is not found."""
    generation = await caller.create()
    stranger = await place.create_caller()
    assert 404 == (await cancel(stranger, generation)).status
    assert "processing" == (await caller.poll(generation))["status"]
