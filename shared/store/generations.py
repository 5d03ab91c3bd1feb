"""Generations as readers, owners, operators and providers' callbacks see them."""

import asyncio
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from shared.domain.generation import Generation, read
from shared.store import keys
from shared.store.client import StoreClient
from shared.store.connect import Store

Noted = Literal["noted", "closed", "missing"]


class RetryResult(Struct, frozen=True):
    """The answer to an operator's retry, and the state of the generation ("" if it is missing)."""

    outcome: Literal["due", "looks", "waits", "with_provider", "closed", "missing"]
    state: str


async def view(store: Store, account_id: str, generation_id: str) -> Generation | None:
    """Return one generation of an account, or None. With an empty `account_id` it may be of any account."""
    found = await _view(store, account_id, generation_id, 1)
    return found[0] if found else None


async def list_newest(store: Store, account_id: str, count: int) -> list[Generation]:
    """Return up to `count` generations of an account, newest first."""
    return await _view(store, account_id, "", count)


async def _view(store: Store, account_id: str, generation_id: str, count: int) -> list[Generation]:
    _, *rows = await store.run("view", account_id, generation_id, count)
    return [read(name.decode(), fields, None if position < 0 else position) for name, position, fields in rows]


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
    found = await asyncio.gather(*(view(store, "", raw.decode()) for raw in ids))
    return [generation for generation in found if generation is not None]


async def retry(store: StoreClient, generation_id: str) -> RetryResult:
    """Make a generation's job due now, as far as no provider can be paid twice for that."""
    outcome, *state = await store.run("retry", generation_id)
    return RetryResult(outcome, state[0].decode() if state else "")


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
