"""Operators in front of a running deployment: who lives, what holding a provider up does to it, and the live view."""

import asyncio
import os
import pty
import sys
import time

from shared.ops.settings import ROOT
from shared.store import admin_keys
from tests.suites.e2e.caller import Caller, deploy

ROLES = ["dispatcher", "gateway", "sweeper", "worker"]
WAIT_S = 15.0


class Operator:
    """One who uses the admin API over HTTP."""

    def __init__(self, caller: Caller, key: str) -> None:
        self._caller, self._headers = caller, {"Authorization": f"Bearer {key}"}

    async def hold(self, act: str) -> None:
        """Pause, drain or resume provider noop."""
        answer = await self._caller.request("POST", f"/api/admin/queues/noop/{act}", headers=self._headers)
        assert 200 == answer.status, answer

    async def roles(self) -> list[str]:
        """Of the processes that are listed."""
        listed = (await self._caller.request("GET", "/api/admin/workers", headers=self._headers)).body["data"]
        return [one["role"] for one in listed]

    async def until(self, roles: list[str]) -> None:
        """Wait until just these are listed."""
        end = time.monotonic() + WAIT_S
        while roles != (seen := await self.roles()):
            assert time.monotonic() < end, seen
            await asyncio.sleep(0.05)


async def test_a_deployment_is_held_up_and_goes_on() -> None:
    """Every role is listed while it lives, a pause holds an order up without failing it, and after a resume it ends."""
    async with deploy(workers=("noop",)) as place:
        caller = await place.create_caller()
        _, key = await admin_keys.create(place.store, "Grace")
        operator = Operator(caller, key)
        await operator.until(ROLES)
        await operator.hold("pause")
        name = await caller.create()
        await asyncio.sleep(0.5)
        assert "queued" == (await caller.poll(name))["stage"]
        await operator.hold("resume")
        assert "completed" == (await caller.wait_for_end(name))["status"]
        await operator.hold("drain")
        refused = await caller.submit()
        assert (502, "upstream_error") == (refused.status, refused.body["error"]["code"])
        assert 0 == await place.stack.processes["run-noop"].stop()
        await operator.until([role for role in ROLES if role != "worker"])


async def test_the_live_view_runs_until_q() -> None:
    """In a terminal `top` goes on showing until q is pressed, and leaves the terminal as it was."""
    async with deploy(workers=("noop",)) as place:
        ours, theirs = pty.openpty()
        command = (sys.executable, "-m", "operate.cli.main", "top", "--every", "0.2")
        env = os.environ | place.stack.env | {"TERM": "xterm", "COLUMNS": "150", "LINES": "40"}
        process = await asyncio.create_subprocess_exec(
            *command, env=env, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        seen = b""
        async with asyncio.timeout(WAIT_S):
            while seen.count(b"uncertain") < 3:
                seen += await asyncio.to_thread(os.read, ours, 65_536)
            os.write(ours, b"q")
            while b"\x1b[?1049l" not in seen:
                seen += await asyncio.to_thread(os.read, ours, 65_536)
            assert 0 == await process.wait()
        os.close(ours)
        assert b"gateway" in seen
