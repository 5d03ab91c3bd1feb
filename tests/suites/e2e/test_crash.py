"""Workers killed at the worst moments: somebody else goes on, nobody pays twice."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from arq.constants import in_progress_key_prefix

from tests.harness.bounds import BUSY_S, WAIT_S, within
from tests.harness.processes import Process
from tests.suites.e2e.caller import Caller, Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")

MODELS = """
[providers.sleeper]

[[models]]
id = "test/sleeper"
name = "Sleeper"
kind = "image"
price_cents = 10
routes = [{ provider = "sleeper", model = "sleeper" }]

[[models]]
id = "test/brief"
name = "Brief"
kind = "image"
price_cents = 10
timeout_s = 4
routes = [{ provider = "paid", model = "paid" }]
"""
TAKEN_OVER_S = 5.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """A deployment without workers: each test brings its own."""
    async with deploy(models=MODELS, workers=(), deliver=0) as place:
        yield place


@pytest_asyncio.fixture(loop_scope="module")
async def caller(place: Place) -> Caller:
    """A customer with a dollar."""
    return await place.create_caller(cents=100)


@asynccontextmanager
async def workers(place: Place, provider: str, count: int, **env: str) -> AsyncIterator[list[Process]]:
    """That many workers of a provider, ready; they are gone afterwards."""
    extra = {"ADAPTERS": "tests.suites.e2e"} if provider == "sleeper" else {}
    arguments = ("-m", "workers", "run", provider)
    started = [place.stack.add(f"run-{provider}", *arguments, env={**extra, **env}) for _ in range(count)]
    try:
        for worker in started:
            await worker.wait_for_log("worker.started")
        yield started
    finally:
        for worker in started:
            worker.kill()


async def holder(place: Place, generation: str, among: list[Process], limit_s: float) -> Process:
    """The worker, one of `among`, that has the generation's lease."""
    end = time.monotonic() + limit_s
    while True:
        token = await place.store.call("GET", in_progress_key_prefix + generation)
        pid = int(token.split(b":")[1]) if token else 0
        for worker in among:
            if worker.running and pid == worker.pid:
                return worker
        assert time.monotonic() < end, f"nobody took it over within {limit_s} s; it is with {token}"
        await asyncio.sleep(0.03)


async def test_a_killed_worker_is_replaced_within_five_seconds(place: Place, caller: Caller) -> None:
    """A worker killed in the middle of repeatable work is replaced by another, which completes it, charged once."""
    async with workers(place, "sleeper", 2) as both:
        made = await caller.create("sleep=1.5", "test/sleeper")
        first = await holder(place, made, both, WAIT_S)
        await caller.wait_for_stage(made, "submitting")
        first.kill()
        await holder(place, made, both, TAKEN_OVER_S + BUSY_S)
        assert "completed" == (await caller.wait_for_end(made))["status"]
    assert 89 == await caller.check_balance()


async def test_submitted_work_is_resumed_by_its_reference(place: Place, caller: Caller) -> None:
    """Work that the provider has is looked at by the next worker and never submitted again."""
    async with workers(place, "paid", 1) as [worker]:
        made = await caller.create("polls=4 wait=0.3", "test/paid")
        await caller.wait_for_stage(made, "pending")
        worker.kill()
    async with within(TAKEN_OVER_S), workers(place, "paid", 1):
        assert "completed" == (await caller.wait_for_end(made))["status"]
    assert (1, 1) == (place.provider.submits[made], place.provider.accepted[made])
    assert 89 == await caller.check_balance()


async def test_an_unknown_submit_is_never_sent_again(place: Place, caller: Caller) -> None:
    """Killed after the submit left and before its reference came: no second submit, failed and refunded in time."""
    async with workers(place, "paid", 2, LEASE_S="1") as both:
        made = await caller.create("slow", "test/brief")
        while not place.provider.submits[made]:
            await asyncio.sleep(0.01)
        (await holder(place, made, both, WAIT_S)).kill()
        await caller.wait_for_stage(made, "uncertain")
        assert 89 == await caller.check_balance()
        end = await caller.wait_for_end(made)
    assert ("failed", 11) == (end["status"], end["refunded_cents"])
    assert 1 == place.provider.submits[made]
    assert 100 == await caller.check_balance()


async def test_a_paused_worker_comes_back_late(place: Place, caller: Caller) -> None:
    """A worker that stalls past its lease and wakes up changes nothing: one submit, one settlement."""
    async with workers(place, "sleeper", 2, LEASE_S="1") as both:
        made = await caller.create("sleep=0.5", "test/sleeper")
        first = await holder(place, made, both, WAIT_S)
        first.pause()
        await caller.wait_for_end(made)
        first.resume()
        await asyncio.sleep(1)
        assert first.running
        assert "completed" == (await caller.poll(made))["status"]
        assert "completed" == (await caller.wait_for_end(await caller.create("sleep=0", "test/sleeper")))["status"]
    assert 78 == await caller.check_balance()


async def test_a_worker_told_to_stop_finishes_its_step(place: Place, caller: Caller) -> None:
    """After SIGTERM a step that fits into the grace period is finished, and the process ends with 0."""
    async with workers(place, "sleeper", 1, DRAIN_S="4") as [worker]:
        made = await caller.create("sleep=1", "test/sleeper")
        await caller.wait_for_stage(made, "submitting")
        assert 0 == await worker.stop(limit_s=4 + BUSY_S)
    assert "completed" == (await caller.poll(made))["status"]
    assert 89 == await caller.check_balance()


async def test_a_worker_told_to_stop_gives_long_steps_back(place: Place, caller: Caller) -> None:
    """A step longer than the grace period goes to another worker at once, and the process ends with 0."""
    async with workers(place, "sleeper", 1, DRAIN_S="1") as [worker]:
        made = await caller.create("sleep=5", "test/sleeper")
        await caller.wait_for_stage(made, "submitting")
        async with workers(place, "sleeper", 1) as [other]:
            assert 0 == await worker.stop(limit_s=1 + BUSY_S)
            assert other is await holder(place, made, [other], BUSY_S)
            assert "completed" == (await caller.wait_for_end(made))["status"]
    assert 89 == await caller.check_balance()


async def test_a_stopped_worker_repeats_no_submit(place: Place, caller: Caller) -> None:
    """SIGTERM while a submit is under way never makes a second one: its outcome is waited for until the deadline."""
    async with workers(place, "paid", 1, DRAIN_S="1") as [worker]:
        made = await caller.create("slow", "test/brief")
        while not place.provider.submits[made]:
            await asyncio.sleep(0.01)
        assert 0 == await worker.stop()
    async with workers(place, "paid", 1):
        end = await caller.wait_for_end(made)
    assert ("failed", 11, 1) == (end["status"], end["refunded_cents"], place.provider.submits[made])
    assert 100 == await caller.check_balance()
