"""A provider's callbacks over real HTTP. Lost, late, duplicate, forged or early: the result is the same."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from shared.store import keys
from tests.suites.e2e.caller import Caller, Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")

MODELS = """
[[models]]
id = "test/brief"
name = "Brief"
kind = "image"
price_cents = 10
api_price_cents = 11
timeout_s = 4
routes = [{ provider = "paid", model = "paid" }]
"""
LONG = "wait=60"  # no poll is due before the callback arrives


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """Run a deployment that its provider can call back."""
    async with deploy(models=MODELS, workers=("paid",)) as place:
        yield place


@pytest_asyncio.fixture(loop_scope="module")
async def caller(place: Place) -> Caller:
    """Create a customer with one dollar."""
    return await place.create_caller(cents=100)


@pytest.mark.parametrize(
    "prompt",
    [
        f"call=once {LONG}",
        f"call=twice {LONG}",
        f"call=early {LONG}",
        "call=forged wait=1",
        "call=late wait=1",
        "call=never wait=1",
        "hangup-after call=once",
        "garbage call=twice",
    ],
)
async def test_generation_completes_with_any_callback(place: Place, caller: Caller, prompt: str) -> None:
    """It completes with one submit and one charge, by a valid callback or by polling."""
    generation = await caller.create(prompt, "test/paid")
    assert "completed" == (await caller.wait_for_end(generation))["status"]
    assert (1, 1) == (place.provider.submits[generation], place.provider.accepted[generation])
    assert 89 == await caller.check_balance()


async def test_callback_after_the_refund_attaches_the_result(place: Place, caller: Caller) -> None:
    """A lost submit is refunded at its deadline, and a later callback attaches the result at no charge."""
    place.provider.after_s["late"] = (5.0,)
    generation = await caller.create("hangup-after call=late", "test/brief")
    assert "outcome_unknown" == (await caller.wait_for_end(generation))["error_code"]
    end = time.monotonic() + 10
    while "late_urls" not in (shown := await caller.poll(generation)):
        assert time.monotonic() < end, shown
        await asyncio.sleep(0.1)
    assert ("failed", 1) == (shown["status"], place.provider.accepted[generation])
    assert 100 == await caller.check_balance()
    assert None is await place.store.call("ZSCORE", keys.LATE, generation)
