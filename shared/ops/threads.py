"""How the threads of a process share the interpreter."""

import sys

SWITCH_S = 0.0005


def share_interpreter() -> None:
    """Let a thread that waits for the interpreter have it soon. Call it once, at the start of a process.

    The event loop waits for it whenever it wakes up: next to one busy thread, for up to Python's 5 ms each time.
    """
    sys.setswitchinterval(SWITCH_S)
