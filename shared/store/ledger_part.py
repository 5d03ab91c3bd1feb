"""Parts of an account's ledger in the store, by the sequence of their lines. The archiver folds the oldest into one."""

import asyncio
import re
from collections.abc import Sequence

from msgspec import Struct

from shared.store import keys
from shared.store.client import StoreClient
from shared.store.ledger import LedgerEntry, read_entries

OPENING = re.compile(rb"\d+ opening \S+ (\d+) ")
TRIES = 20  # a fold in between takes place once in a hundred lines


class LedgerPart(Struct, frozen=True):
    """Consecutive lines of a ledger, oldest first. `first` is the sequence of the first one, or of the next line."""

    first: int
    lines: Sequence[LedgerEntry]
    folded: int  # lines that are not in the store any more
    last: int  # sequence of the account's newest line


async def list_references(store: StoreClient, account_id: str, prefix: str) -> dict[str, int]:
    """Return the references of an account's top-ups that begin with `prefix`, and when they were booked, Unix ms."""
    fields: list[bytes] = await store.call("HGETALL", keys.top_ups(account_id))
    booked = {name.decode(errors="replace"): int(at) for name, at in zip(fields[::2], fields[1::2], strict=True)}
    return {name: at for name, at in booked.items() if name.startswith(prefix)}


async def read_part(
    store: StoreClient, account_id: str, *, count: int, before: int | None = None, after: int = 0
) -> LedgerPart:
    """Return up to `count` lines: those before line `before`, or behind line `after`, or the newest."""
    key = keys.ledger(account_id)
    for _ in range(TRIES):
        head, length = await asyncio.gather(store.call("LINDEX", key, 0), store.call("LLEN", key))
        opening = OPENING.match(head or b"")
        folded, openings = int(opening[1]) if opening else 0, 1 if opening else 0
        last = folded + length - openings
        end = last if after else min((before or last + 1) - 1, last)
        first = max(after if after else end - count, folded) + 1
        end = min(end, first + count - 1)
        start = first - folded - 1 + openings
        command = ("LRANGE", key, start, start + end - first)
        raw, now = await asyncio.gather(store.call(*command), store.call("LINDEX", key, 0))
        if now == head:  # else the lines have moved
            return LedgerPart(first, read_entries(raw, account_id) if end >= first else [], folded, last)
    raise ValueError("the ledger is folded all the time")
