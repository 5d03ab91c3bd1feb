"""Callbacks of a provider through a real gateway: each one causes a poll, and none of them decides anything."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from msgspec import Struct

from shared.store import keys, ledger
from tests.harness.bounds import WAIT_S
from tests.harness.doubles.fal import SIGNING, Double, public
from tests.suites.e2e.caller import Answer, Caller, Place, deploy
from workers.adapters.contract import Callback
from workers.adapters.fal_dialect import POLL_S
from workers.timing import STRETCH

pytestmark = pytest.mark.asyncio(loop_scope="module")

AT_WORK = "IN_PROGRESS"
MODELS = """
[providers.fal]
base_url = "{fal}"
callback_secret_env = "FAL_SIGNS_WITH"

[[models]]
id = "test/called"
name = "Called"
kind = "image"
price_cents = 10
api_price_cents = 11
routes = [{{ provider = "fal", model = "maker/one" }}]
"""


class Scene(Struct, frozen=True):
    """A deployment that fal can call, and a customer."""

    place: Place
    fal: Double
    caller: Caller

    async def submit(self, looks: int = 0) -> tuple[str, str, str]:
        """Submit a generation to fal. Return its id, fal's name of it, and its callback URL."""
        known = set(self.fal.queued_apps)
        self.fal.states.extend([AT_WORK] * looks)
        made = await self.caller.create("a red boat", "test/called")
        await self.caller.wait_for_stage(made, "pending")
        [request] = set(self.fal.queued_apps) - known
        where = next(
            request.query["fal_webhook"] for request in reversed(self.fal.requests) if request.role == "submit"
        )
        return made, request, where

    async def call(self, where: str, request: Callback) -> Answer:
        """Post a callback, as fal or as somebody else."""
        return await self.caller.request("POST", where, data=request.body, headers=request.headers)

    async def wait_for_polls(self, times: int, limit_s: float = WAIT_S) -> None:
        """Wait until so many polls have arrived."""
        end_s = time.monotonic() + limit_s
        while self.fal.counts["poll"] < times:
            assert time.monotonic() < end_s, f"{self.fal.counts['poll']} of {times} looks"
            await asyncio.sleep(0.02)

    async def read_account(self) -> tuple[int, Any]:
        """Return the balance and the ledger."""
        return await self.caller.check_balance(), await ledger.list_entries(
            self.place.store, self.caller.customer.account
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def deployment() -> AsyncIterator[tuple[Place, Double]]:
    """Yield a gateway and a worker of fal."""
    async with (
        Double() as fal,
        deploy(models=MODELS.format(fal=fal.base_url), workers=(), deliver=0, sweep=0) as place,
    ):
        env = {"ADAPTERS": "workers.providers", "CALLBACK_URL": place.stack.url, "FAL_SIGNS_WITH": public(SIGNING)}
        await place.stack.add("run-fal", "-m", "workers", "run", "fal", env=env).wait_for_log("worker.started")
        yield place, fal


@pytest_asyncio.fixture(loop_scope="module")
async def scene(deployment: tuple[Place, Double]) -> Scene:
    """Yield a new customer, and reset the callback statistics."""
    place, fal = deployment
    fal.states.clear()
    await place.store.call("HDEL", keys.provider("fal"), "calls_due", "calls_came")
    return Scene(place, fal, await place.create_caller(cents=100))


async def test_callback_makes_the_poll_due_at_once(scene: Scene) -> None:
    """When callbacks are proven polls are rare, and a callback delivers the result long before the next one."""
    await scene.place.store.call("HSET", keys.provider("fal"), "calls_due", 50, "calls_came", 50)
    made, request, where = await scene.submit()
    looks, due_s = scene.fal.counts["poll"], time.monotonic() + STRETCH * POLL_S["image"]
    await asyncio.sleep(POLL_S["image"] * 1.5)
    assert looks == scene.fal.counts["poll"]
    assert 200 == (await scene.call(where, scene.fal.webhook(request))).status
    left_s = due_s - time.monotonic()
    assert "completed" == (await scene.caller.wait_for_end(made, limit_s=left_s))["status"]
    assert 89 == await scene.caller.check_balance()


async def test_early_callback_changes_nothing(scene: Scene) -> None:
    """A callback that claims a result too early causes one poll and no more."""
    made, request, where = await scene.submit(looks=1)
    looks = scene.fal.counts["poll"]
    await scene.call(where, scene.fal.webhook(request))
    await scene.wait_for_polls(looks + 1)
    assert "processing" == (await scene.caller.poll(made))["status"]
    assert "completed" == (await scene.caller.wait_for_end(made))["status"]
    assert 89 == await scene.caller.check_balance()


async def test_repeated_or_late_callback_changes_nothing(scene: Scene) -> None:
    """A callback repeated before and after the end is answered with 200; nothing is copied, charged or polled again."""
    made, request, where = await scene.submit()
    for _ in range(3):
        assert 200 == (await scene.call(where, scene.fal.webhook(request))).status
    shown = await scene.caller.wait_for_end(made)
    before, requests = await scene.read_account(), len(scene.fal.requests)
    for _ in range(3):
        assert 200 == (await scene.call(where, scene.fal.webhook(request))).status
    await asyncio.sleep(0.3)
    assert (shown, before) == (await scene.caller.poll(made), await scene.read_account())
    assert requests == len(scene.fal.requests)


async def test_forged_callback_changes_nothing(scene: Scene) -> None:
    """An unsigned post to a generation's callback URL causes a poll and supplies nothing."""
    made, _, where = await scene.submit(looks=2)
    looks = scene.fal.counts["poll"]
    for number, body in enumerate((b"[" * 50_000, b'{"status": "OK", "payload": {"images": []}}'), 1):
        assert 200 == (await scene.call(where, Callback({"content-type": "application/json"}, body))).status
        await scene.wait_for_polls(looks + number)
    assert "processing" == (await scene.caller.poll(made))["status"]
    assert "completed" == (await scene.caller.wait_for_end(made))["status"]


async def test_callback_for_another_task_changes_nothing(scene: Scene) -> None:
    """A callback signed for one task and posted to another's URL changes neither."""
    one, first, where = await scene.submit()
    two, second, _ = await scene.submit(looks=2)
    assert first != second
    await scene.call(where, scene.fal.webhook(second))
    await scene.caller.wait_for_end(one)
    await scene.caller.wait_for_end(two)
    for made, request in ((one, first), (two, second)):
        told = await scene.place.store.call("HGET", keys.generation(made), "ref")
        assert request in told.decode()
    assert 78 == await scene.caller.check_balance()


async def test_unknown_callback_url_is_not_found(scene: Scene) -> None:
    """An unknown token is 404, and a wrong provider name causes no poll."""
    made, request, where = await scene.submit(looks=1)
    base, _, token = where.rpartition("/")
    wrong = f"{base}/{token[:-1]}{'0' if token[-1] != '0' else '1'}"
    assert 404 == (await scene.call(wrong, scene.fal.webhook(request))).status
    assert 200 == (await scene.call(where.replace("/fal/", "/other/"), scene.fal.webhook(request))).status
    assert None is await scene.place.store.call("HGET", keys.generation(made), "called_ms")
    assert "completed" == (await scene.caller.wait_for_end(made))["status"]
