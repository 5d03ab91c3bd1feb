"""The connection that arq sees: its opening pipeline is answered from what the claim returned."""

import asyncio
from types import TracebackType
from typing import Any

from arq.connections import ArqRedis


class Opening:
    """The opening pipeline of run_job, answered already."""

    def __init__(self, answer: tuple[Any, ...]) -> None:
        self._answer = answer

    async def __aenter__(self) -> "Opening":
        return self

    async def __aexit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        return None

    def get(self, *_: Any) -> None:
        """Ignore a command, whose reply execute() returns."""

    incr = expire = zrem = get

    async def execute(self) -> tuple[Any, ...]:
        """Return the payload, the try, whether the try expires, and the number of abort marks."""
        return self._answer


class FedPool:
    """arq's connection, which answers the opening pipelines of claimed jobs itself."""

    def __init__(self, real: ArqRedis) -> None:
        self.real = real
        self.openings: dict[asyncio.Task[Any] | None, tuple[Any, ...]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def pipeline(self, transaction: bool = True) -> Any:
        """Return the answered opening once for each claimed job, else a real pipeline."""
        answer = self.openings.pop(asyncio.current_task(), None)
        return self.real.pipeline(transaction=transaction) if answer is None else Opening(answer)
