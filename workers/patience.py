"""Holding on to a question while the store is away."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.domain.errors import StoreDown

PATIENCE_S = 60.0

Told = TypeVar("Told")


async def insist(ask: Callable[[], Awaitable[Told]]) -> Told:
    """What the store answers, asked for again while it is away. Raises StoreDown after PATIENCE_S.

    For what a worker must know before it lets go of a job: an intent whose fate nobody learnt makes a submit uncertain.
    """
    until_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            return await ask()
        except StoreDown:
            if time.monotonic() >= until_s:
                raise
