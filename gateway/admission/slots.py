"""Bound the work of one kind that this process does at a time: of all callers, and of each."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from shared.domain.errors import Refused

RETRY_AFTER_S = 1


class Slots:
    """Slots for work. `reason` is the refusal of a caller who has all that one may have."""

    def __init__(self, total: int, each: int, reason: str) -> None:
        self._total, self._each, self._reason = total, each, reason
        self._taken: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        """Return the number of slots in use."""
        return self._taken.total()

    @contextmanager
    def hold(self, caller: str) -> Iterator[None]:
        """Hold a slot for a block. Raises Refused if there is none."""
        self.take(caller)
        try:
            yield
        finally:
            self.free(caller)

    def take(self, caller: str) -> None:
        """Take a slot. Raises Refused if there is none."""
        self.check(caller)
        self._taken[caller] += 1

    def check(self, caller: str) -> None:
        """Raise Refused if there is no slot."""
        if self._taken[caller] >= self._each:
            raise Refused("rate_limited", self._reason, retry_after_s=RETRY_AFTER_S)
        if self.taken >= self._total:
            raise Refused("unavailable", "The gateway is busy. Try again in a moment.", retry_after_s=RETRY_AFTER_S)

    def free(self, caller: str) -> None:
        """Give a slot back."""
        self._taken[caller] -= 1
        if self._taken[caller] <= 0:
            del self._taken[caller]
