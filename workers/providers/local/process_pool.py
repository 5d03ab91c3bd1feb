"""Child processes for work that would block the event loop, and with it the renewal of the worker's leases."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from typing import TypeVar

Value = TypeVar("Value")

NICE = 5


class ProcessPoolBusy(Exception):
    """No process of the pool could do the work now. The same work may be tried again after `after_s` seconds."""

    def __init__(self, reason: str, *, after_s: float) -> None:
        super().__init__(reason)
        self.after_s = after_s


class ProcessPool:
    """Up to `processes` child processes, started with the first call. Work must be importable and picklable."""

    def __init__(self, processes: int, *, limit_s: float) -> None:
        self._processes = processes
        self._limit_s = limit_s
        self._executor: ProcessPoolExecutor | None = None

    async def run(self, work: Callable[..., Value], *arguments: object) -> Value:
        """Run `work` in a child process and return its value.

        A process that dies (killed, out of memory) is replaced, and its work runs once more. Raises ProcessPoolBusy
        when no process finishes in time or when a process dies twice, and every exception of `work`.
        """
        for _ in range(2):
            executor = self._executor = self._executor or self._new_executor()
            try:
                async with asyncio.timeout(self._limit_s):
                    return await asyncio.get_running_loop().run_in_executor(executor, work, *arguments)
            except BrokenProcessPool:
                # Every call that waits on this executor gets here; only the first one may drop it.
                if self._executor is executor:
                    self._executor = None
                executor.shutdown(wait=False)
            except TimeoutError:
                raise ProcessPoolBusy("every process is busy", after_s=5.0) from None
        raise ProcessPoolBusy("the process died twice", after_s=10.0)

    async def close(self) -> None:
        """Wait for the running work, drop the waiting work, and end the processes."""
        executor, self._executor = self._executor, None
        if executor:
            await asyncio.to_thread(executor.shutdown, wait=True, cancel_futures=True)

    def _new_executor(self) -> ProcessPoolExecutor:
        # Spawned, not forked: a fork would copy the event loop's sockets and every lock that another thread holds.
        return ProcessPoolExecutor(self._processes, mp_context=get_context("spawn"), initializer=_prepare_child)


def _prepare_child() -> None:
    """Leave Ctrl-C to the parent, give its event loop priority, and end when it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICE)
    threading.Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)
