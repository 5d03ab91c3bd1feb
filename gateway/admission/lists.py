"""Bound the lists that one account reads at a time from this process, and the time that lists take from other calls."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import msgspec
from msgspec import Raw, Struct

from shared.domain.errors import Refused

LISTS_MAX = 3  # of one account
RETRY_AFTER_S = 1
AT_ONCE = 20  # entries that are decoded or encoded before others are served

Item = TypeVar("Item")
Made = TypeVar("Made")
JSON = msgspec.json.Encoder()


class Lists:
    """The lists that are being read, by account."""

    def __init__(self) -> None:
        self._reading: Counter[str] = Counter()
        self._turn = asyncio.Lock()

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

    async def encode(self, items: Sequence[Item], show: Callable[[Item], Struct]) -> list[Raw]:
        """Return items as they are shown, in JSON."""
        return await self.convert(items, lambda batch: [Raw(JSON.encode(show(one))) for one in batch])

    async def convert(self, items: Sequence[Item], make: Callable[[Sequence[Item]], Iterable[Made]]) -> list[Made]:
        """Return everything that `make` returns for AT_ONCE items at a time.

        All lists of the process take turns, and other calls are served before each turn. So they wait for one batch,
        however many lists are being read.
        """
        made = list[Made]()
        for first in range(0, len(items), AT_ONCE):
            async with self._turn:
                await asyncio.sleep(0)
            made += make(items[first : first + AT_ONCE])
        return made
