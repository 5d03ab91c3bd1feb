"""Accounts, their API keys, and the catalogue's plans in the store."""

import secrets
from collections.abc import Iterable
from typing import Any

from msgspec import structs

from shared.domain.account import ACTIVE, LOW_MICROS_DEFAULT, Account, Key, KeyHolder
from shared.domain.catalogue import Plan
from shared.domain.errors import Refused
from shared.domain.events import OPERATOR
from shared.domain.ids import KEY_RANDOM_BYTES, key_hash, key_hint, new_key
from shared.domain.key_limits import NO_CAPS, NO_LIMITS, KeyLimits, SpendCaps
from shared.domain.money import MICROS_PER_CENT
from shared.store import key_limits, keys
from shared.store.client import StoreClient
from shared.store.stored_lists import UNREADABLE, read_each

KEYS_ACTIVE_MAX = 50
NAME_CHARS_MAX = 200


def new_id() -> str:
    """Return a new account id."""
    return "acct_" + secrets.token_hex(8)


def check_name(name: str) -> None:
    """Raise Refused for an invalid name of an account."""
    if not 0 < len(name) <= NAME_CHARS_MAX or not name.isprintable():
        raise Refused("invalid_name", f"A name must have 1 to {NAME_CHARS_MAX} printable characters.")


async def create(store: StoreClient, *, name: str, plan: str, account_id: str = "") -> Account:
    """Create an account with an empty balance. Raises Refused for an invalid name."""
    check_name(name)
    account_id, low = account_id or new_id(), LOW_MICROS_DEFAULT
    _, created_ms = await store.run("create_account", account_id, name, plan, low)
    return Account(id=account_id, name=name, plan=plan, created_ms=created_ms, topup=0, spent=0, low=low)


async def find(store: StoreClient, account_id: str) -> Account | None:
    """Return the account, or None."""
    fields = await store.call("HGETALL", keys.account(account_id))
    if not fields:
        return None
    values = {fields[i].decode(): fields[i + 1].decode() for i in range(0, len(fields), 2)}
    numbers = {name: int(values[name]) for name in ("created_ms", "topup", "spent")}
    caps = (await key_limits.read_budget(store, account_id))[0] if "capped" in values else NO_CAPS
    low = int(values.get("low", 0))
    state = values.get("state", ACTIVE)
    return Account(id=account_id, name=values["name"], plan=values["plan"], state=state, low=low, caps=caps, **numbers)


async def set_low_balance_alert(store: StoreClient, account_id: str, micros: int) -> bool:
    """Set the balance below which an account gets a low-balance alert, 0 for never. False if it does not exist."""
    return bool((await store.run("set_low_balance_alert", account_id, micros))[0] == "set")


async def list_ids(store: StoreClient, first: int = 0, count: int = 1000) -> list[str]:
    """Return up to `count` account ids, oldest first, starting at position `first`."""
    return [raw.decode() for raw in await store.call("ZRANGE", keys.ACCOUNTS, first, first + count - 1)]


async def set_spend_caps(store: StoreClient, account_id: str, caps: SpendCaps, *, fresh: bool = False) -> bool:
    """Set what an account may take from its balance. Its first caps, and `fresh` ones, count from zero.

    False if the account does not exist.
    """
    return bool((await store.run("set_spend_caps", account_id, caps.words, "1" if fresh else ""))[0] == "set")


async def find_holder(store: StoreClient, hashed: str) -> KeyHolder | None:
    """Return the account of a key's hash, with the limits of one that has some; None for an unknown or revoked key."""
    account_id = await store.call("GET", keys.key(hashed))
    if account_id is not None:
        return KeyHolder(account_id.decode())
    return await key_limits.find_limited(store, hashed)


async def find_plan(store: StoreClient, account_id: str) -> str:
    """Return the name of an account's plan, or an empty text for an unknown account."""
    name = await store.call("HGET", keys.account(account_id), "plan")
    return name.decode() if name is not None else ""


async def create_key(
    store: StoreClient,
    account_id: str,
    kind: str,
    by: str = OPERATOR,
    *,
    name: str = "",
    limits: KeyLimits = NO_LIMITS,
    caps: SpendCaps = NO_CAPS,
) -> tuple[str, str]:
    """Create an API key and return (key id, the key itself). The key is never shown again.

    `kind` is wowflow or wokgen, and `by` the hash of the caller's key. With `caps` the key gets a budget of its own.
    Raises Refused if the account does not exist or has KEYS_ACTIVE_MAX active keys.
    """
    key_id, secret = "key_" + secrets.token_hex(6), new_key(kind, secrets.token_bytes(KEY_RANDOM_BYTES))
    given = structs.replace(limits, budget=key_id) if caps else limits
    facts = (account_id, key_id, key_hash(secret), kind, key_hint(secret), KEYS_ACTIVE_MAX, by, name)
    _require_made(account_id, await store.run("create_key", *facts, caps.words if caps else "", *given.fields))
    return key_id, secret


async def change_key(
    store: StoreClient,
    account_id: str,
    key: Key,
    by: str = OPERATOR,
    *,
    name: str,
    limits: KeyLimits,
    caps: SpendCaps,
    fresh: bool = False,
) -> bool:
    """Set the name, limits and caps of a key. A `fresh` budget counts from zero. False if the key is not active."""
    budget = limits.budget or (key.id if caps else "")
    given = structs.replace(limits, budget=budget)
    facts = (account_id, key.id, by, name, budget, caps.words, "1" if fresh else "")
    return bool((await store.run("change_key", *facts, *given.fields))[0] == "changed")


async def rotate_key(
    store: StoreClient, account_id: str, key: Key, overlap_s: float, by: str = OPERATOR
) -> tuple[str, str] | None:
    """Create a key with the name, limits and budgets of another, which expires after an overlap.

    Return (key id, the key itself), or None if the other is not active. Raises Refused.
    """
    secret = new_key(key.kind, secrets.token_bytes(KEY_RANDOM_BYTES))
    key_id = "key_" + secrets.token_hex(6)
    facts = (key.id, key_id, key_hash(secret), key_hint(secret), int(overlap_s * 1000), KEYS_ACTIVE_MAX, by)
    reply = await store.run("rotate_key", account_id, *facts)
    if reply[0] == "missing":
        return None
    _require_made(account_id, reply)
    return key_id, secret


def _require_made(account_id: str, reply: list[Any]) -> None:
    match reply:
        case ["too_many", *_]:
            reason = f"An account can have at most {KEYS_ACTIVE_MAX} active keys: revoke one first."
            raise Refused("too_many_keys", reason)
        case ["missing"]:
            raise Refused("unknown_account", f"Account {account_id} does not exist.")


async def list_keys(store: StoreClient, account_id: str) -> list[Key]:
    """Return the account's active keys with their limits, oldest first."""
    fields: list[bytes] = await store.call("HGETALL", keys.account_keys(account_id))
    pairs = list(zip(fields[::2], fields[1::2], strict=True))
    found = read_each(pairs, _read_key, _unreadable_key, where=keys.account_keys(account_id))
    return await key_limits.add_limits(store, account_id, sorted(found, key=lambda key: key.created_ms))


async def find_key(store: StoreClient, account_id: str, key_id: str) -> Key | None:
    """Return an active key of an account, or None."""
    return next((key for key in await list_keys(store, account_id) if key.id == key_id), None)


async def find_key_hash(store: StoreClient, account_id: str, key_id: str) -> str:
    """Return the hash of an account's active key; empty if it has no such key."""
    found = await store.call("HGET", keys.account_keys(account_id), key_id)
    return "" if found is None else found.decode(errors="replace").partition(" ")[0]


def _read_key(pair: tuple[bytes, bytes]) -> Key:
    hashed, kind, created_ms, hint, *name = pair[1].decode().split(" ", 4)
    return Key(id=pair[0].decode(), kind=kind, created_ms=int(created_ms), hint=hint, hash=hashed, name="".join(name))


def _unreadable_key(pair: tuple[bytes, bytes]) -> Key:
    return Key(id=pair[0].decode(errors="replace"), kind=UNREADABLE, created_ms=0, hint="")


async def revoke_key(store: StoreClient, account_id: str, key_id: str, by: str = OPERATOR) -> bool:
    """Revoke a key, effective at once. False if the account does not have this active key."""
    return bool((await store.run("revoke_key", account_id, key_id, by))[0] == "revoked")


async def publish_plans(store: StoreClient, plans: Iterable[Plan]) -> None:
    """Write the catalogue's plans to the store, where the Lua verbs read them."""
    for plan in plans:
        quota = -1 if plan.daily_quota is None else plan.daily_quota
        limits = ("concurrency", plan.concurrency, "backlog_max", plan.backlog_max, "daily_quota", quota)
        beyond, included = "1" if plan.beyond_quota else "", plan.included_cents * MICROS_PER_CENT
        more = ("beyond", beyond, "bounds", plan.bounds.words, "included", included)
        await store.call("HSET", keys.plan(plan.name), *limits, *more)
