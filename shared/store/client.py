"""The interface of a store client: the two calls that the functions of `shared/store` make."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

Argument = bytes | str | int | float


class Act(NamedTuple):
    """An operator's action, as the audit records it."""

    who: str  # the operator
    what: str  # the command
    on: str = ""  # the account, generation, provider or key that it changes
    detail: str = ""


class StoreClient(Protocol):
    """A client of the store: a `Store`, or a wrapper such as `AuditedStore`."""

    async def call(self, *command: Argument, patience_s: float | None = None) -> Any:
        """Send one command and return its reply."""
        ...

    async def read(self, commands: Sequence[tuple[Argument, ...]]) -> list[Any]:
        """Send commands that only read in one write, and return their replies."""
        ...

    async def run(
        self, verb: str, *args: Argument, patience_s: float | None = None, durable: bool = False, act: Act | None = None
    ) -> list[Any]:
        """Run a Lua verb and return its reply; the first item is the reply's word, as str."""
        ...
