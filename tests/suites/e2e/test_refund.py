"""Every kind of failure refunds the whole price once, after a single submit."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.harness.bounds import within
from tests.suites.e2e.caller import Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEADLINE_S = 4
BRIEF = """
[[models]]
id = "test/brief"
name = "Brief"
kind = "image"
price_cents = 10
api_price_cents = 11
timeout_s = 4  # DEADLINE_S
routes = [{ provider = "paid", model = "paid" }]
"""
ENDS = {
    "refuse": ("content_policy",),
    "fail": ("provider_failed",),
    "stuck": ("timeout",),
    "hangup-before": ("outcome_unknown", "timeout"),
    "hangup-after": ("outcome_unknown", "timeout"),
    "garbage": ("outcome_unknown", "timeout"),
    "slow": ("outcome_unknown", "timeout"),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """Deploy a paid provider whose generations have four seconds."""
    async with deploy(models=BRIEF, workers=("paid",), deliver=0) as place:
        yield place


async def test_every_failure_is_refunded_once(place: Place) -> None:
    """A refused, failed, timed-out or uncertain generation fails in time, refunded in full and submitted once."""
    caller = await place.create_caller(cents=100)
    created = {prompt: await caller.create(prompt, "test/brief") for prompt in ENDS}
    assert 100 > await caller.check_balance()
    async with within(DEADLINE_S):
        ended = await asyncio.gather(*[caller.wait_for_end(generation_id) for generation_id in created.values()])
    ends = dict(zip(created, ended, strict=True))
    for prompt, codes in ENDS.items():
        end = ends[prompt]
        assert ("failed", 0, 11) == (end["status"], end["cost_cents"], end["refunded_cents"]), prompt
        assert end["error_code"] in codes, prompt
        assert 1 == place.provider.submits[created[prompt]], prompt
    assert 100 == await caller.check_balance()
    transactions = (await caller.request("GET", "/api/v1/transactions")).body["data"]
    assert 2 * len(ENDS) + 1 == len(transactions)


async def test_provider_outage_charges_nobody(place: Place) -> None:
    """The first generation in an outage is refunded, and later submits get 502 at once without a charge."""
    caller = await place.create_caller(cents=100)
    end = await caller.wait_for_end(await caller.create("down", "test/brief"))
    assert ("failed", "upstream_error", 11) == tuple(end[name] for name in ("status", "error_code", "refunded_cents"))
    answer = await caller.submit("a boat", "test/brief")
    assert (502, "upstream_error") == (answer.status, answer.body["error"]["code"])
    assert 1 == len((await caller.request("GET", "/api/v1/generations")).body["data"])
    assert 100 == await caller.check_balance()
