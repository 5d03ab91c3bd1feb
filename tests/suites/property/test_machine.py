"""Random histories of the Lua verbs, checked against a plain model after every step."""

import pytest
from hypothesis.stateful import run_state_machine_as_test

from tests.suites.property.machine import LONG, PROFILE, Machine
from tests.suites.property.sync_store import SyncStore

pytestmark = pytest.mark.long


@pytest.mark.timeout(3 * 3600 if LONG else 600)
def test_random_histories_match_the_model(sync_store: SyncStore) -> None:
    """After every step of a random history the store matches the model, and every generation ends."""
    run_state_machine_as_test(lambda: Machine(sync_store), settings=PROFILE)
