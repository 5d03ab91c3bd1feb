"""kill -9 after a provider accepted and before we stored so: called about, found, or ended, and never sent again."""

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
routes = [{{ provider = "fal", model = "maker/one" }}]

[[models]]
id = "test/brief"
name = "Brief"
kind = "image"
price_cents = 10
timeout_s = 3
routes = [{{ provider = "fal", model = "maker/one" }}]

[[models]]
id = "test/found"
name = "Found"
kind = "image"
price_cents = 10
routes = [{{ provider = "hasty", model = "photon-1" }}]
"""


class Lost:
    """A deployment whose workers come and go, and the doubles they call."""

    def __init__(self, place: Place, fal: Fal, luma: Luma) -> None:
        self.place, self.fal, self.luma = place, fal, luma

    def worker(self, provider: str) -> Process:
        """One more worker."""
        env = {
            "ADAPTERS": "tests.harness.doubles.adapters" if provider == "hasty" else "workers.providers",
            "CALLBACK_URL": self.place.stack.url,
            "FAL_SIGNS_WITH": public(SIGNING),
            "LEASE_S": "1",
        }
        return self.place.stack.add(f"run-{provider}", "-m", "workers", "run", provider, env=env)

    async def accepted(self, caller: Caller, double: Double, provider: str, model: str) -> str:
        """A generation that its provider accepted, whose worker was killed before it heard so; another one is there."""
        double.overrides["submit"].append(Fault.SILENT)
        before = double.accepted
        worker = self.worker(provider)
        made = await caller.create("a red boat", model)
        await worker.wait_until(lambda: double.accepted > before, "an accepted submit")
        assert "submitting" == (await caller.poll(made))["stage"]
        worker.kill()
        return made

    @asynccontextmanager
    async def other(self, provider: str) -> AsyncIterator[Process]:
        """The worker that takes over."""
        worker = self.worker(provider)
        try:
            yield worker
        finally:
            worker.kill()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lost() -> AsyncIterator[Lost]:
    """The deployment."""
    async with Fal() as fal, Luma() as luma:
        models = MODELS.format(fal=fal.base_url, luma=luma.base_url)
        async with deploy(models=models, workers=(), deliver=0) as place:
            yield Lost(place, fal, luma)


async def test_a_callback_brings_it_home(lost: Lost) -> None:
    """The provider's signed callback names what nobody had noted, and the generation is finished and paid once."""
    caller = await lost.place.create_caller(cents=100)
    made = await lost.accepted(caller, lost.fal, "fal", "test/called")
    async with lost.other("fal"):
        await asyncio.sleep(1.5)
        assert "submitting" == (await caller.poll(made))["stage"]
        await call(lost, caller)
        assert "completed" == (await caller.wait_for_end(made))["status"]
    assert (1, 1) == (lost.fal.counts["submit"], lost.fal.accepted)
    assert 89 == await caller.check_balance()


async def test_it_is_looked_for_where_it_can_be_found(lost: Lost) -> None:
    """A provider that lists its work is asked for ours once the submit has had its time, and it is finished."""
    caller = await lost.place.create_caller(cents=100)
    made = await lost.accepted(caller, lost.luma, "hasty", "test/found")
    async with lost.other("hasty"):
        shown = await caller.wait_for_end(made)
    assert ("completed", 1) == (shown["status"], lost.luma.counts["submit"])
    assert 1 <= lost.luma.counts["find"]
    assert 89 == await caller.check_balance()


async def test_the_deadline_ends_it_and_what_comes_late_is_for_nothing(lost: Lost) -> None:
    """Without any word it fails in time and is refunded; a callback after that brings the result, and no charge."""
    caller, submits = await lost.place.create_caller(cents=100), lost.fal.counts["submit"]
    made = await lost.accepted(caller, lost.fal, "fal", "test/brief")
    async with lost.other("fal"):
        shown = await caller.wait_for_end(made)
        assert ("failed", 11) == (shown["status"], shown["refunded_cents"])
        assert 100 == await caller.check_balance()
        await call(lost, caller)
        while "late_urls" not in (await caller.poll(made)):
            await asyncio.sleep(0.05)
    assert submits + 1 == lost.fal.counts["submit"]
    assert 100 == await caller.check_balance()


async def call(lost: Lost, caller: Caller) -> None:
    """fal's webhook for its latest request."""
    request = lost.fal.webhook(list(lost.fal.queued_apps)[-1])
    where = next(request.query["fal_webhook"] for request in reversed(lost.fal.requests) if request.role == "submit")
    answer = await caller.request("POST", where, data=request.body, headers=request.headers)
    assert 200 == answer.status
