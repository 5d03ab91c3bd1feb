"""A bound on the memory that the work of one process holds at once."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class MemoryBudget:
    """A semaphore in bytes. The longest wait is served first, so that no large request starves."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._free = bytes_max
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def used_bytes(self) -> int:
        """Return the bytes that are reserved now."""
        return self._bytes_max - self._free

    @asynccontextmanager
    async def reserve(self, bytes_wanted: int) -> AsyncIterator[None]:
        """Hold `bytes_wanted`, at most the whole budget, for the block. Wait until they are free."""
        wanted = min(bytes_wanted, self._bytes_max)
        await self._take(wanted)
        try:
            yield
        finally:
            self._give_back(wanted)

    async def _take(self, wanted: int) -> None:
        if not self._waiting and wanted <= self._free:
            self._free -= wanted
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, future))
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._give_back(wanted)  # it was served while it was being cancelled
            raise

    def _give_back(self, count: int) -> None:
        self._free += count
        while self._waiting and (self._waiting[0][0] <= self._free or self._waiting[0][1].done()):
            wanted, future = self._waiting.popleft()
            if not future.done():
                self._free -= wanted
                future.set_result(None)
