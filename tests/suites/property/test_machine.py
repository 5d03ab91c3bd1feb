"""Random histories of the Lua verbs against a plain model of the books: every step is checked, every history ends."""

import pytest
from hypothesis.stateful import run_state_machine_as_test

from tests.suites.property.bench import Bench
from tests.suites.property.machine import LONG, PROFILE, Machine


@pytest.mark.timeout(3 * 3600 if LONG else 600)
def test_any_history_keeps_the_books(bench: Bench) -> None:
    """Whatever happens in whatever order, every step leaves the store as the books say, and everything ends."""
    run_state_machine_as_test(lambda: Machine(bench), settings=PROFILE)
