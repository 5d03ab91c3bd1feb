"""A time limit that an answer may outlast only together with the whole process."""

import asyncio
import gc
from typing import Any

import pytest

from workers.timing import run_within


async def test_an_answer_in_time_is_returned() -> None:
    """What the work returns within its time is the result, and what it raises is raised."""

    async def fails() -> None:
        raise KeyError("no")

    assert "yes" == await run_within(1, asyncio.sleep(0.01, "yes"))
    with pytest.raises(KeyError):
        await run_within(1, fails())


async def test_work_that_takes_too_long_is_cancelled() -> None:
    """After its time the work is told to stop, and whatever it raises then is nobody's concern."""
    loop, complaints, ended = asyncio.get_running_loop(), [], []
    loop.set_exception_handler(lambda _, context: complaints.append(context))

    async def stubborn() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError as cancelled:
            ended.append(True)
            raise ConnectionError("cut") from cancelled

    with pytest.raises(TimeoutError):
        await run_within(0.01, stubborn())
    gc.collect()
    await asyncio.sleep(0)
    assert ([True], []) == (ended, complaints)


async def test_the_work_stops_with_its_caller() -> None:
    """Whoever waits is cancelled together with the work."""
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
