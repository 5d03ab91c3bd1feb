"""Bind a process to the life of its parent, so that none is left behind when the parent is killed."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # from the kernel's prctl.h
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def bind_to_parent(parent: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Make the kernel send this process a signal when its parent ends. Runs between fork and exec, on Linux only."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(1)
