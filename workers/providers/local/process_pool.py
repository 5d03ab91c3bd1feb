"""Processes for work that would hold up the event loop, and with it the renewal of the worker's leases."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from typing import TypeVar

Made = TypeVar("Made")


class PoolBusy(Exception):
    """No process of the pool could do the work now; try again after `after_s` seconds."""

    def __init__(self, reason: str, *, after_s: float) -> None:
        super().__init__(reason)
        self.after_s = after_s


class Pool:
    """Up to `processes` of them, started with the first call. What is run in them must be importable and picklable."""

    def __init__(self, processes: int, *, limit_s: float) -> None:
        self._processes = processes
        self._limit_s = limit_s
        self._executor: ProcessPoolExecutor | None = None

    async def run(self, work: Callable[..., Made], *arguments: object) -> Made:
        """What `work` returns. A process that died (out of memory, killed) is replaced once before we give up.

        Raises PoolBusy when nothing is free in time or a process died twice, and whatever `work` raises.
        """
        for _ in range(2):
            executor = self._executor = self._executor or self._new()
            try:
                async with asyncio.timeout(self._limit_s):
                    return await asyncio.get_running_loop().run_in_executor(executor, work, *arguments)
            except BrokenProcessPool:
                # Every call waiting on this pool comes here; only the first may throw it away.
                if self._executor is executor:
                    self._executor = None
                executor.shutdown(wait=False)
            except TimeoutError:
                raise PoolBusy("every process is busy", after_s=5.0) from None
        raise PoolBusy("the process at work died twice", after_s=10.0)

    async def close(self) -> None:
        """Let the processes finish what they are at, and end them."""
        executor, self._executor = self._executor, None
        if executor:
            await asyncio.to_thread(executor.shutdown, wait=True, cancel_futures=True)

    def _new(self) -> ProcessPoolExecutor:
        # Spawned, not forked: a fork would copy the event loop's sockets and whatever locks other threads hold.
        return ProcessPoolExecutor(self._processes, mp_context=get_context("spawn"), initializer=_settle_in)


def _settle_in() -> None:
    """In a process: Ctrl-C is the parent's business, its end is ours too, and its event loop goes first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(5)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)
