"""Mutation tests: scenarios and random histories detect every verb that is broken on purpose."""

from collections.abc import Callable

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from shared.store import connect
from shared.store.scripts import Script, all_scripts
from tests.suites.property.canaries import CANARIES, Canary
from tests.suites.property.machine import LONG, PROFILE, Machine
from tests.suites.property.scenarios import SCENARIOS
from tests.suites.property.sync_store import SyncStore
from tests.suites.property.telltales import TELLTALES, in_order
from tests.suites.property.timed_world import TimedWorld

pytestmark = pytest.mark.long

LOAD_SCRIPT: Callable[[str], Script] = vars(connect)["script"]  # the loader that the tests replace
EASY = ("settle without a refund", "accept without a ledger entry", "admit takes the newest", "finish without a fence")
HUNTED = [canary for canary in CANARIES if LONG or canary.name in EASY]  # all of them only in long runs
HUNT = settings(PROFILE, max_examples=5000, phases=[Phase.generate])


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_verbs_match_the_model_in_each_scenario(sync_store: SyncStore, scenario: Callable[[TimedWorld], None]) -> None:
    """The real verbs match the model in every scenario, and every generation ends."""
    world = TimedWorld(sync_store)
    scenario(world)
    world.run_to_end()


def test_canaries_each_change_a_verb() -> None:
    """Each canary still changes a verb, so none is out of date."""
    assert [] == [canary.name for canary in CANARIES if not any(canary.applies_to(lua) for lua in all_scripts())]


def test_telltales_name_verbs_of_canaries() -> None:
    """The scenarios to try first are listed under verbs that canaries break, so a renamed verb has not lost them."""
    assert [] == sorted(TELLTALES.keys() - {canary.verb for canary in CANARIES})


@pytest.mark.parametrize("canary", CANARIES, ids=str)
def test_scenarios_detect_each_broken_verb(
    sync_store: SyncStore, monkeypatch: pytest.MonkeyPatch, canary: Canary
) -> None:
    """At least one scenario fails when a verb is broken in one place."""
    monkeypatch.setattr(connect, "script", canary.apply(LOAD_SCRIPT))
    scenarios = in_order(canary.verb)
    assert any(fails(sync_store, scenario, end) for end in (False, True) for scenario in scenarios)


@pytest.mark.timeout(1800 if LONG else 120)
@pytest.mark.parametrize("canary", HUNTED, ids=str)
def test_random_histories_detect_each_broken_verb(
    sync_store: SyncStore, monkeypatch: pytest.MonkeyPatch, canary: Canary
) -> None:
    """A random history fails when a verb is broken in one place."""
    monkeypatch.setattr(connect, "script", canary.apply(LOAD_SCRIPT))
    with pytest.raises(AssertionError):
        run_state_machine_as_test(lambda: Machine(sync_store), settings=HUNT)


def fails(sync_store: SyncStore, scenario: Callable[[TimedWorld], None], end: bool) -> bool:
    """Return whether the world finds a fault. Errors of a script that cannot run propagate."""
    world = TimedWorld(sync_store)
    try:
        scenario(world)
        if end:
            world.run_to_end()
    except AssertionError:
        return True
    return False
