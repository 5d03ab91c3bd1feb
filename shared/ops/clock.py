"""The one clock of a process: the store's time, read locally.

Every decision about time in the product is made on this clock, so machines whose own clocks are wrong agree. It runs on
the monotonic clock between two measurements of the store's; before the first one it is the machine's own.
"""

import time

SKEW_WARN_S = 5.0
ROUND_TRIP_S_MAX = 1.0  # a slower answer says too little about the time it was given


class Clock:
    """Unix time on the store's clock."""

    def __init__(self) -> None:
        self._offset_s = time.time() - time.monotonic()
        self.measured = False

    def now_s(self) -> float:
        """Return the time in seconds."""
        return time.monotonic() + self._offset_s

    def now_ms(self) -> int:
        """Return the time in whole milliseconds."""
        return int(self.now_s() * 1000)

    def now_ns(self) -> int:
        """Return the time in nanoseconds, as far as the store's microseconds go."""
        return int(self.now_s() * 1_000_000) * 1000

    def adjust(self, store_s: float, *, asked_s: float, answered_s: float) -> None:
        """Take over the store's time from an answer to TIME. The other two are monotonic readings around it."""
        if answered_s - asked_s > ROUND_TRIP_S_MAX and self.measured:
            return
        self._offset_s = store_s - (asked_s + answered_s) / 2
        self.measured = True

    @property
    def skew_s(self) -> float:
        """Return how far this machine's own clock is ahead of the store's."""
        return time.time() - self.now_s()


CLOCK = Clock()
now_s, now_ms, now_ns = CLOCK.now_s, CLOCK.now_ms, CLOCK.now_ns
