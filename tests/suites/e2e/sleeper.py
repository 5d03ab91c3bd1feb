"""A provider that works inside the submit and may be asked twice: `sleep=S` in the prompt says how long."""

import asyncio
import re
from typing import ClassVar

from workers.adapters import contract
from workers.adapters.contract import Call, Done, Pending


class Adapter(contract.Adapter):
    """Sleeps, then answers with a line of text."""

    repeatable: ClassVar[bool] = True
    submit_limit_s: ClassVar[float] = 30.0

    async def submit(self, call: Call) -> Pending | Done:
        """Done, after the sleep."""
        found = re.search(r"sleep=([0-9.]+)", call.prompt)
        await asyncio.sleep(float(found[1]) if found else 0)
        return Done(text="slept")
