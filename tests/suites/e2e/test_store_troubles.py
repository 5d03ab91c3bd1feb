"""A store that answers and does not serve: it refuses commands, is busy, evicts, was rolled back, or stands still."""

import asyncio
import os
import re
import shutil
import signal
from collections.abc import AsyncIterator
from itertools import count

import pytest
import pytest_asyncio

from shared.store.history import accept_history
from tests.harness.bounds import within
from tests.harness.doubles.receiver import Receiver
from tests.suites.e2e.caller import RESPONSE_S, Caller, Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROLES = ("gateway", "run-noop", "run-paid", "deliver", "sweep")
BACK_S = 15.0  # work goes on this long after the store serves again
NOTICED_S = 3.0
DRAIN_S, BEYOND_S = 2.0, 10.0
NUMBERS = count()
BUSY_SCRIPT = "while true do end"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """Run a whole deployment."""
    async with deploy(workers=("noop", "paid"), env={"METRICS_PORT": "0"}) as place:
        yield place


async def check_order_runs(place: Place, caller: Caller) -> None:
    """Check that every process still runs, and that an order completes."""
    assert [] == [name for name in ROLES if not place.stack.processes[name].running]
    async with within(BACK_S):
        made, _ = await caller.submit_until_accepted(next(NUMBERS), "test/paid")
    assert "completed" == (await caller.wait_for_end(made))["status"]


async def wait_for_readiness(place: Place, status: int, words: str = "") -> None:
    """Wait until /readyz has a status and names a reason."""
    async with within(NOTICED_S):
        while True:
            async with place.session.get(place.stack.url + "/readyz") as response:
                if response.status == status and words in await response.text():
                    return
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(("command", "status"), [("evalsha", 503), ("time", 503), ("@write", 503), ("blpop", 201)])
async def test_denied_command_is_an_outage(place: Place, command: str, status: int) -> None:
    """While the store's access rules deny a command, orders get 503; afterwards everything continues."""
    caller = await place.create_caller(cents=1000)
    await place.store.call("ACL", "SETUSER", "default", f"-{command}")
    try:
        async with within(RESPONSE_S):
            answer = await caller.submit()
        assert status == answer.status, answer
        await asyncio.sleep(1.0)  # for the rounds of every process
    finally:
        await place.store.call("ACL", "SETUSER", "default", "+@all")
    await check_order_runs(place, caller)


async def test_readiness_covers_a_store_that_refuses_writes(place: Place) -> None:
    """A store that answers PING and takes no write makes the gateway unready."""
    await place.store.call("ACL", "SETUSER", "default", "-@write")
    try:
        await wait_for_readiness(place, 503, "NOPERM")
    finally:
        await place.store.call("ACL", "SETUSER", "default", "+@all")
    await wait_for_readiness(place, 200)


async def test_busy_store_is_an_outage(place: Place) -> None:
    """A script that blocks the store for a while ends no process."""
    caller = await place.create_caller(cents=1000)
    await place.store.call("CONFIG", "SET", "busy-reply-threshold", "50")
    blocked = asyncio.create_task(run_endless_script(place))
    await asyncio.sleep(1.0)
    async with within(RESPONSE_S):
        assert 503 == (await caller.submit()).status
    await kill_script(place)
    await asyncio.gather(blocked, return_exceptions=True)
    await check_order_runs(place, caller)


async def run_endless_script(place: Place) -> None:
    """Run a script that never ends, over a connection of its own."""
    path = place.stack.settings.store_socket
    _, writer = await asyncio.open_unix_connection(path)
    writer.write(f"EVAL '{BUSY_SCRIPT}' 0\r\n".encode())
    await writer.drain()
    await asyncio.sleep(2.5)
    writer.close()


async def kill_script(place: Place) -> None:
    """End the running script."""
    reader, writer = await asyncio.open_unix_connection(place.stack.settings.store_socket)
    writer.write(b"SCRIPT KILL\r\n")
    assert (await reader.readline()).startswith(b"+OK")
    writer.close()


async def test_rolled_back_store_submits_nothing_twice(place: Place) -> None:
    """The store comes back with an older file under running workers: no submit is repeated."""
    caller = await place.create_caller(cents=1000)
    store, folder = place.stack.processes["store"], place.stack.data_dir / "store"
    waiting = [await caller.create(f"boat {number}", "test/paid") for number in range(2)]
    for made in waiting:
        await caller.wait_for_end(made)
    await place.stack.run_cli("queue", "pause", "paid")
    held = [await caller.create(f"boat {number}", "test/paid") for number in range(5)]
    copy = folder.with_name("copy")
    shutil.copytree(folder / "appendonlydir", copy)
    await place.stack.run_cli("queue", "resume", "paid")
    for made in held:
        assert "completed" == (await caller.wait_for_end(made))["status"]
    store.kill()
    shutil.rmtree(folder / "appendonlydir")
    copy.rename(folder / "appendonlydir")
    await place.stack.start_store()
    await wait_for_readiness(place, 503, "older")
    answer = await caller.submit()
    assert (503, "unavailable") == (answer.status, answer.body["error"]["code"])
    await place.stack.run_cli("queue", "resume", "paid")
    await place.stack.run_cli("store", "accept-history")
    await wait_for_readiness(place, 200)
    await check_order_runs(place, caller)
    assert {1} == {place.provider.submits[made] for made in held}
    for made in held:
        assert "processing" == (await caller.poll(made))["status"]


async def test_emptied_store_is_noticed(place: Place) -> None:
    """After FLUSHALL every gateway refuses orders and says why, until an operator accepts the store."""
    await place.store.call("FLUSHALL")
    await wait_for_readiness(place, 503, "emptied")
    await asyncio.sleep(0.1)
    await accept_history(place.store)
    await wait_for_readiness(place, 200)
    await check_order_runs(place, await place.create_caller(cents=1000))


async def test_drain_ends_while_the_store_stands_still(place: Place) -> None:
    """SIGTERM ends every process within its grace period and ten seconds, although the store answers nothing."""
    caller = await place.create_caller(cents=1000)
    async with Receiver() as receiver:
        await caller.request("POST", "/api/v1/webhooks", json={"url": receiver.url})
        await caller.create("polls=9 wait=0.2", "test/paid")
        store = place.stack.processes["store"]
        number = int((re.findall(r"Valkey (\d+) serves", store.output) or [store.pid])[-1])
        os.kill(number, signal.SIGSTOP)
        try:
            for name in ROLES:
                place.stack.processes[name].send(signal.SIGTERM)
            async with within(DRAIN_S + BEYOND_S):
                codes = [await place.stack.processes[name].wait_for_exit() for name in ROLES]
        finally:
            os.kill(number, signal.SIGCONT)
    assert [0] * len(ROLES) == codes
