"""API keys of accounts, managed by operators."""

from typing import Annotated

from msgspec import Struct

from operate.accounts import require_account
from operate.operator import Operator
from operate.times import moment
from shared.domain.account import Key
from shared.domain.described import doc, timestamp
from shared.domain.errors import Refused
from shared.domain.key_limits import NO_CAPS, NO_LIMITS, KeyLimits, SpendCaps
from shared.store import accounts


class CreatedKey(Struct, kw_only=True):
    """A new key. The key itself is shown only here."""

    id: Annotated[str, doc("The key's id.")]
    kind: Annotated[str, doc("The kind of key: `wowflow` or `wokgen`.")]
    key: Annotated[str, doc("The API key. Shown only here.")]


class AdminKeyEntry(Struct, kw_only=True):
    """An active key of an account. Only a hash of the key is stored."""

    id: Annotated[str, doc("The key's id.")]
    kind: Annotated[str, doc("The kind of key: `wowflow` or `wokgen`.")]
    hint: Annotated[str, doc("The key's prefix and its last four characters.")]
    created_at: Annotated[str | None, timestamp("When it was created.")]
    name: Annotated[str, doc("Its name.")] = ""
    scopes: Annotated[tuple[str, ...], doc("The scopes of its calls. Empty: all.")] = ()
    expires_at: Annotated[str | None, timestamp("When it stops working. Null: never.")] = None
    models: Annotated[tuple[str, ...], doc("The models that it may order. Empty: all.")] = ()
    kinds: Annotated[tuple[str, ...], doc("The kinds that it may order. Empty: all.")] = ()
    ip_addresses: Annotated[tuple[str, ...], doc("The networks that it works from. Empty: all.")] = ()
    cap_day_micros: Annotated[int | None, doc("The cap of its budget in a day, in micro-dollars. Null: none.")] = None
    cap_month_micros: Annotated[int | None, doc("The cap of its budget in a month. Null: none.")] = None
    cap_total_micros: Annotated[int | None, doc("The cap of its budget in total. Null: none.")] = None
    spent_micros: Annotated[int, doc("The total that its budget has counted, in micro-dollars.")] = 0
    last_used_at: Annotated[str | None, timestamp("When it was last used, to a minute. Null: never.")] = None


class Revoked(Struct, kw_only=True):
    """A key that no longer works."""

    id: Annotated[str, doc("The key's id.")]
    revoked: Annotated[bool, doc("Always true: the key no longer works.")]


async def create_key(
    operator: Operator,
    account_id: str,
    kind: str,
    *,
    name: str = "",
    limits: KeyLimits = NO_LIMITS,
    caps: SpendCaps = NO_CAPS,
) -> CreatedKey:
    """Create another key for an account. Raises Refused."""
    acting = operator.act("key create", account_id, f"{kind} {name}".strip())
    key_id, secret = await accounts.create_key(acting, account_id, kind, name=name, limits=limits, caps=caps)
    return CreatedKey(id=key_id, kind=kind, key=secret)


async def change_key(
    operator: Operator,
    account_id: str,
    key: Key,
    *,
    name: str,
    limits: KeyLimits,
    caps: SpendCaps,
    fresh: bool = False,
) -> AdminKeyEntry:
    """Set a key's name, limits and caps. A `fresh` budget counts from zero. Raises Refused."""
    acting = operator.act("key change", account_id, key.id)
    if not await accounts.change_key(acting, account_id, key, name=name, limits=limits, caps=caps, fresh=fresh):
        raise _unknown(account_id, key.id)
    return _entry(await find_key(operator, account_id, key.id))


async def rotate_key(operator: Operator, account_id: str, key_id: str, overlap_s: float) -> CreatedKey:
    """Create a key that replaces another, which expires after an overlap. Raises Refused."""
    key = await find_key(operator, account_id, key_id)
    made = await accounts.rotate_key(operator.act("key rotate", account_id, key.id), account_id, key, overlap_s)
    if made is None:
        raise _unknown(account_id, key_id)
    return CreatedKey(id=made[0], kind=key.kind, key=made[1])


async def find_key(operator: Operator, account_id: str, key_id: str) -> Key:
    """Return an active key of an account. Raises Refused."""
    found = await accounts.find_key(operator.store, account_id, key_id)
    if found is None:
        raise _unknown(account_id, key_id)
    return found


async def list_keys(operator: Operator, account_id: str) -> list[AdminKeyEntry]:
    """Return the active keys of an account, oldest first. Raises Refused."""
    await require_account(operator, account_id)
    return [_entry(key) for key in await accounts.list_keys(operator.store, account_id)]


async def revoke_key(operator: Operator, account_id: str, key_id: str) -> Revoked:
    """Revoke a key at once. Raises Refused."""
    if not await accounts.revoke_key(operator.act("key revoke", account_id, key_id[:50]), account_id, key_id):
        raise _unknown(account_id, key_id)
    return Revoked(id=key_id, revoked=True)


def _unknown(account_id: str, key_id: str) -> Refused:
    account = account_id[:50]
    message = f"Account {account} has no active key {key_id[:50]}: see `wokflow key list {account}`."
    return Refused("unknown_key", message)


def _entry(key: Key) -> AdminKeyEntry:
    limits = key.limits
    return AdminKeyEntry(
        id=key.id,
        kind=key.kind,
        hint=key.hint,
        created_at=moment(key.created_ms),
        name=key.name,
        scopes=limits.scopes,
        expires_at=moment(limits.expires_ms),
        models=limits.models,
        kinds=limits.kinds,
        ip_addresses=limits.networks,
        cap_day_micros=key.caps.day,
        cap_month_micros=key.caps.month,
        cap_total_micros=key.caps.total,
        spent_micros=key.spent.total,
        last_used_at=moment(key.used_ms),
    )
