"""Finds callbacks that hold an event loop, on a machine that has other things to do.

A clock on the wall also measures the neighbours. The processor time of the loop's own thread does not, and work that
always holds the loop does so again when it is repeated.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager

from msgspec import Struct

LAG_S_MAX = 0.1
TRIES = 3


class Longest(Struct):
    """The longest callback of a block."""

    seconds: float = 0.0
    callback: str = ""


@contextmanager
def measure_callbacks() -> Iterator[Longest]:
    """Note the longest callback of every loop of this process."""
    longest, run = Longest(), asyncio.Handle._run

    def run_timed(handle: asyncio.Handle) -> None:
        began_s = time.thread_time()
        run(handle)
        spent_s = time.thread_time() - began_s
        if spent_s > longest.seconds:
            longest.seconds, longest.callback = spent_s, repr(handle)

    asyncio.Handle._run = run_timed  # type: ignore[method-assign]
    try:
        yield longest
    finally:
        asyncio.Handle._run = run  # type: ignore[method-assign]


async def find_longest_callback(work: Callable[[], Coroutine[None, None, object]]) -> Longest:
    """Return the longest callback of some work, in the best of three tries if it was too long."""
    tries = []
    for _ in range(TRIES):
        with measure_callbacks() as longest:
            await asyncio.create_task(work())  # as a callback of its own
        tries.append(longest)
        if longest.seconds <= LAG_S_MAX:
            break
    return min(tries, key=lambda one: one.seconds)
