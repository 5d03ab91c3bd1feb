"""Bound the lists that one account reads at a time from this process: a list costs the store more than other calls."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from shared.domain.errors import Refused

LISTS_MAX = 3  # of one account
RETRY_AFTER_S = 1


class Lists:
    """The lists that are being read, by account."""

    def __init__(self) -> None:
        self._reading: Counter[str] = Counter()

    @contextmanager
    def count(self, account: str) -> Iterator[None]:
        """Count a list of an account while it is read. Raises Refused past LISTS_MAX."""
        if self._reading[account] >= LISTS_MAX:
            reason = f"{LISTS_MAX} lists of this account are being read already. Read them one after the other."
            raise Refused("rate_limited", reason, retry_after_s=RETRY_AFTER_S)
        self._reading[account] += 1
        try:
            yield
        finally:
            self._reading[account] -= 1
            if not self._reading[account]:
                del self._reading[account]
