"""What the scenarios and the machine are worth: no verb that is broken on purpose gets past them."""

from collections.abc import Callable

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from shared.store import connect
from shared.store.scripts import Script, every
from tests.suites.property.bench import Bench
from tests.suites.property.canaries import CANARIES, Canary
from tests.suites.property.machine import LONG, PROFILE, Machine
from tests.suites.property.passing import Passing
from tests.suites.property.scenarios import SCENARIOS

SOUND: Callable[[str], Script] = vars(connect)["script"]  # where the store looks a verb up: what the tests replace
EASY = ("refund not given back", "reserve line missing", "admit takes the newest", "finish without a fence")
HUNTED = [canary for canary in CANARIES if LONG or canary.name in EASY]  # all take too long for every day
HUNT = settings(PROFILE, max_examples=5000, phases=[Phase.generate])


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_each_scenario_goes_as_the_books_say(bench: Bench, scenario: Callable[[Passing], None]) -> None:
    """The verbs as they are do in every scenario what the books expect, and everything ends."""
    world = Passing(bench)
    scenario(world)
    world.ends()


def test_every_canary_is_alive() -> None:
    """Each canary still changes a verb; one that does not was left behind by a change of its verb."""
    assert [] == [canary.name for canary in CANARIES if not any(canary.changes(lua) for lua in every())]


@pytest.mark.parametrize("canary", CANARIES, ids=str)
def test_no_broken_verb_survives_the_scenarios(bench: Bench, monkeypatch: pytest.MonkeyPatch, canary: Canary) -> None:
    """A verb that is broken in one place fails a scenario."""
    monkeypatch.setattr(connect, "script", canary.breaks(SOUND))
    assert any(fails(bench, scenario, end) for end in (False, True) for scenario in SCENARIOS)


@pytest.mark.timeout(1800 if LONG else 120)
@pytest.mark.parametrize("canary", HUNTED, ids=str)
def test_no_broken_verb_survives_the_machine(bench: Bench, monkeypatch: pytest.MonkeyPatch, canary: Canary) -> None:
    """A verb that is broken in one place fails a random history."""
    monkeypatch.setattr(connect, "script", canary.breaks(SOUND))
    with pytest.raises(AssertionError):
        run_state_machine_as_test(lambda: Machine(bench), settings=HUNT)


def fails(bench: Bench, scenario: Callable[[Passing], None], end: bool) -> bool:
    """Whether the world says that something is wrong; a script that does not run at all is no canary."""
    world = Passing(bench)
    try:
        scenario(world)
        if end:
            world.ends()
    except AssertionError:
        return True
    return False
