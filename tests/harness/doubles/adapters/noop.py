"""A provider that answers at once with nothing: what is left is our own work."""

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
        """Done, with a line of text."""
        return Done(text="done")

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """Never needed."""
        return Done(text="done")

    async def cancel(self, call: Call, ref: str) -> None:
        """Nothing to stop."""

    async def close(self) -> None:
        """Nothing to release."""
