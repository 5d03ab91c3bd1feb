"""Processes of honcho that end with the runner, also when it is killed with SIGKILL or its terminal is closed.

Honcho runs each command below a process of its own. That process notices the runner's end at a pipe, stops the command
as the runner would have, and kills it after the same limit. On Linux the kernel stops the command too if that process
is killed itself.
"""

import multiprocessing
import os
import signal
import threading
import time
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.queues import Queue
from typing import Any

from honcho.process import Popen, Process

from shared.ops.parent import bind_to_parent

CLOSED_IN_CHILD: list[Connection] = []  # a forked process inherits the runner's end of the pipe
POLL_S = 0.05


class Lifeline:
    """A pipe that the runner holds open for as long as it lives."""

    def __init__(self) -> None:
        self.reader, writer = multiprocessing.Pipe(duplex=False)
        CLOSED_IN_CHILD.append(writer)


class BoundProcess(Process):  # type: ignore[misc]  # honcho has no types
    """A command that is stopped when the runner ends, whatever ended it."""

    def __init__(self, lifeline: Lifeline, limit_s: float, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reader, self._limit_s, self._orphaned = lifeline.reader, limit_s, False

    def run(self, events: "Queue[Any] | None" = None, ignore_signals: bool = False) -> None:
        """Run the command to its end, and pass on its output while the runner lives."""
        for writer in CLOSED_IN_CHILD:
            writer.close()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the runner stops everything when its terminal closes
        self._child_ctor = partial(Popen, preexec_fn=partial(_prepare, os.getpid()))
        threading.Thread(target=self._follow_runner, args=(events,), daemon=True).start()
        super().run(events, ignore_signals)
        if self._orphaned:
            os._exit(0)  # the queue's own thread waits for a reader that is gone

    def _follow_runner(self, events: "Queue[Any] | None") -> None:
        wait([self._reader])
        self._orphaned, self._events = True, None
        if events is not None:
            events.cancel_join_thread()
        while self._child is None:
            time.sleep(POLL_S)
        os.killpg(self._child.pid, signal.SIGTERM)
        time.sleep(self._limit_s)
        os.killpg(self._child.pid, signal.SIGKILL)


def _prepare(runner: int) -> None:
    """Bind a command to the process above it. The command ignores SIGHUP until it has a handler for it."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    bind_to_parent(runner, signal.SIGTERM)
