"""A provider that works inside the submit and may be asked twice: `sleep=S` in the prompt says how long."""

import asyncio
import re
from typing import ClassVar

from workers.providers.contract import Call, Done, Pending, Setup


class Adapter:
    """Sleeps, then answers with a line of text."""

    repeatable: ClassVar[bool] = True
    submit_limit_s: ClassVar[float] = 30.0

    def __init__(self, setup: Setup) -> None:
        self.setup = setup

    async def submit(self, call: Call) -> Pending | Done:
        """Done, after the sleep."""
        found = re.search(r"sleep=([0-9.]+)", call.prompt)
        await asyncio.sleep(float(found[1]) if found else 0)
        return Done(text="slept")

    async def check(self, call: Call, ref: str) -> Pending | Done:
        """Never needed."""
        return Done(text="slept")

    async def cancel(self, call: Call, ref: str) -> None:
        """Nothing to stop."""

    async def close(self) -> None:
        """Nothing to release."""
