"""Start N gateway processes that share a port (SO_REUSEPORT), and start each again that ends."""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from contextlib import suppress
from functools import partial
from pathlib import Path

import structlog

from shared.ops.hangup import Terminal
from shared.ops.parent import bind_to_parent
from shared.ops.settings import Settings

PROCESSES_MAX = 64
UNUSABLE = 2  # exit status of a process that its settings or this machine do not allow
BACK_S, BACK_MAX_S = 1.0, 30.0  # pauses before a process starts again: after its first quick end, and at most
LASTED_S = 60.0  # a process that ran so long has not ended quickly
SPARE_S = 10.0  # beyond drain_s, until a stopping process is killed

log = structlog.get_logger()


class Supervisor:
    """The parent of N gateway processes. `folder` has a socket of each for its metrics."""

    def __init__(self, config: Settings, count: int, terminal: Terminal) -> None:
        self._config, self._count, self._terminal = config, count, terminal
        self._folder = Path(tempfile.mkdtemp(prefix="wokflow-"))
        self._children: dict[int, asyncio.subprocess.Process] = {}
        self._stopping = asyncio.Event()
        self._status = 0

    async def run(self) -> int:
        """Run until SIGTERM or SIGINT, or until a process is unusable. Return the exit status."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        loop.add_signal_handler(signal.SIGHUP, self._hang_up)
        try:
            watches = [loop.create_task(self._keep_running(number)) for number in range(1, self._count + 1)]
            await self._stopping.wait()
            self._send(signal.SIGTERM)
            _, late = await asyncio.wait(watches, timeout=self._config.drain_s + SPARE_S)
            if late:
                self._send(signal.SIGKILL)
            await asyncio.gather(*watches)
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
        return self._status

    async def _keep_running(self, number: int) -> None:
        pause_s, loop = BACK_S, asyncio.get_running_loop()
        while not self._stopping.is_set():
            began_s = loop.time()
            status = await self._run_once(number)
            if self._stopping.is_set():
                return
            if status == UNUSABLE:
                self._status = status
                self._stopping.set()
                return
            log.error("gateway.process_ended", process=number, status=status)
            pause_s = BACK_S if loop.time() - began_s > LASTED_S else min(pause_s * 2, BACK_MAX_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._stopping.wait()

    async def _run_once(self, number: int) -> int:
        words = ("-m", "gateway", "--process", str(number), "--siblings", str(self._folder))
        bind = partial(bind_to_parent, os.getpid(), signal.SIGTERM)
        child = await asyncio.create_subprocess_exec(sys.executable, *words, preexec_fn=bind)
        self._children[number] = child
        try:
            if self._stopping.is_set():  # it came while the process was started
                child.terminate()
            return await child.wait()
        finally:
            del self._children[number]

    def _hang_up(self) -> None:
        """Stop if the terminal is closed; otherwise let every process read its catalogue again."""
        if self._terminal.closed:
            self._stopping.set()
        else:
            self._send(signal.SIGHUP)

    def _send(self, number: signal.Signals) -> None:
        for child in self._children.values():
            with suppress(ProcessLookupError):
                child.send_signal(number)
