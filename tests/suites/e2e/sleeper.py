"""A provider that works during the submit, which may be repeated. `sleep=S` in the prompt sets the time."""

import asyncio
import re
from typing import ClassVar

from workers.adapters import contract
from workers.adapters.contract import Call, Done, Pending


class Adapter(contract.Adapter):
    """Sleeps, then returns a line of text."""

    repeatable: ClassVar[bool] = True
    submit_limit_s: ClassVar[float] = 30.0

    async def submit(self, call: Call) -> Pending | Done:
        """Sleep, then finish."""
        match = re.search(r"sleep=([0-9.]+)", call.prompt)
        await asyncio.sleep(float(match[1]) if match else 0)
        return Done(text="slept")
