"""Waiting: the pace of polls, retries while the store is down, and time limits that survive a paused process."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from msgspec import structs

from shared.domain.errors import StoreDown
from workers.adapters.contract import Pending

PROVEN_PERCENT = 90
STORE_WAIT_S = 60.0  # for a store that is down
STORE_RETRY_S = 1.0  # until a step or delivery that a missing store cut short is taken again
STALL_S = 0.2  # to read an answer that has arrived already
STRETCH, STRETCHED_S_MAX = 4.0, 30.0
LATE_FIRST_S, LATE_LAST_S = 60.0, 86_400.0  # after a refund: the first late poll, and the last

Result = TypeVar("Result")


class Progress:
    """The progress of a process: a loop that stands still for long is stuck."""

    def __init__(self) -> None:
        self._noted_s = time.monotonic()

    def note(self) -> None:
        """Note that the loop has made a turn, successful or not."""
        self._noted_s = time.monotonic()

    @property
    def silent_s(self) -> float:
        """Return for how long there was no progress."""
        return time.monotonic() - self._noted_s


def stretched(pending: Pending, callback_percent: int) -> Pending:
    """Return `pending` with a later poll if nearly all callbacks of the provider arrive. A lost one costs that time."""
    if callback_percent < PROVEN_PERCENT:
        return pending
    pace_s = max(pending.poll_after_s, min(pending.poll_after_s * STRETCH, STRETCHED_S_MAX))
    return structs.replace(pending, poll_after_s=pace_s)


async def retry_while_store_down(call: Callable[[], Awaitable[Result]]) -> Result:
    """Call the store until it replies. Raises StoreDown after STORE_WAIT_S.

    Use it for calls that a worker must complete before it lets go of a job: a lost reply makes a submit uncertain.
    """
    until_s = time.monotonic() + STORE_WAIT_S
    while True:
        try:
            return await call()
        except StoreDown:
            if time.monotonic() >= until_s:
                raise


async def run_within(limit_s: float, work: Coroutine[Any, Any, Result]) -> Result:
    """Return or raise the result of `work`. Raises TimeoutError after `limit_s`.

    After a pause of the process the answer and the end of the time limit arrive together: then the answer counts.
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
