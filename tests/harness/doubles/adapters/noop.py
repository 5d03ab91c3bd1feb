"""A provider that finishes at once, so that only our own work takes time."""

from typing import ClassVar

from workers.adapters import contract
from workers.adapters.contract import Call, Done, Pending, Setup


class Adapter(contract.Adapter):
    """Finishes every submit at once."""

    repeatable: ClassVar[bool] = True
    submit_limit_s: ClassVar[float] = 10.0

    def __init__(self, setup: Setup) -> None:
        self.setup = setup

    async def submit(self, call: Call) -> Pending | Done:
        """Return a line of text."""
        return Done(text="done")

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """Return a line of text; no submit is ever pending."""
        return Done(text="done")

    async def cancel(self, call: Call, ref: str) -> None:
        """Do nothing: no work runs."""

    async def close(self) -> None:
        """Do nothing: no connection is open."""
