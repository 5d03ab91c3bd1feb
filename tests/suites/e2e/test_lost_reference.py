"""A worker is killed after the provider accepted and before the reference is stored: no second submit, ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from tests.harness.doubles.double import Double, Fault
from tests.harness.doubles.fal import SIGNING, public
from tests.harness.doubles.fal import Double as Fal
from tests.harness.doubles.luma import Double as Luma
from tests.harness.processes import Process
from tests.suites.e2e.caller import Caller, Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")

MODELS = """
[providers.fal]
base_url = "{fal}"
callback_secret_env = "FAL_SIGNS_WITH"

[providers.hasty]
base_url = "{luma}"

[[models]]
id = "test/called"
name = "Called"
kind = "image"
price_cents = 10
api_price_cents = 11
routes = [{{ provider = "fal", model = "maker/one" }}]

[[models]]
id = "test/brief"
name = "Brief"
kind = "image"
price_cents = 10
api_price_cents = 11
timeout_s = 3
routes = [{{ provider = "fal", model = "maker/one" }}]

[[models]]
id = "test/found"
name = "Found"
kind = "image"
price_cents = 10
api_price_cents = 11
routes = [{{ provider = "hasty", model = "photon-1" }}]
"""


class LostReference:
    """A deployment without workers, and the doubles of its providers."""

    def __init__(self, place: Place, fal: Fal, luma: Luma) -> None:
        self.place, self.fal, self.luma = place, fal, luma

    def start_worker(self, provider: str) -> Process:
        """Start a worker."""
        env = {
            "ADAPTERS": "tests.harness.doubles.adapters" if provider == "hasty" else "workers.providers",
            "CALLBACK_URL": self.place.stack.url,
            "FAL_SIGNS_WITH": public(SIGNING),
            "LEASE_S": "1",
        }
        return self.place.stack.add(f"run-{provider}", "-m", "workers", "run", provider, env=env)

    async def lose_reference(self, caller: Caller, double: Double, provider: str, model: str) -> str:
        """Create a generation that its provider accepted, and kill its worker before it reads the response."""
        double.overrides["submit"].append(Fault.SILENT)
        before = double.accepted
        worker = self.start_worker(provider)
        generation_id = await caller.create("a red boat", model)
        await worker.wait_until(lambda: double.accepted > before, "an accepted submit")
        assert "submitting" == (await caller.poll(generation_id))["stage"]
        worker.kill()
        return generation_id

    @asynccontextmanager
    async def run_other_worker(self, provider: str) -> AsyncIterator[Process]:
        """Run the worker that takes over."""
        worker = self.start_worker(provider)
        try:
            yield worker
        finally:
            worker.kill()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lost() -> AsyncIterator[LostReference]:
    """Deploy with providers that accept submits without a response."""
    async with Fal() as fal, Luma() as luma:
        models = MODELS.format(fal=fal.base_url, luma=luma.base_url)
        async with deploy(models=models, workers=(), deliver=0) as place:
            yield LostReference(place, fal, luma)


async def test_callback_completes_a_generation_without_a_reference(lost: LostReference) -> None:
    """The provider's signed callback names the task, and the generation is completed and paid once."""
    caller = await lost.place.create_caller(cents=100)
    generation_id = await lost.lose_reference(caller, lost.fal, "fal", "test/called")
    async with lost.run_other_worker("fal"):
        await asyncio.sleep(1.5)
        assert "submitting" == (await caller.poll(generation_id))["stage"]
        await send_webhook(lost, caller)
        assert "completed" == (await caller.wait_for_end(generation_id))["status"]
    assert (1, 1) == (lost.fal.counts["submit"], lost.fal.accepted)
    assert 89 == await caller.check_balance()


async def test_lookup_completes_a_generation_without_a_reference(lost: LostReference) -> None:
    """If the provider lists its tasks, the worker finds the task there after the submit limit and completes it."""
    caller = await lost.place.create_caller(cents=100)
    generation_id = await lost.lose_reference(caller, lost.luma, "hasty", "test/found")
    async with lost.run_other_worker("hasty"):
        ended = await caller.wait_for_end(generation_id)
    assert ("completed", 1) == (ended["status"], lost.luma.counts["submit"])
    assert 1 <= lost.luma.counts["find"]
    assert 89 == await caller.check_balance()


async def test_deadline_refunds_and_a_late_result_is_free(lost: LostReference) -> None:
    """Without any news the generation fails at its deadline, and a later callback delivers its result for free."""
    caller, submits = await lost.place.create_caller(cents=100), lost.fal.counts["submit"]
    generation_id = await lost.lose_reference(caller, lost.fal, "fal", "test/brief")
    async with lost.run_other_worker("fal"):
        ended = await caller.wait_for_end(generation_id)
        assert ("failed", 11) == (ended["status"], ended["refunded_cents"])
        assert 100 == await caller.check_balance()
        await send_webhook(lost, caller)
        while "late_urls" not in (await caller.poll(generation_id)):
            await asyncio.sleep(0.05)
    assert submits + 1 == lost.fal.counts["submit"]
    assert 100 == await caller.check_balance()


async def send_webhook(lost: LostReference, caller: Caller) -> None:
    """Deliver fal's webhook for its latest request."""
    request = lost.fal.webhook(list(lost.fal.queued_apps)[-1])
    url = next(request.query["fal_webhook"] for request in reversed(lost.fal.requests) if request.role == "submit")
    answer = await caller.request("POST", url, data=request.body, headers=request.headers)
    assert 200 == answer.status
