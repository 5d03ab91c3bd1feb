"""Waiting: how often a provider is polled, how long the store is waited for, and limits that survive a pause."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from msgspec import structs

from shared.domain.errors import StoreDown
from workers.adapters.contract import Pending

PROVEN_PERCENT = 90
PATIENCE_S = 60.0
STALL_S = 0.2  # for an answer that is there already to be read
STRETCH, STRETCHED_S_MAX = 4.0, 30.0

Told = TypeVar("Told")
Answer = TypeVar("Answer")


def relaxed(pending: Pending, calls_percent: int) -> Pending:
    """The same with a later look, if that many of the provider's callbacks come. One that is lost costs that time."""
    if calls_percent < PROVEN_PERCENT:
        return pending
    pace_s = max(pending.poll_after_s, min(pending.poll_after_s * STRETCH, STRETCHED_S_MAX))
    return structs.replace(pending, poll_after_s=pace_s)


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


async def within(limit_s: float, work: Coroutine[Any, Any, Answer]) -> Answer:
    """What `work` returns or raises within `limit_s`; raises TimeoutError after that.

    A process that was paused finds the answer and the end of its time at the same moment: then the answer counts.
    """
    task = asyncio.ensure_future(work)
    try:
        for wait_s in (limit_s, STALL_S):
            if not task.done():
                await asyncio.wait({task}, timeout=wait_s)
        if not task.done():
            raise TimeoutError(f"no answer within {limit_s} s")
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
