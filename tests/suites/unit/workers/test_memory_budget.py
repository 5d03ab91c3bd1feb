"""The memory budget: bounded, fair, and never lost; and the walk through the boxes of a video."""

import asyncio

import pytest

from shared.media.boxes import BOXES_MAX, BoxWalk
from shared.ops.memory_budget import MemoryBudget

FTYP, MDAT = b"\0\0\0\x10ftypisom\0\0\2\0", b"\0\0\0\x0cmdat1234"
LONG = b"\0\0\0\1moov" + (20).to_bytes(8) + b"1234"


async def test_budget_is_never_exceeded() -> None:
    """Many requests of different sizes hold at most the budget, and all are served."""
    budget, served, most = MemoryBudget(10), 0, 0

    async def work(size: int) -> None:
        nonlocal served, most
        async with budget.reserve(size):
            most = max(most, budget.used_bytes)
            await asyncio.sleep(0)
            served += 1

    await asyncio.gather(*(work(size) for size in [3, 4, 10, 1, 2, 5, 25, 6] * 10))
    assert (80, 10, 0) == (served, most, budget.used_bytes)


async def test_large_request_is_not_overtaken() -> None:
    """A request that needs all waits for its turn, and later small ones wait behind it."""
    budget, order = MemoryBudget(10), []

    async def work(name: str, size: int) -> None:
        async with budget.reserve(size):
            order.append(name)
            await asyncio.sleep(0.01)

    await asyncio.gather(work("first", 5), work("large", 10), work("small", 1))
    assert ["first", "large", "small"] == order


@pytest.mark.parametrize("moment_s", [0, 0.005, 0.02])
async def test_cancelled_request_gives_its_memory_back(moment_s: float) -> None:
    """A wait or a reservation that is cancelled leaves nothing behind."""
    budget = MemoryBudget(10)

    async def work() -> None:
        async with budget.reserve(10):
            await asyncio.sleep(0.01)

    tasks = [asyncio.create_task(work()) for _ in range(3)]
    await asyncio.sleep(moment_s)
    for task in tasks[:2]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert 0 == budget.used_bytes


@pytest.mark.parametrize(
    ("data", "is_cut"),
    [
        (FTYP + MDAT, False),
        (FTYP + LONG + MDAT, False),
        (FTYP, False),
        (FTYP + MDAT[:-1], True),
        (FTYP + MDAT[:6], True),
        (FTYP + LONG[:12], True),
        (FTYP + LONG[:-1], True),
        (FTYP + b"\0\0\0\0mdat" + b"until the end", False),
        (FTYP + b"\0\0\0\3junk", False),
        (FTYP + b"\0\0\0\x08free" * (BOXES_MAX + 1) + b"x", False),
        (b"", False),
    ],
)
def test_boxes_show_whether_a_video_was_cut(data: bytes, is_cut: bool) -> None:
    """The end of the last box is the end of the file, wherever the pieces begin."""
    for size in (1, 3, 7, len(data) or 1):
        walk = BoxWalk()
        for start in range(0, len(data), size):
            walk.feed(data[start : start + size])
        assert is_cut == walk.is_cut
