"""The rhythm of polls, and the time that a wait has left."""

import time

from wokflow.errors import WaitTimeoutError

INTERVAL_S_FIRST = 1.0
INTERVAL_S_MAX = 5.0
INTERVAL_GROWTH = 1.5
LEFT_S_MIN = 0.001


class Pacing:
    """One wait for a generation: every few seconds a poll, up to a time limit."""

    def __init__(self, generation_id: str, timeout_s: float) -> None:
        if not timeout_s > 0:
            raise ValueError(f"timeout_s must be greater than 0, not {timeout_s}.")
        self.generation_id, self._timeout_s = generation_id, timeout_s
        self._deadline_s = time.monotonic() + timeout_s
        self._interval_s = INTERVAL_S_FIRST

    @property
    def left_s(self) -> float:
        """Return the time that is left, a little more than nothing at least."""
        return max(self._deadline_s - time.monotonic(), LEFT_S_MIN)

    def check(self) -> None:
        """Raise WaitTimeoutError if no time is left."""
        if time.monotonic() >= self._deadline_s:
            raise WaitTimeoutError(self.generation_id, self._timeout_s)

    def take_delay_s(self, random: float, retry_after_s: float = 0.0) -> float:
        """Return the delay until the next poll: 1 s, then half more each time up to 5 s, and a tenth less by chance."""
        delay_s = self._interval_s * (1 - random / 10)
        self._interval_s = min(self._interval_s * INTERVAL_GROWTH, INTERVAL_S_MAX)
        return min(max(delay_s, retry_after_s), self.left_s)
