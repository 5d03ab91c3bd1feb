"""The time limit on work that may ignore its cancellation."""

import asyncio
import gc
from typing import Any

import pytest

from workers.timing import run_within


async def test_result_in_time_is_returned() -> None:
    """A result within the time limit is returned, and an exception of the work is raised."""

    async def fail() -> None:
        raise KeyError("no")

    assert "yes" == await run_within(1, asyncio.sleep(0.01, "yes"))
    with pytest.raises(KeyError):
        await run_within(1, fail())


async def test_work_is_cancelled_when_it_exceeds_its_limit() -> None:
    """The work is cancelled at its limit, and an exception that it raises afterwards is ignored."""
    loop, errors, ended = asyncio.get_running_loop(), [], []
    loop.set_exception_handler(lambda _, context: errors.append(context))

    async def raise_when_cancelled() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError as cancelled:
            ended.append(True)
            raise ConnectionError("cut") from cancelled

    with pytest.raises(TimeoutError):
        await run_within(0.01, raise_when_cancelled())
    gc.collect()
    await asyncio.sleep(0)
    assert ([True], []) == (ended, errors)


async def test_work_is_cancelled_with_its_caller() -> None:
    """Cancelling the caller cancels the work too."""
    ended: list[Any] = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    caller = asyncio.create_task(run_within(60, work()))
    await asyncio.sleep(0.01)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert [True] == ended
