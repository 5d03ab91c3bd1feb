"""API keys of accounts, managed by operators."""

from typing import Annotated

from msgspec import Struct

from operate.accounts import require_account
from operate.operator import Operator
from operate.times import moment
from shared.domain.described import doc, timestamp
from shared.domain.errors import Refused
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


class Revoked(Struct, kw_only=True):
    """A key that no longer works."""

    id: Annotated[str, doc("The key's id.")]
    revoked: Annotated[bool, doc("Always true: the key no longer works.")]


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
