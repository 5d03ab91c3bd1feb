"""Our costs at the providers: daily sums, written by the settle verb, and the cost of each ended generation.

The sums outlive the generations' records, so that a month can be compared with its bill whatever the retention is. The
lines of a bill are compared with the records themselves, because an index of all references would be as large.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable

from shared.domain.costs import Day, Paid
from shared.domain.generation import OUTCOME, TERMINAL, Outcome
from shared.domain.times import DAY_MS
from shared.store import keys
from shared.store.client import StoreClient

KEYS_BATCH = 500
FIELDS = ("provider", "state", "closed_ms", "ref", "outcome", "late")
NAME = re.compile(r"[\w-]{8,}")  # a reference can be a URL or have parts, and a bill can use any part


async def read_days(store: StoreClient, providers: Iterable[str], first: int, last: int) -> list[Day]:
    """Return the sums of each provider and day from `first` to `last`, oldest first, without empty days."""
    found, names = [], list(providers)
    for day in range(first, last + 1):
        raws = await asyncio.gather(*(store.call("HGETALL", keys.costs(name, day)) for name in names))
        for name, raw in zip(names, raws, strict=True):
            sums = {raw[i].decode(): int(raw[i + 1]) for i in range(0, len(raw), 2)}
            found += [Day(provider=name, day=day, **sums)] if sums else []
    return found


async def scan_paid(store: StoreClient, provider: str, first: int, last: int) -> AsyncIterator[Paid]:
    """Yield every ended generation of a provider; those settled from day `first` to `last` are `inside`.

    Scans the records of all generations, in batches.
    """
    seen: set[str] = set()
    cursor: bytes | None = b"0"
    while cursor is not None:
        cursor, names = await store.call("SCAN", cursor, "MATCH", keys.generation("*"), "COUNT", KEYS_BATCH)
        rows = await asyncio.gather(*(store.call("HMGET", name, *FIELDS) for name in names))
        for name, (at, state, closed_ms, ref, outcome, late) in zip(names, rows, strict=True):
            if at is None or at.decode() != provider or state.decode() not in TERMINAL:
                continue
            own = name.decode().removeprefix(keys.generation(""))
            if own in seen:  # a scan can return a key twice
                continue
            seen.add(own)
            day = int(closed_ms) // DAY_MS
            result = _outcome(late) or _outcome(outcome) or Outcome()
            yield Paid(
                id=own,
                names=tuple(dict.fromkeys((*([ref.decode(), *NAME.findall(ref.decode())] if ref else []), own))),
                made=state == b"completed" or late is not None,
                ours=result.expected_micros,
                theirs=result.cost_micros,
                inside=first <= day <= last,
            )
        cursor = None if cursor == b"0" else cursor


def _outcome(raw: bytes | None) -> Outcome | None:
    return None if raw is None else OUTCOME.decode(raw)
