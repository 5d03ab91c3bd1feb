"""Generations as readers, owners, operators and providers' callbacks see them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Literal, get_args

from msgspec import Struct

from shared.domain.generation import FAILED, Generation, Outcome, Spec, State, read
from shared.store import keys
from shared.store.client import StoreClient
from shared.store.connect import Store
from shared.store.stored_lists import UNREADABLE, read_each

Row = tuple[bytes, int, list[bytes]]  # a generation's id, its position or -1, and its fields
RECORD, UNARCHIVED_MAX = "generation:", 500  # entries of the archiver's stream
LIST_BATCH = 20  # records of at most 64 kB that one script reads, and that are decoded before others are served
LISTED = (
    *("account", "provider", "state", "reserved", "created_ms", "deadline_ms", "spec", "started_ms", "closed_ms"),
    *("cost", "credit", "outcome", "late", "key"),
)  # the fields that lists show
LISTED_NAMES = tuple(map(str.encode, LISTED))
Noted = Literal["noted", "closed", "missing"]


class ListBatch(Struct, frozen=True):
    """A part of an account's list. It is not whole if the records of some of its ids have expired."""

    found: list[Generation]
    is_whole: bool
    is_last: bool


class RetryResult(Struct, frozen=True):
    """The answer to an operator's retry, and the state of the generation ("" if it is missing)."""

    outcome: Literal["due", "looks", "waits", "with_provider", "closed", "missing"]
    state: str


async def view(store: Store, account_id: str, generation_id: str) -> Generation | None:
    """Return one generation of an account, or None. With an empty `account_id` it may be of any account."""
    match await store.run("view", account_id, generation_id):
        case ["seen", name, position, fields]:
            return _read((name, position, fields))
    return None


async def list_newest(store: Store, account_id: str, count: int) -> list[Generation]:
    """Return up to `count` generations of an account, newest first, without the fields that only operators see."""
    found: list[Generation] = []
    async for batch in scan_newest(store, account_id, count):
        found += batch
    return found


async def scan_newest(store: Store, account_id: str, count: int) -> AsyncIterator[list[Generation]]:
    """Yield the `count` newest generations of an account in batches, so that no other caller waits for a long list."""
    async for batch in scan_batches(store, account_id, count):
        yield batch.found


async def scan_batches(store: Store, account_id: str, count: int) -> AsyncIterator[ListBatch]:
    """Yield the `count` newest ids of an account in batches, with the generations that the store still has."""
    seen: set[bytes] = set()  # a new generation moves the others down the list, so that one comes again
    for first in range(0, count, LIST_BATCH):
        wanted = min(LIST_BATCH, count - first)
        _, ids, *listed = await store.run("list_newest", account_id, first, wanted, *LISTED)
        rows = [_with_names(*row) for row in listed if row[0] not in seen]
        found = read_each(rows, _read, _unreadable, where=keys.generations(account_id))
        yield ListBatch(found, is_whole=ids == len(listed), is_last=ids < wanted)
        seen.update(name for name, *_ in rows)
        if ids < wanted:
            return


async def list_ids(store: StoreClient, account_id: str, count: int) -> list[str]:
    """Return the newest ids in an account's list, newest first. The records of some may have expired."""
    found = await store.call("LRANGE", keys.generations(account_id), 0, count - 1)
    return list(dict.fromkeys(raw.decode() for raw in found))


async def list_open_ids(store: StoreClient, account_id: str, count: int) -> list[str]:
    """Return ids of an account's open generations, up to `count` of each provider, and of any that just ended."""
    providers = [raw.decode() for raw in await store.call("SMEMBERS", keys.PROVIDERS)]
    commands = [("SMEMBERS", keys.active(account_id, provider)) for provider in providers]
    waiting = [("ZREVRANGE", keys.backlog(account_id, provider), 0, count - 1) for provider in providers]
    found = await asyncio.gather(*(store.call(*command) for command in (*commands, *waiting)))
    ended = await store.call("XREVRANGE", keys.RECORDS, "+", "-", "COUNT", UNARCHIVED_MAX)
    names = [fields[1].decode(errors="replace") for _, fields in ended]
    just = [name.removeprefix(RECORD) for name in names if name.startswith(RECORD)]
    return [*(raw.decode() for ids in found for raw in ids), *just]


async def read_listed(store: StoreClient, account_id: str, names: Sequence[str]) -> dict[str, Generation]:
    """Return those of an account's generations that the store has, by id, as its lists show them."""
    found = await asyncio.gather(*(store.call("HMGET", keys.generation(name), *LISTED) for name in names))
    rows = [_with_names(name.encode(), -1, values) for name, values in zip(names, found, strict=True) if values[0]]
    listed = read_each(rows, _read, _unreadable, where=keys.generations(account_id))
    return {one.id: one for one in listed if one.account == account_id}


def _with_names(name: bytes, position: int, values: Sequence[bytes | None]) -> Row:
    pairs = zip(LISTED_NAMES, values, strict=True)
    return name, position, [part for pair in pairs if pair[1] is not None for part in pair]  # type: ignore[misc]


def _read(row: Row) -> Generation:
    name, position, fields = row
    return read(name.decode(), fields, None if position < 0 else position)


def _unreadable(row: Row) -> Generation:
    """Return what a list shows of a record that cannot be read: its id, and its state if that is known."""
    fields = dict(zip(row[2][::2], row[2][1::2], strict=True))
    states: tuple[State, ...] = get_args(State)
    state: State = next((state for state in states if state.encode() == fields.get(b"state")), FAILED)
    return Generation(
        id=row[0].decode(),
        account=fields.get(b"account", b"").decode(errors="replace"),
        provider="",
        state=state,
        reserved=0,
        created_ms=0,
        deadline_ms=0,
        spec=Spec("", "image", UNREADABLE, "", "", {}),
        outcome=Outcome(error_code=UNREADABLE, error="The record of this generation cannot be read."),
    )


async def list_known(store: Store, names: Sequence[str]) -> set[str]:
    """Return those of the ids `names` that have a record."""
    counts = await asyncio.gather(*(store.call("EXISTS", keys.generation(name)) for name in names))
    return {name for name, count in zip(names, counts, strict=True) if count}


async def list_uncertain(store: Store, count: int) -> list[Generation]:
    """Return up to `count` open generations whose submit has an unknown outcome, oldest first."""
    found = await _view_each(store, await store.call("ZRANGE", keys.UNCERTAIN, 0, count - 1))
    return [generation for generation in found if generation.state == "uncertain"]


async def list_refunded_uncertain(store: Store, count: int) -> list[Generation]:
    """Return up to `count` generations that were refunded while uncertain and are still unexplained, newest first."""
    found = await _view_each(store, await store.call("ZREVRANGE", keys.REFUNDED_UNCERTAIN, 0, count - 1))
    return [generation for generation in found if generation.ref is None and generation.late is None]


async def _view_each(store: Store, ids: Sequence[bytes]) -> list[Generation]:
    replies = await asyncio.gather(*(store.run("view", "", raw) for raw in ids))
    rows: list[Row] = [(row[0], row[1], row[2]) for word, *row in replies if word == "seen"]
    return read_each(rows, _read, _unreadable, where=keys.UNCERTAIN)


async def retry(store: StoreClient, generation_id: str) -> RetryResult:
    """Make a generation's job due now, as far as no provider can be paid twice for that."""
    outcome, *state = await store.run("retry", generation_id)
    return RetryResult(outcome, state[0].decode() if state else "")


async def revive(store: StoreClient, generation_id: str, fields: Sequence[bytes], keep_ms: int) -> None:
    """Put a generation back into the store for `keep_ms`, unless it is there."""
    await store.run("revive", generation_id, keep_ms, *fields)


async def cancel(store: Store, generation_id: str) -> Noted:
    """Note that the owner wants a submitted generation stopped, and wake its worker."""
    noted: Noted = (await store.run("cancel", generation_id))[0]
    return noted


async def store_callback(store: Store, generation_id: str, provider: str, payload: bytes) -> Noted:
    """Store a provider's callback for a generation, and wake its worker."""
    noted: Noted = (await store.run("store_callback", generation_id, provider, payload))[0]
    return noted


async def watch(store: Store, generation_id: str, gateway: str) -> bool:
    """Note that a gateway process waits for the end. Return False if it has ended already or is unknown."""
    match await store.run("watch", generation_id, gateway):
        case ["open"]:
            return True
    return False
