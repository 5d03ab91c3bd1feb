"""A paid provider's adapter that kills its own worker, once for each generation, at the step that the prompt names."""

import os
import signal
from pathlib import Path

from tests.harness.doubles.adapters import paid
from workers.adapters.contract import Call, Done, Pending


class Adapter(paid.Adapter):
    """`die=before-submit`, `after-submit`, `before-poll` and `after-poll` are what can be asked for."""

    async def submit(self, call: Call) -> Pending | Done:
        """The paid provider's."""
        _die("before-submit", call)
        answer = await super().submit(call)
        _die("after-submit", call)
        return answer

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """The paid provider's."""
        _die("before-poll", call)
        answer = await super().poll(call, ref)
        _die("after-poll", call)
        return answer


def _die(step: str, call: Call) -> None:
    grave = Path(os.environ["GRAVES"]) / call.generation_id
    if f"die={step}" in call.prompt and not grave.exists():
        grave.touch()
        os.kill(os.getpid(), signal.SIGKILL)
