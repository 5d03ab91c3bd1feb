"""Starts of our programs from a process that has their modules already: to import them takes 0.6 s of CPU each time.

It is multiprocessing's fork server. A child is a process of its own, with its own environment, session and output; it
runs the program as `python -m` does. Only tests use it: figures are measured on processes that start as they do in use.
"""

import contextlib
import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

from shared.ops.parent import bind_to_parent
from shared.ops.settings import ROOT

PROGRAMS = ("gateway.__main__", "workers.__main__", "operate.cli.main", "shared.store.embedded")
MODULES = ("gateway", "workers", "operate.cli.main", "shared.store.embedded")  # as `python -m` takes them
PRELOADED = "tests.harness.preloaded"
READ_AT_START = ("PYTHON", "LD_", "SSL_")  # variables that the interpreter or an import reads
AS_PRELOADED = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "SSL_CERT_FILE": os.devnull}
CLOCK = "tests.harness.shifted.sitecustomize"
SHIFT, SHIFTED_PATH = "CLOCK_SHIFT_S", f"{ROOT / 'tests/harness/shifted'}:{ROOT}"


class ForkedProcess:
    """A started child, with the part of `subprocess.Popen` that the harness uses."""

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process
        assert process.pid is not None, "it was started"
        self.pid = process.pid

    @property
    def returncode(self) -> int | None:
        """Return its exit code, which is -n after signal n, or None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Return its exit code, or None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return its exit code. Raises TimeoutError."""
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise TimeoutError(f"process {self.pid} still runs")
        return code


def can_start(command: Sequence[str], env: Mapping[str, str], cwd: Path) -> bool:
    """Return whether a command runs one of our programs, in an interpreter like this one."""
    expected = AS_PRELOADED | ({"PYTHONPATH": SHIFTED_PATH} if SHIFT in env else {})
    usual = all(expected.get(name) == value for name, value in env.items() if name.startswith(READ_AT_START))
    return [sys.executable, "-m"] == list(command[:2]) and command[2] in MODULES and cwd == ROOT and usual


def start(command: Sequence[str], env: Mapping[str, str], log: Path) -> ForkedProcess:
    """Start a command for which `can_start` is true, with its output at the end of `log`."""
    log.touch()
    context = _context()
    reader, writer = context.Pipe(duplex=False)
    with reader, writer:
        process = context.Process(target=_run, args=(writer, command[2:], dict(env), str(log)), daemon=True)
        process.start()
        writer.close()
        with contextlib.suppress(EOFError):  # it was killed before
            reader.recv()
    return ForkedProcess(process)


@cache
def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([PRELOADED])
    return context


def _run(ready: Connection, words: Sequence[str], env: dict[str, str], log: str) -> None:
    """Run the program in this process. Raises SystemExit with its exit code."""
    os.setsid()
    bind_to_parent(os.getppid())
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # `nohup` ignores it
    ready.send(None)
    ready.close()
    os.environ.clear()
    os.environ.update(env)
    vars(sys.modules[CLOCK])["SHIFT_S"] = float(env.get(SHIFT, "0"))
    os.chdir(ROOT)
    with open(os.devnull, "rb") as nothing, open(log, "ab") as output:
        os.dup2(nothing.fileno(), 0)
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1, closefd=False) for number in (1, 2))
    sys.argv = list(words)
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)
