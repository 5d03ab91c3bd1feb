"""A paid provider's adapter that kills its own worker, once for each generation, at a step that the prompt names."""

import os
import signal
from pathlib import Path

from tests.harness.doubles.adapters import paid
from workers.adapters.contract import Call, Done, Pending


class Adapter(paid.Adapter):
    """The prompt may have `die=before-submit`, `after-submit`, `before-poll` or `after-poll`."""

    async def submit(self, call: Call) -> Pending | Done:
        """Submit to the paid provider."""
        _kill_at("before-submit", call)
        answer = await super().submit(call)
        _kill_at("after-submit", call)
        return answer

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """Poll the paid provider."""
        _kill_at("before-poll", call)
        answer = await super().poll(call, ref)
        _kill_at("after-poll", call)
        return answer


def _kill_at(step: str, call: Call) -> None:
    marker = Path(os.environ["GRAVES"]) / call.generation_id
    if f"die={step}" in call.prompt and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
