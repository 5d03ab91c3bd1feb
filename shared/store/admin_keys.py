"""API keys of operators. They do not belong to an account, and an account's key never works for an operator."""

import secrets

from msgspec import Struct

from shared.domain.errors import Refused
from shared.domain.ids import KEY_RANDOM_BYTES, key_hash, key_hint, new_key
from shared.domain.roles import OWNER, Role
from shared.store import keys
from shared.store.client import StoreClient
from shared.store.stored_lists import UNREADABLE, read_each

KEYS_ACTIVE_MAX = 50
NAME_CHARS_MAX = 100


class AdminKeyOwner(Struct, frozen=True, kw_only=True):
    """The operator that a key belongs to."""

    id: str
    name: str
    role: str


class AdminKey(Struct, frozen=True, kw_only=True):
    """An operator's active key without its secret."""

    id: str
    name: str
    role: str
    hint: str
    created_ms: int


async def create(store: StoreClient, name: str, role: Role = OWNER) -> tuple[str, str]:
    """Create a key and return (key id, the key itself). The key is never shown again. Raises Refused."""
    if not 0 < len(name) <= NAME_CHARS_MAX or not name.isprintable():
        raise Refused("invalid_name", f"A name must have 1 to {NAME_CHARS_MAX} printable characters.")
    secret = new_key("admin", secrets.token_bytes(KEY_RANDOM_BYTES))
    key_id = "adm_" + secrets.token_hex(6)
    args = (key_id, key_hash(secret), name, key_hint(secret), KEYS_ACTIVE_MAX, role)
    word, *_ = await store.run("create_admin_key", *args)
    if word == "too_many":
        raise Refused(
            "too_many_keys", f"A deployment can have at most {KEYS_ACTIVE_MAX} active admin keys: revoke one first."
        )
    return key_id, secret


async def list_active(store: StoreClient) -> list[AdminKey]:
    """Return the active keys, oldest first."""
    fields: list[bytes] = await store.call("HGETALL", keys.ADMIN_KEYS)
    pairs = list(zip(fields[::2], fields[1::2], strict=True))
    return sorted(read_each(pairs, _read, _unreadable, where=keys.ADMIN_KEYS), key=lambda key: key.created_ms)


def _read(pair: tuple[bytes, bytes]) -> AdminKey:
    _, created_ms, word, name = pair[1].decode().split(" ", 3)
    hint, role = _with_role(word)
    return AdminKey(id=pair[0].decode(), name=name, role=role, hint=hint, created_ms=int(created_ms))


def _unreadable(pair: tuple[bytes, bytes]) -> AdminKey:
    return AdminKey(id=pair[0].decode(errors="replace"), name=UNREADABLE, role="", hint="", created_ms=0)


async def revoke(store: StoreClient, key_id: str) -> bool:
    """Revoke a key, effective at once. False if this active key does not exist."""
    return bool((await store.run("revoke_admin_key", key_id))[0] == "revoked")


async def find_owner(store: StoreClient, hashed: str) -> AdminKeyOwner | None:
    """Return the owner of a key by its hash, or None for an unknown or revoked key."""
    found = await store.call("GET", keys.admin_key(hashed))
    if found is None:
        return None
    word, _, name = found.decode().partition(" ")
    key_id, role = _with_role(word)
    return AdminKeyOwner(id=key_id, name=name, role=role)


def _with_role(word: str) -> tuple[str, str]:
    """Return a word and the role behind it. A key from before there were roles is an owner's."""
    before, _, role = word.partition(":")
    return before, role or OWNER
