"""An adapter whose tasks never finish: its generations stay parked, and it records how late each poll was."""

import os
import random
import time
from pathlib import Path
from typing import ClassVar

import msgspec

from workers.adapters import contract
from workers.adapters.contract import Call, Done, Pending, Setup
from workers.adapters.http import Http

PACE_S = 5.0  # as providers of videos advise


class Adapter(contract.Adapter):
    """Submits and polls over HTTP. Polls are PACE_S apart; the first one comes at a random moment within PACE_S."""

    repeatable: ClassVar[bool] = False
    submit_limit_s: ClassVar[float] = 30.0

    def __init__(self, setup: Setup) -> None:
        self._http = Http(setup.base_url or "", headers={"Authorization": "Key secret"})
        self._due_s: dict[str, float] = {}
        self._polls: list[tuple[str, float, float]] = []  # (generation; when it was due, Unix s; how late it was, s)

    async def submit(self, call: Call) -> Pending | Done:
        """Submit and park."""
        await self._http.submit("POST", "/submit", json={"prompt": call.prompt})
        return self._schedule_poll(call.generation_id, random.uniform(0, PACE_S))

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """Poll and park again."""
        self._record_poll(ref)
        answer = await self._http.poll("GET", f"/requests/{ref}/status")
        assert "IN_PROGRESS" == answer.fields["status"]
        return self._schedule_poll(ref, PACE_S)

    async def close(self) -> None:
        """Write the recorded polls. A poll that is overdue now counts as late."""
        await self._http.close()
        now_s = time.time()
        for ref in [ref for ref, due_s in self._due_s.items() if due_s < now_s]:
            self._record_poll(ref)
        Path(os.environ["PARKED_OUT"]).write_bytes(msgspec.json.encode(self._polls))

    def _record_poll(self, ref: str) -> None:
        self._polls.append((ref, self._due_s[ref], time.time() - self._due_s[ref]))

    def _schedule_poll(self, ref: str, after_s: float) -> Pending:
        self._due_s[ref] = time.time() + after_s
        return Pending(ref, after_s)
