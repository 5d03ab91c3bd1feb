"""Three providers in a row, two of them out of order: the third serves in time, once paid, until the first is back."""

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
timeout_s = {served_s}
routes = [
  {{ provider = "first", model = "maker/one" }},
  {{ provider = "second", model = "maker/two" }},
  {{ provider = "third", model = "maker/three" }},
]
"""


async def test_the_third_serves_and_the_first_gets_its_traffic_back() -> None:
    """A 503 and a connection that hangs are passed over at one charge, and the first serves again once it is well."""
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
                await passed_over(place, caller, first, third)
                await back_by_itself(place, caller, first)


async def passed_over(place: Place, caller: Caller, first: Replicate, third: Fal) -> None:
    """The third serves; who is known to be out of order is not asked again."""
    made = await caller.create("a red boat", "test/three")
    shown = await caller.wait_for_end(made)
    assert ("completed", "third", 11) == (shown["status"], shown["provider"], shown["cost_cents"])
    assert (1, 0, 1) == (first.counts["submit"], first.accepted, third.accepted)
    again = await caller.create("another", "test/three")
    assert "third" == (await caller.poll(again))["provider"]
    told = (await place.stack.run_cli("generation", "show", made))["attempts"]
    expected = [("first", "down"), ("second", "down"), ("third", "served")]
    assert expected == [(attempt["provider"], attempt["outcome"]) for attempt in told]
    assert "completed" == (await caller.wait_for_end(again))["status"]
    assert 1 == first.counts["submit"]
    lines = await ledger.list_entries(place.store, caller.customer.account)
    assert 2 == len([line for line in lines if line.kind == "reserve"])
    assert 1000 - 2 * 11 == await caller.check_balance()


async def back_by_itself(place: Place, caller: Caller, first: Replicate) -> None:
    """As soon as the breaker lets one through that succeeds, the first route has its work again."""
    first.overrides.clear()
    end_s, served_by = time.monotonic() + WAIT_S, "third"
    while served_by != "first":
        assert time.monotonic() < end_s, "the first never got anything again"
        served_by = (await caller.wait_for_end(await caller.create("a red boat", "test/three")))["provider"]
    after = [await caller.wait_for_end(await caller.create("a red boat", "test/three")) for _ in range(3)]
    assert {("completed", "first")} == {(shown["status"], shown["provider"]) for shown in after}
    assert 4 == first.accepted
