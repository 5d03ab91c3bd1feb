"""Three routes, two of them down: the third serves in time at one charge, until the first is up again."""

import time

from shared.store import ledger
from tests.harness.bounds import WAIT_S
from tests.harness.doubles.double import Response
from tests.harness.doubles.fal import Double as Fal
from tests.harness.doubles.replicate import Double as Replicate
from tests.harness.doubles.silent import Silent
from tests.suites.e2e.caller import Caller, Place, deploy

CONNECT_S = 0.5
SERVED_S = 10  # the model's own time limit
MODELS = """
[providers.first]
adapter = "replicate"
base_url = "{first}"

[providers.second]
adapter = "replicate"
base_url = "{second}"
connect_s = {connect_s}

[providers.third]
adapter = "fal"
base_url = "{third}"

[[models]]
id = "test/three"
name = "Three"
kind = "image"
price_cents = 10
api_price_cents = 11
timeout_s = {served_s}
routes = [
  {{ provider = "first", model = "maker/one" }},
  {{ provider = "second", model = "maker/two" }},
  {{ provider = "third", model = "maker/three" }},
]
"""


async def test_third_route_serves_until_the_first_is_back() -> None:
    """A 503 and a hanging connection are skipped at one charge, and the first route serves again after its recovery."""
    async with Replicate() as first, Fal() as third:
        with Silent() as second:
            models = MODELS.format(
                first=first.base_url, second=second.url, third=third.base_url, connect_s=CONNECT_S, served_s=SERVED_S
            )
            first.overrides["submit"].extend([Response(503, {"detail": "Maintenance"})] * 3)
            env = {"ADAPTERS": "workers.providers"}
            workers = ("first", "second", "third")
            async with deploy(models=models, env=env, workers=workers, deliver=0, sweep=0) as place:
                caller = await place.create_caller(cents=1000)
                await check_third_serves(place, caller, first, third)
                await check_first_returns(place, caller, first)


async def check_third_serves(place: Place, caller: Caller, first: Replicate, third: Fal) -> None:
    """Assert that the third serves, and that a provider with an open breaker receives no submit."""
    made = await caller.create("a red boat", "test/three")
    shown = await caller.wait_for_end(made)
    assert ("completed", "third", 11) == (shown["status"], shown["provider"], shown["cost_cents"])
    assert (1, 0, 1) == (first.counts["submit"], first.accepted, third.accepted)
    again = await caller.create("another", "test/three")
    assert "third" == (await caller.poll(again))["provider"]
    attempts = (await place.stack.run_cli("generation", "show", made))["attempts"]
    expected = [("first", "down"), ("second", "down"), ("third", "served")]
    assert expected == [(attempt["provider"], attempt["outcome"]) for attempt in attempts]
    assert "completed" == (await caller.wait_for_end(again))["status"]
    assert 1 == first.counts["submit"]
    lines = await ledger.list_entries(place.store, caller.customer.account)
    assert 2 == len([line for line in lines if line.kind == "reserve"])
    assert 1000 - 2 * 11 == await caller.check_balance()


async def check_first_returns(place: Place, caller: Caller, first: Replicate) -> None:
    """Assert that the first route serves again once the breaker's probe has succeeded."""
    first.overrides.clear()
    end_s, served_by = time.monotonic() + WAIT_S, "third"
    while served_by != "first":
        assert time.monotonic() < end_s, "the first provider received no generation again"
        served_by = (await caller.wait_for_end(await caller.create("a red boat", "test/three")))["provider"]
    after = [await caller.wait_for_end(await caller.create("a red boat", "test/three")) for _ in range(3)]
    assert {("completed", "first")} == {(shown["status"], shown["provider"]) for shown in after}
    assert 4 == first.accepted
