"""The archiver's side of the store: the stream of ended records, and what may leave the store once it is archived."""

import asyncio
from collections.abc import Iterable, Sequence

from msgspec import Struct

from shared.domain.errors import StoreError
from shared.store import keys
from shared.store.client import StoreClient

GROUP = CONSUMER = "archive"  # one name for all copies: any of them may claim what another one left behind
SCAN_COUNT = 500
SCANNED = "gw:[dg]e*"  # generations and deliveries
GENERATION, DELIVERY = keys.generation(""), keys.delivery("")
LINES_KEPT = 200  # the newest of an account, as in fold_ledger.lua
EXPIRE_BATCH = 100  # of one script
NO_GROUP = "NOGROUP"
ANY_MS, NEVER_MS = -2, 2**52  # for `scan_ended`: all ended records, and only those that never expire

Stamped = tuple[str, int | str]  # a key, and the sum of the times of its record as it was archived; '': any


class StreamEntry(Struct, frozen=True):
    """An entry of the stream: the kind of a record, and its id or its facts."""

    id: bytes
    kind: str
    text: str


class StoredAccount(Struct, frozen=True):
    """An account in the store, with ledger lines and events that the database lacks."""

    opening: str  # the opening line; empty: the ledger is complete
    first: int  # sequence of the first of `lines`
    last: int  # sequence of the account's last line, also behind `lines`
    stored: int  # lines in the store, without the opening line
    lines: Sequence[bytes]
    fields: Sequence[bytes]
    events: Sequence[bytes]  # newest first

    @property
    def events_total(self) -> int:
        """Return the number of the account's last event."""
        named = dict(zip(self.fields[::2], self.fields[1::2], strict=True))
        return int(named.get(b"events", 0))

    @property
    def has_more(self) -> bool:
        """Return whether there are lines behind `lines`."""
        return self.first + len(self.lines) <= self.last

    @property
    def is_long(self) -> bool:
        """Return whether the ledger may be long enough to be folded."""
        return self.stored > LINES_KEPT


class RecordsStart(Struct, frozen=True):
    """How the store and the database fit together."""

    other: str  # identity of the database that has the store's records instead; empty: this one
    word: str  # same, database_older, store_older, or store_restored


class RecordsLag(Struct, frozen=True):
    """How many entries wait for an archiver, and the age of the oldest, ms. None: there is no stream."""

    waiting: int
    age_ms: int


async def start_records(store: StoreClient, database: str, entry: str) -> RecordsStart:
    """Start to hand ended records to this database, whose last entry is `entry`."""
    word, found = await store.run("start_records", database, entry)
    return RecordsStart(found.decode(), "") if word == "other" else RecordsStart("", found.decode())


async def read_database(store: StoreClient) -> str:
    """Return the identity of the database that has the store's records, "" for none."""
    found: bytes | None = await store.call("HGET", keys.RECORDS_STATE, "database")
    return found.decode() if found else ""


async def stop_records(store: StoreClient) -> int:
    """Forget the database. Return how many entries no archiver had finished."""
    return int((await store.run("stop_records"))[1])


async def read_new(store: StoreClient, count: int) -> list[StreamEntry] | None:
    """Take the next entries of the stream. None: there is no stream."""
    return await _read(store, "XREADGROUP", "GROUP", GROUP, CONSUMER, "COUNT", count, "STREAMS", keys.RECORDS, ">")


async def claim_stale(store: StoreClient, idle_ms: int, count: int) -> list[StreamEntry] | None:
    """Take entries that a copy has left behind for so long: it died, or it could not write them."""
    return await _read(store, "XAUTOCLAIM", keys.RECORDS, GROUP, CONSUMER, idle_ms, "0-0", "COUNT", count)


async def _read(store: StoreClient, *command: str | int) -> list[StreamEntry] | None:
    try:
        reply = await store.call(*command)
    except StoreError as error:
        if NO_GROUP in str(error):
            return None
        raise
    found = reply[1] if command[0] == "XAUTOCLAIM" else reply[0][1] if reply else []
    return [_entry(name, fields) for name, fields in found if fields]


def _entry(name: bytes, fields: Sequence[bytes]) -> StreamEntry:
    kind, _, text = fields[1].decode(errors="replace").partition(":")
    return StreamEntry(name, kind, text)


async def drop(store: StoreClient, entries: Iterable[StreamEntry]) -> None:
    """Drop entries whose records are in the database."""
    names = [entry.id for entry in entries]
    if names:
        await store.run("drop_records", *names)


async def read_hashes(store: StoreClient, names: Sequence[str]) -> list[list[bytes]]:
    """Return the fields of several hashes, empty for one that does not exist."""
    return list(await asyncio.gather(*(store.call("HGETALL", name) for name in names)))


async def read_audit(store: StoreClient) -> list[bytes]:
    """Return the newest actions of operators, as the store has them."""
    found: list[bytes] = await store.call("LRANGE", keys.AUDIT, 0, -1)
    return found


async def read_account(
    store: StoreClient, account: str, *, sequence: int, events: int, lines_max: int
) -> StoredAccount | None:
    """Return an account, and what comes behind its last line and event in the database; None if it does not exist."""
    word, *found = await store.run("read_account", account, sequence, events, lines_max)
    if word == "missing":
        return None
    opening, first, stored, lines, fields, new = found
    folded = int(opening.split()[3]) if opening else 0
    return StoredAccount(opening.decode(), first, folded + stored, stored, lines, fields, new)


async def expire(store: StoreClient, records: Sequence[Stamped], hot_ms: int) -> None:
    """Let archived records expire, unless they have changed since."""
    for first in range(0, len(records), EXPIRE_BATCH):
        parts = [part for record in records[first : first + EXPIRE_BATCH] for part in record]
        await store.run("expire_archived", hot_ms, *parts)


async def fold_ledger(store: StoreClient, account: str, sequence: int) -> int:
    """Fold an account's oldest lines, up to the database's last one. Return how many were folded."""
    folded = 0
    while count := int((await store.run("fold_ledger", account, sequence))[1]):
        folded += count
    return folded


async def continue_ledger(
    store: StoreClient, account: str, *, opening: str, folded: int, number: int, events: int
) -> tuple[int, int] | None:
    """Fold the lines that an older store has in common with the database, and continue behind the database's.

    Return the sum of the folded lines and the store's time, ms. None: the ledger has changed meanwhile.
    """
    word, *found = await store.run("rebase_ledger", account, opening, folded, number, events)
    return None if word == "changed" else (int(found[0]), int(found[1]))


async def claim_sweep(store: StoreClient, lease_ms: int) -> bool:
    """Claim the next sweep for ended records, if one is due. `renew_sweep` extends the claim."""
    return await store.call("SET", keys.RECORDS_SWEPT, "1", "NX", "PX", lease_ms) is not None


async def renew_sweep(store: StoreClient, lease_ms: int) -> None:
    """Let no other sweep be due for so long. A verb that found the stream full meanwhile makes one due at once."""
    await store.call("SET", keys.RECORDS_SWEPT, "1", "XX", "PX", lease_ms)


async def check_swept(store: StoreClient) -> bool:
    """Return whether a sweep has found all that ended before the store had this database."""
    return bool(await store.call("HEXISTS", keys.RECORDS_STATE, "swept"))


async def note_swept(store: StoreClient) -> None:
    """Note that a sweep has found all of it."""
    await store.call("HSET", keys.RECORDS_STATE, "swept", "1")


async def request_full_sweep(store: StoreClient) -> None:
    """Let the next sweep archive every ended record again, because the store or the database was restored.

    Until its end, archivers also continue ledgers that a restored store has from before the database.
    """
    await store.call("HDEL", keys.RECORDS_STATE, "swept")
    await store.call("DEL", keys.RECORDS_SWEPT)


async def scan_ended(store: StoreClient, cursor: bytes, hot_ms: int) -> tuple[bytes, list[str]]:
    """Return the next cursor, and ended generations and deliveries that do not expire within `hot_ms`, as keys."""
    following, found = await store.call("SCAN", cursor, "MATCH", SCANNED, "COUNT", SCAN_COUNT)
    names = [raw for raw in found if raw.startswith((GENERATION.encode(), DELIVERY.encode()))]
    if not names:
        return following, []
    _, ended = await store.run("find_unarchived", hot_ms, *names)
    return following, [raw.decode() for raw in ended]


async def read_lag(store: StoreClient) -> RecordsLag | None:
    """Return how far the archivers are behind; None without a stream."""
    count, oldest = await asyncio.gather(
        store.call("XLEN", keys.RECORDS), store.call("XRANGE", keys.RECORDS, "-", "+", "COUNT", 1)
    )
    if not count:
        return RecordsLag(0, 0) if await store.call("EXISTS", keys.RECORDS) else None
    now = await store.call("TIME")
    age_ms = int(now[0]) * 1000 + int(now[1]) // 1000 - int(oldest[0][0].partition(b"-")[0]) if oldest else 0
    return RecordsLag(count, max(age_ms, 0))
