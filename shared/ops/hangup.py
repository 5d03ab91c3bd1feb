"""Distinguish a closed terminal, which stops a process, from a SIGHUP that requests a reload."""

import os
import signal

TERMINAL = "/dev/tty"


class Terminal:
    """The terminal that this process was started in, if any. Until it has a handler, the process ignores SIGHUP."""

    def __init__(self) -> None:
        self._matters = has_terminal() and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    @property
    def closed(self) -> bool:
        """Return whether the terminal is gone. Under `nohup` that does not matter."""
        return self._matters and not has_terminal()


def has_terminal() -> bool:
    """Return whether this process has a controlling terminal."""
    try:
        os.close(os.open(TERMINAL, os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True
