"""Wrong admin keys: counted over a minute, and answered the later, the more of them there are."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from shared.domain.errors import Refused

WINDOW_S = 60.0
STEP_S, DELAY_MAX_S = 0.1, 2.0  # for each failure of the last minute, and at most
WAITING_MAX = 100  # answers held back at a time
REMEMBERED_MAX = 1000


class KeyFailures:
    """The failures of one gateway in the last minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.delay_max_s = DELAY_MAX_S
        self._clock = clock
        self._seen: deque[float] = deque(maxlen=REMEMBERED_MAX)
        self._reported_s = -WINDOW_S
        self._waiting = 0

    def count(self) -> int:
        """Count a failure, and return how many there were in the last minute."""
        now_s = self._clock()
        self._seen.append(now_s)
        while self._seen[0] < now_s - WINDOW_S:
            self._seen.popleft()
        return len(self._seen)

    def claim_report(self) -> bool:
        """Return true once a minute, for the one failure that the audit records."""
        now_s = self._clock()
        if now_s - self._reported_s < WINDOW_S:
            return False
        self._reported_s = now_s
        return True

    async def delay(self) -> None:
        """Wait before a refusal. Raises Refused at once while too many others wait."""
        if self._waiting >= WAITING_MAX:
            raise Refused("rate_limited", "Too many requests with a wrong admin key.", retry_after_s=int(WINDOW_S))
        self._waiting += 1
        try:
            await asyncio.sleep(min(STEP_S * len(self._seen), self.delay_max_s))
        finally:
            self._waiting -= 1
