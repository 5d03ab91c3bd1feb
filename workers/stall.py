"""Time limits that survive a pause of the whole process."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

STALL_S = 0.2  # for an answer that is there already to be read

Answer = TypeVar("Answer")


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
