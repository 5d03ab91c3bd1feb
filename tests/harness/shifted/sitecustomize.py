"""Python imports this module at its start: the machine's clock of the process is wrong by CLOCK_SHIFT_S seconds."""

import os
import time

SHIFT_S = float(os.environ.get("CLOCK_SHIFT_S", "0"))  # the fork server sets it in each child
read_s, read_ns = time.time, time.time_ns


def shifted_s() -> float:
    """Return the wrong time in seconds."""
    return read_s() + SHIFT_S


def shifted_ns() -> int:
    """Return the wrong time in nanoseconds."""
    return read_ns() + int(SHIFT_S * 1_000_000_000)


time.time, time.time_ns = shifted_s, shifted_ns
