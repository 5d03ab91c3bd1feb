"""API keys of accounts, managed by operators."""

from msgspec import Struct

from operate.accounts import require_account
from operate.operator import Operator
from operate.times import moment
from shared.domain.errors import Refused
from shared.store import accounts


class CreatedKey(Struct, kw_only=True):
    """A new key. The key itself is shown only here."""

    id: str
    kind: str
    key: str


class AdminKeyEntry(Struct, kw_only=True):
    """An active key of an account. Only a hash of the key is stored."""

    id: str
    kind: str
    hint: str
    created_at: str | None


class Revoked(Struct, kw_only=True):
    """A key that no longer works."""

    id: str
    revoked: bool


async def create_key(operator: Operator, account_id: str, kind: str) -> CreatedKey:
    """Create another key for an account. Raises Refused."""
    key_id, secret = await accounts.create_key(operator.act("key create", account_id, kind), account_id, kind)
    return CreatedKey(id=key_id, kind=kind, key=secret)


async def list_keys(operator: Operator, account_id: str) -> list[AdminKeyEntry]:
    """Return the active keys of an account, oldest first. Raises Refused."""
    await require_account(operator, account_id)
    found = await accounts.list_keys(operator.store, account_id)
    return [AdminKeyEntry(id=k.id, kind=k.kind, hint=k.hint, created_at=moment(k.created_ms)) for k in found]


async def revoke_key(operator: Operator, account_id: str, key_id: str) -> Revoked:
    """Revoke a key at once. Raises Refused."""
    if not await accounts.revoke_key(operator.act("key revoke", account_id, key_id[:50]), account_id, key_id):
        account = account_id[:50]
        message = f"Account {account} has no active key {key_id[:50]}: see `wokflow key list {account}`."
        raise Refused("unknown_key", message)
    return Revoked(id=key_id, revoked=True)
