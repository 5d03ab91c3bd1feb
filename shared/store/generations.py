"""Generations as readers, owners, operators and providers' callbacks see them."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct, structs

from shared.domain.generation import FAILED, LISTED, STATE_NAMES, Generation, Outcome, Spec, read, read_listed
from shared.domain.ids import uuid7_ms
from shared.store import keys
from shared.store.client import StoreClient
from shared.store.stored_lists import UNREADABLE, read_each, read_one

RECORD, UNARCHIVED_MAX = "generation:", 500  # entries of the archiver's stream
LIST_BATCH = 50  # records of at most 64 kB that are read at a time
CREATED, STATE = LISTED.index("created_ms"), LISTED.index("state")
WAITING = (b"queued", b"backlog")
Noted = Literal["noted", "closed", "missing"]


class ListedRow(Struct, frozen=True):
    """The fields of one generation that lists show, not decoded."""

    id: str
    account: str
    created_ms: int  # of a record that cannot be read, the time in its id
    values: list[bytes | None]  # of LISTED

    @property
    def place(self) -> tuple[int, str]:
        """Return where it stands in a list."""
        return self.created_ms, self.id

    @property
    def waits(self) -> bool:
        """Return whether it may have a position."""
        return self.values[STATE] in WAITING


class RetryResult(Struct, frozen=True):
    """The answer to an operator's retry, and the state of the generation ("" if it is missing)."""

    outcome: Literal["due", "looks", "waits", "with_provider", "closed", "missing"]
    state: str


async def view(store: StoreClient, account_id: str, generation_id: str) -> Generation | None:
    """Return one generation of an account, or None. With an empty `account_id` it may be of any account."""
    [fields] = await store.read([("HGETALL", keys.generation(generation_id))])
    if not fields:
        return None
    found = read(generation_id, fields)
    return (await add_positions(store, [found]))[0] if account_id in ("", found.account) else None


async def add_positions(store: StoreClient, found: Sequence[Generation]) -> list[Generation]:
    """Return generations with the positions of those that wait, which are read at once."""
    queued = [one for one in found if one.state == "queued"]
    held = [one for one in found if one.state == "backlog"]
    if not queued and not held:
        return list(found)
    providers = {one.provider for one in held}
    lengths = [("ZCARD", keys.queue(provider)) for provider in providers]
    ranks = [("ZRANK", keys.queue(one.provider), one.id) for one in queued]
    ranks += [("ZRANK", keys.backlog(one.account, one.provider), one.id) for one in held]
    replies = await store.read([*lengths, *ranks])
    ahead = dict(zip(providers, replies, strict=False))
    places = dict(zip([one.id for one in (*queued, *held)], replies[len(providers) :], strict=True))
    for one in held:
        places[one.id] = (places[one.id] or 0) + ahead[one.provider]
    return [structs.replace(one, position=places[one.id]) if one.id in places else one for one in found]


async def list_newest(store: StoreClient, account_id: str, count: int) -> list[Generation]:
    """Return up to `count` generations of an account, newest first, without the fields that only operators see."""
    rows = await read_rows(store, await list_ids(store, account_id, count))
    return await add_positions(store, decode_rows(rows))


async def list_ids(store: StoreClient, account_id: str, count: int) -> list[str]:
    """Return the newest ids in an account's list, newest first. The records of some may have expired."""
    found = await store.call("LRANGE", keys.generations(account_id), 0, count - 1)
    return list(dict.fromkeys(raw.decode() for raw in found))


async def list_open_ids(store: StoreClient, account_id: str, count: int) -> list[str]:
    """Return ids of an account's open generations, up to `count` of each provider, and of any that just ended."""
    providers = [raw.decode() for raw in await store.call("SMEMBERS", keys.PROVIDERS)]
    commands = [("SMEMBERS", keys.active(account_id, provider)) for provider in providers]
    waiting = [("ZREVRANGE", keys.backlog(account_id, provider), 0, count - 1) for provider in providers]
    found = await store.read([*commands, *waiting])
    ended = await store.call("XREVRANGE", keys.RECORDS, "+", "-", "COUNT", UNARCHIVED_MAX)
    names = [fields[1].decode(errors="replace") for _, fields in ended]
    just = [name.removeprefix(RECORD) for name in names if name.startswith(RECORD)]
    return [*(raw.decode() for ids in found for raw in ids), *just]


async def read_rows(store: StoreClient, names: Sequence[str]) -> list[ListedRow]:
    """Return the rows of generations that the store has, not decoded."""
    rows = list[ListedRow]()
    for first in range(0, len(names), LIST_BATCH):
        part = names[first : first + LIST_BATCH]
        found = await store.read([("HMGET", keys.generation(name), *LISTED) for name in part])
        rows += [_row(name, values) for name, values in zip(part, found, strict=True) if values[0]]
    return rows


def _row(name: str, values: list[bytes | None]) -> ListedRow:
    account, created = values[0] or b"", values[CREATED] or b""
    created_ms = int(created) if created.isdigit() else uuid7_ms(name)
    return ListedRow(name, account.decode(errors="replace"), created_ms, values)


def decode_row(row: ListedRow) -> Generation:
    """Return a generation from its row."""
    return read_one(row, _read_row, _unreadable, where=keys.generations(row.account))


def decode_rows(rows: Iterable[ListedRow]) -> list[Generation]:
    """Return generations from their rows."""
    return [decode_row(row) for row in rows]


def _read_row(row: ListedRow) -> Generation:
    return read_listed(row.id, row.values)


def _unreadable(row: ListedRow) -> Generation:
    """Return what a list shows of a record that cannot be read: its id, its time, and its state if that is known."""
    return Generation(
        id=row.id,
        account=row.account,
        provider="",
        state=STATE_NAMES.get(row.values[STATE], FAILED),
        reserved=0,
        created_ms=row.created_ms,
        deadline_ms=0,
        spec=Spec("", "image", UNREADABLE, "", "", {}),
        outcome=Outcome(error_code=UNREADABLE, error="The record of this generation cannot be read."),
    )


async def list_known(store: StoreClient, names: Sequence[str]) -> set[str]:
    """Return those of the ids `names` that have a record."""
    counts = await asyncio.gather(*(store.call("EXISTS", keys.generation(name)) for name in names))
    return {name for name, count in zip(names, counts, strict=True) if count}


async def list_uncertain(store: StoreClient, count: int) -> list[Generation]:
    """Return up to `count` open generations whose submit has an unknown outcome, oldest first."""
    found = await _view_each(store, await store.call("ZRANGE", keys.UNCERTAIN, 0, count - 1))
    return [generation for generation in found if generation.state == "uncertain"]


async def list_refunded_uncertain(store: StoreClient, count: int) -> list[Generation]:
    """Return up to `count` generations that were refunded while uncertain and are still unexplained, newest first."""
    found = await _view_each(store, await store.call("ZREVRANGE", keys.REFUNDED_UNCERTAIN, 0, count - 1))
    return [generation for generation in found if generation.ref is None and generation.late is None]


async def _view_each(store: StoreClient, ids: Sequence[bytes]) -> list[Generation]:
    names = [raw.decode() for raw in ids]
    found = await store.read([("HGETALL", keys.generation(name)) for name in names])
    records = [(name, fields) for name, fields in zip(names, found, strict=True) if fields]
    return await add_positions(store, read_each(records, _read_record, _unreadable_record, where=keys.UNCERTAIN))


def _read_record(record: tuple[str, list[bytes]]) -> Generation:
    return read(*record)


def _unreadable_record(record: tuple[str, list[bytes]]) -> Generation:
    name, fields = record
    found = dict(zip(fields[::2], fields[1::2], strict=True))
    return _unreadable(_row(name, [found.get(field.encode()) for field in LISTED]))


async def retry(store: StoreClient, generation_id: str) -> RetryResult:
    """Make a generation's job due now, as far as no provider can be paid twice for that."""
    outcome, *state = await store.run("retry", generation_id)
    return RetryResult(outcome, state[0].decode() if state else "")


async def revive(store: StoreClient, generation_id: str, fields: Sequence[bytes], keep_ms: int) -> None:
    """Put a generation back into the store for `keep_ms`, unless it is there."""
    await store.run("revive", generation_id, keep_ms, *fields)


async def cancel(store: StoreClient, generation_id: str) -> Noted:
    """Note that the owner wants a submitted generation stopped, and wake its worker."""
    noted: Noted = (await store.run("cancel", generation_id))[0]
    return noted


async def store_callback(store: StoreClient, generation_id: str, provider: str, payload: bytes) -> Noted:
    """Store a provider's callback for a generation, and wake its worker."""
    noted: Noted = (await store.run("store_callback", generation_id, provider, payload))[0]
    return noted


async def watch(store: StoreClient, generation_id: str, gateway: str) -> bool:
    """Note that a gateway process waits for the end. Return False if it has ended already or is unknown."""
    match await store.run("watch", generation_id, gateway):
        case ["open"]:
            return True
    return False
