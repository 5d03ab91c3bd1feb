"""A worker is killed by SIGKILL at each step of a run, and the next one leaves a correct ledger."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.harness.processes import make_folder
from tests.suites.e2e.caller import Caller, Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")

MODEL = """
[providers.mortal]
base_url = "PAID_URL"

[[models]]
id = "test/mortal"
name = "Mortal"
kind = "image"
price_cents = 10
api_price_cents = 11
timeout_s = 3
routes = [{ provider = "mortal", model = "mortal" }]
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """Deploy with two workers whose leases are short."""
    env = {"ADAPTERS": "tests.suites.e2e", "GRAVES": str(make_folder("graves")), "LEASE_S": "1"}
    async with deploy(models=MODEL, env=env, workers=("mortal", "mortal")) as place:
        yield place


@pytest_asyncio.fixture(loop_scope="module")
async def caller(place: Place) -> Caller:
    """Create a customer with a dollar."""
    return await place.create_caller(cents=100)


@pytest.mark.parametrize(
    ("step", "state", "submits"),
    [
        ("before-submit", "failed", 0),
        ("after-submit", "failed", 1),
        ("before-poll", "completed", 1),
        ("after-poll", "completed", 1),
    ],
)
async def test_worker_killed_at_any_step_is_replaced(
    place: Place, caller: Caller, step: str, state: str, submits: int
) -> None:
    """A task that the provider may have is never submitted again, but polled by its reference or refunded."""
    generation = await caller.create(f"die={step}", "test/mortal")
    ended = await caller.wait_for_end(generation, limit_s=15)
    assert (state, submits) == (ended["status"], place.provider.submits[generation])
    assert (89 if state == "completed" else 100) == await caller.check_balance()
    dead = [process for process in place.stack.processes.values() if not process.running]
    assert 1 == len(dead)
    await dead[0].start().wait_until(lambda: dead[0].output.count("worker.started") > 1, "start")
