"""Workers killed at the worst moments: another one continues, and nobody pays twice."""

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
api_price_cents = 11
routes = [{ provider = "sleeper", model = "sleeper" }]

[[models]]
id = "test/brief"
name = "Brief"
kind = "image"
price_cents = 10
api_price_cents = 11
timeout_s = 4
routes = [{ provider = "paid", model = "paid" }]
"""
RESCUE_S = 5.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """Deploy without workers. Each test starts its own."""
    async with deploy(models=MODELS, workers=(), deliver=0) as place:
        yield place


@pytest_asyncio.fixture(loop_scope="module")
async def caller(place: Place) -> Caller:
    """Create a customer with a dollar."""
    return await place.create_caller(cents=100)


@asynccontextmanager
async def run_workers(place: Place, provider: str, count: int, **env: str) -> AsyncIterator[list[Process]]:
    """Start `count` workers of a provider, and kill them afterwards."""
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


async def wait_for_holder(place: Place, generation: str, candidates: list[Process], limit_s: float) -> Process:
    """Wait until one of the candidates holds the generation's lease, and return that worker."""
    end = time.monotonic() + limit_s
    while True:
        token = await place.store.call("GET", in_progress_key_prefix + generation)
        pid = int(token.split(b":")[1]) if token else 0
        for worker in candidates:
            if worker.running and pid == worker.pid:
                return worker
        assert time.monotonic() < end, f"no candidate holds the lease within {limit_s} s; the token is {token}"
        await asyncio.sleep(0.03)


async def test_killed_worker_is_replaced_within_five_seconds(place: Place, caller: Caller) -> None:
    """When a worker is killed during a repeatable submit, another one completes the generation, charged once."""
    async with run_workers(place, "sleeper", 2) as both:
        generation_id = await caller.create("sleep=1.5", "test/sleeper")
        first = await wait_for_holder(place, generation_id, both, WAIT_S)
        await caller.wait_for_stage(generation_id, "submitting")
        first.kill()
        await wait_for_holder(place, generation_id, both, RESCUE_S + BUSY_S)
        assert "completed" == (await caller.wait_for_end(generation_id))["status"]
    assert 89 == await caller.check_balance()


async def test_submitted_task_is_resumed_by_its_reference(place: Place, caller: Caller) -> None:
    """The next worker polls a submitted task and never submits it again."""
    async with run_workers(place, "paid", 1) as [worker]:
        generation_id = await caller.create("polls=4 wait=0.3", "test/paid")
        await caller.wait_for_stage(generation_id, "pending")
        worker.kill()
    async with within(RESCUE_S), run_workers(place, "paid", 1):
        assert "completed" == (await caller.wait_for_end(generation_id))["status"]
    assert (1, 1) == (place.provider.submits[generation_id], place.provider.accepted[generation_id])
    assert 89 == await caller.check_balance()


async def test_uncertain_submit_is_never_repeated(place: Place, caller: Caller) -> None:
    """A worker killed before the reference arrives leaves one submit, which fails and is refunded in time."""
    async with run_workers(place, "paid", 2, LEASE_S="1") as both:
        generation_id = await caller.create("slow", "test/brief")
        while not place.provider.submits[generation_id]:
            await asyncio.sleep(0.01)
        (await wait_for_holder(place, generation_id, both, WAIT_S)).kill()
        await caller.wait_for_stage(generation_id, "uncertain")
        assert 89 == await caller.check_balance()
        end = await caller.wait_for_end(generation_id)
    assert ("failed", 11) == (end["status"], end["refunded_cents"])
    assert 1 == place.provider.submits[generation_id]
    assert 100 == await caller.check_balance()


async def test_paused_worker_changes_nothing_after_its_lease(place: Place, caller: Caller) -> None:
    """A worker that resumes after its lease expired changes nothing: one submit, one settlement."""
    async with run_workers(place, "sleeper", 2, LEASE_S="1") as both:
        generation_id = await caller.create("sleep=0.5", "test/sleeper")
        first = await wait_for_holder(place, generation_id, both, WAIT_S)
        first.pause()
        await caller.wait_for_end(generation_id)
        first.resume()
        await asyncio.sleep(1)
        assert first.running
        assert "completed" == (await caller.poll(generation_id))["status"]
        assert "completed" == (await caller.wait_for_end(await caller.create("sleep=0", "test/sleeper")))["status"]
    assert 78 == await caller.check_balance()


async def test_stopped_worker_finishes_a_short_step(place: Place, caller: Caller) -> None:
    """After SIGTERM a worker finishes a step that fits into the grace period, and exits with 0."""
    async with run_workers(place, "sleeper", 1, DRAIN_S="4") as [worker]:
        generation_id = await caller.create("sleep=1", "test/sleeper")
        await caller.wait_for_stage(generation_id, "submitting")
        assert 0 == await worker.stop(limit_s=4 + BUSY_S)
    assert "completed" == (await caller.poll(generation_id))["status"]
    assert 89 == await caller.check_balance()


async def test_stopped_worker_returns_a_long_step(place: Place, caller: Caller) -> None:
    """After SIGTERM a step longer than the grace period moves to another worker, and the process exits with 0."""
    async with run_workers(place, "sleeper", 2, DRAIN_S="1") as both:
        generation_id = await caller.create("sleep=3", "test/sleeper")
        worker = await wait_for_holder(place, generation_id, both, WAIT_S)
        await caller.wait_for_stage(generation_id, "submitting")
        assert 0 == await worker.stop(limit_s=1 + BUSY_S)
        [other] = [one for one in both if one is not worker]
        assert other is await wait_for_holder(place, generation_id, [other], BUSY_S)
        assert "completed" == (await caller.wait_for_end(generation_id))["status"]
    assert 89 == await caller.check_balance()


async def test_stopped_worker_repeats_no_submit(place: Place, caller: Caller) -> None:
    """SIGTERM during a submit never causes a second one; the generation stays uncertain until its deadline."""
    async with run_workers(place, "paid", 1, DRAIN_S="1") as [worker]:
        generation_id = await caller.create("slow", "test/brief")
        while not place.provider.submits[generation_id]:
            await asyncio.sleep(0.01)
        assert 0 == await worker.stop()
    async with run_workers(place, "paid", 1):
        end = await caller.wait_for_end(generation_id)
    assert ("failed", 11, 1) == (end["status"], end["refunded_cents"], place.provider.submits[generation_id])
    assert 100 == await caller.check_balance()
