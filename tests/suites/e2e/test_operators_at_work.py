"""Operators on a running deployment: its processes, a paused and drained provider, and the live view."""

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


class AdminClient:
    """A client of the admin API."""

    def __init__(self, caller: Caller, key: str) -> None:
        self._caller, self._headers = caller, {"Authorization": f"Bearer {key}"}
        self._url = f"{caller.place.stack.admin_urls[0]}/api/admin"

    async def set_mode(self, act: str) -> None:
        """Pause, drain or resume provider noop."""
        answer = await self._caller.request("POST", f"{self._url}/queues/noop/{act}", headers=self._headers)
        assert 200 == answer.status, answer

    async def list_roles(self) -> list[str]:
        """Return the roles of the listed processes."""
        listed = (await self._caller.request("GET", f"{self._url}/workers", headers=self._headers)).body["data"]
        return [one["role"] for one in listed]

    async def wait_for(self, roles: list[str]) -> None:
        """Wait until exactly these roles are listed."""
        end = time.monotonic() + WAIT_S
        while roles != (found := await self.list_roles()):
            assert time.monotonic() < end, found
            await asyncio.sleep(0.05)


async def test_pause_and_drain_stop_work_until_resumed() -> None:
    """A paused provider's generation waits and ends after a resume, and a drained one refuses new orders."""
    async with deploy(workers=("noop",)) as place:
        caller = await place.create_caller()
        _, key = await admin_keys.create(place.store, "Grace")
        operator = AdminClient(caller, key)
        await operator.wait_for(ROLES)
        await operator.set_mode("pause")
        name = await caller.create()
        await asyncio.sleep(0.5)
        assert "queued" == (await caller.poll(name))["stage"]
        await operator.set_mode("resume")
        assert "completed" == (await caller.wait_for_end(name))["status"]
        await operator.set_mode("drain")
        refused = await caller.submit()
        assert (502, "upstream_error") == (refused.status, refused.body["error"]["code"])
        assert 0 == await place.stack.processes["run-noop"].stop()
        await operator.wait_for([role for role in ROLES if role != "worker"])


async def test_top_runs_until_q_is_pressed() -> None:
    """In a terminal `top` updates until q is pressed, and then restores the terminal."""
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
