"""Machines whose clocks are wrong: the store's clock decides, so gateway, worker, dispatcher and sweeper agree."""

import time
from collections.abc import AsyncIterator
from datetime import datetime

import aiohttp
import pytest
import pytest_asyncio

from shared.store.connect import Store
from shared.store.secret import ensure_deployment_secret
from tests.harness.bounds import BUSY_S, within
from tests.harness.doubles.calling import Calling
from tests.harness.doubles.receiver import Receiver
from tests.harness.factories import create_customer, doubles_env
from tests.harness.processes import Stack, free_port, make_folder, shift_clock
from tests.suites.e2e.caller import Caller, Place

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHIFTS_S = (-2, 90, -86_400)
POLLS, PACE_S = 3, 0.3
RIGHT_S = 5.0


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=SHIFTS_S)
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    """Run a deployment in which every process but the store is wrong about the time."""
    shift = shift_clock(request.param)
    async with Calling() as provider:
        stack = Stack(gateways=0, workers=(), deliver=0, sweep=0, env=doubles_env(make_folder("c"), provider.url))
        async with (
            stack,
            Store(stack.settings.store_url) as store,
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session,
        ):
            stack.add("gateway", "-m", "gateway", env=shift)
            for role in ("run paid", "deliver", "sweep"):
                metrics = {"METRICS_PORT": str(free_port())}
                stack.add(role.replace(" ", "-"), "-m", "workers", *role.split(), env={**shift, **metrics})
            await stack.wait_until_ready()
            yield Place(stack, provider, store, session, await ensure_deployment_secret(store))


async def test_generation_takes_its_usual_course(place: Place) -> None:
    """A generation is polled at its pace, completes, and its event is signed at the right time."""
    caller = Caller(place, await create_customer(place.store))
    async with Receiver() as receiver:
        endpoint = await caller.request("POST", "/api/v1/webhooks", json={"url": receiver.url})
        receiver.secret = endpoint.body["secret"]
        async with within(POLLS * PACE_S + RIGHT_S):
            made = await caller.create(f"polls={POLLS} wait={PACE_S}", "test/paid")
            done = await caller.wait_for_end(made)
            [event] = await receiver.wait_for(1)
    assert "completed" == done["status"], done
    assert place.provider.polls[made] <= POLLS + 1
    assert event.verified
    assert pytest.approx(time.time(), abs=RIGHT_S + BUSY_S) == int(event.headers["webhook-timestamp"])
    assert pytest.approx(time.time(), abs=RIGHT_S + BUSY_S) == datetime.fromisoformat(done["created_at"]).timestamp()
    assert done["created_at"][:10].replace("-", "/") in done["result_url"]


async def test_process_reports_its_skew(place: Place) -> None:
    """Every process exports how far its clock is off, and warns if that is more than five seconds."""
    for name in ("run-paid", "deliver", "sweep"):
        process = place.stack.processes[name]
        async with place.session.get(f"http://127.0.0.1:{process.env['METRICS_PORT']}/metrics") as response:
            text = await response.text()
        [skew] = [line.split()[1] for line in text.splitlines() if line.startswith("wokflow_clock_skew_seconds ")]
        shift_s = float(process.env["CLOCK_SHIFT_S"])
        assert pytest.approx(shift_s, abs=1) == float(skew)
        assert (abs(shift_s) > 5) == ("clock.skewed" in process.output)
