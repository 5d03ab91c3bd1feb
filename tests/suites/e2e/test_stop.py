"""SIGTERM to a whole deployment at once, as a terminal or a machine that shuts down sends it."""

import asyncio
import signal

import aiohttp

from shared.store.connect import Store
from shared.store.secret import ensure_deployment_secret
from tests.harness.bounds import within
from tests.harness.doubles.calling import Calling
from tests.harness.factories import doubles_env
from tests.harness.processes import Stack, make_folder
from tests.suites.e2e.caller import Caller, Place

GRACE_S = 5.0  # DRAIN_S of the stack, plus the stop of the store


async def test_deployment_stops_within_the_grace_period() -> None:
    """Every process exits with 0 within the grace period, after a response to the request that waits."""
    async with Calling() as provider, aiohttp.ClientSession() as session:
        env = doubles_env(make_folder("catalogue"), provider.url)
        async with Stack(workers=("noop", "paid"), env=env) as stack:
            async with Store(stack.settings.store_url) as store:
                secret = await ensure_deployment_secret(store)
                caller: Caller = await Place(stack, provider, store, session, secret).create_caller()
            await caller.wait_for_end(await caller.create())
            await stack.processes["sweep"].wait_for_log("sweeper.started")
            held = asyncio.create_task(caller.submit("stuck", "test/paid", prefer="wait=30"))
            while not provider.polls:
                await asyncio.sleep(0.01)
            for process in stack.processes.values():
                process.send(signal.SIGTERM)
            async with within(GRACE_S):
                answer = await held
                codes = {name: await process.wait_for_exit() for name, process in stack.processes.items()}
            assert (201, "processing") == (answer.status, answer.body["status"])
            assert dict.fromkeys(codes, 0) == codes
            assert "Traceback" not in "".join(process.output for process in stack.processes.values())
