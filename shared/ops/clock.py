"""The one clock of a process: the store's time, read locally.

Every decision about time in the product is made on this clock, so machines whose own clocks are wrong agree. It runs on
the monotonic clock between two measurements of the store's; before the first one it is the machine's own.
"""

import time

SKEW_WARN_S = 5.0
ROUND_TRIP_S_MAX = 1.0  # a slower answer says too little about the time it was given
AGREE_S = 1.0  # two measurements that differ by less agree
CONFIRM_S = 5.0  # between two measurements that confirm each other


class Clock:
    """Unix time on the store's clock."""

    def __init__(self) -> None:
        self._offset_s = time.time() - time.monotonic()
        self._agreed_s = 0.0  # monotonic: the first of the latest measurements, all of which agree
        self._measured_s = 0.0  # monotonic: the latest measurement
        self.measured = False
        self.skewed = False  # the machine's own clock was far off when that was last reported

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
        """Take over the store's time from an answer to TIME. The other two are monotonic readings around it.

        The clock moves only if the answer proves it wrong, so slow answers do not make it jump.
        """
        if answered_s - asked_s > ROUND_TRIP_S_MAX and self.measured:
            return
        known_s, earliest_s, latest_s = self._offset_s, store_s - answered_s, store_s - asked_s
        if not (self.measured and earliest_s <= known_s <= latest_s):
            self._offset_s = (earliest_s + latest_s) / 2
        if not self.measured or abs(self._offset_s - known_s) > AGREE_S:
            self._agreed_s = answered_s
        self._measured_s, self.measured = answered_s, True

    @property
    def skew_s(self) -> float:
        """Return how far this machine's own clock is ahead of the store's."""
        return time.time() - self.now_s()

    def confirmed_ms(self) -> int | None:
        """Return a time for deletions: the earlier of the store's and the machine's own.

        None while the store's clock is unconfirmed: two measurements, some time apart, have to agree.
        """
        if self._measured_s - self._agreed_s < CONFIRM_S:
            return None
        return int(min(self.now_s(), time.time()) * 1000)


CLOCK = Clock()
now_s, now_ms, now_ns = CLOCK.now_s, CLOCK.now_ms, CLOCK.now_ns
