"""What a provider is never done with: its generations are parked, and it remembers how late each look at them was."""

import os
import random
import time
from pathlib import Path
from typing import ClassVar

import msgspec

from workers.adapters import contract
from workers.adapters.contract import Call, Done, Pending, Setup
from workers.adapters.http import Http

PACE_S = 5.0  # what providers of films want


class Adapter(contract.Adapter):
    """Submits and looks over HTTP, each PACE_S; the first time at any moment within it."""

    repeatable: ClassVar[bool] = False
    submit_limit_s: ClassVar[float] = 30.0

    def __init__(self, setup: Setup) -> None:
        self._http = Http(setup.base_url or "", headers={"Authorization": "Key secret"})
        self._due_s: dict[str, float] = {}
        self._looks: list[tuple[str, float, float]] = []  # (generation; when it was due, Unix s; how late it was, s)

    async def submit(self, call: Call) -> Pending | Done:
        """Parked."""
        await self._http.submit("POST", "/submit", json={"prompt": call.prompt})
        return self._parked(call.generation_id, random.uniform(0, PACE_S))

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """Parked again."""
        self._note(ref)
        answer = await self._http.poll("GET", f"/requests/{ref}/status")
        assert "IN_PROGRESS" == answer.fields["status"]
        return self._parked(ref, PACE_S)

    async def close(self) -> None:
        """Say what was seen; a look that is overdue is as late as it is."""
        await self._http.close()
        now_s = time.time()
        for ref in [ref for ref, due_s in self._due_s.items() if due_s < now_s]:
            self._note(ref)
        Path(os.environ["PARKED_OUT"]).write_bytes(msgspec.json.encode(self._looks))

    def _note(self, ref: str) -> None:
        self._looks.append((ref, self._due_s[ref], time.time() - self._due_s[ref]))

    def _parked(self, ref: str, after_s: float) -> Pending:
        self._due_s[ref] = time.time() + after_s
        return Pending(ref, after_s)
