"""wokflow key"""

import click

from shared.cli.account import existing
from shared.cli.command import Desk, Failure, Group, with_store
from shared.cli.show import fields, moment, table
from shared.domain.ids import KEY_PREFIXES
from shared.store import accounts
from shared.store.connect import Store


@click.group(cls=Group)
def key() -> None:
    """API keys. Either kind works on both APIs."""


@key.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.option("--kind", type=click.Choice(list(KEY_PREFIXES)), default="wowflow", show_default=True)
@with_store
async def create(desk: Desk, store: Store, account_id: str, kind: str) -> None:
    """Make one more key for an account. It is shown this once."""
    key_id, secret = await accounts.create_key(store, account_id, kind)
    shown = fields({"key id": key_id, "key": secret})
    desk.show({"id": key_id, "kind": kind, "key": secret}, shown, "\nThe key is not shown again: keep it now.")


@key.command("list")
@click.argument("account_id", metavar="ACCOUNT")
@with_store
async def list_keys(desk: Desk, store: Store, account_id: str) -> None:
    """List the active keys of an account, oldest first."""
    await existing(store, account_id)
    found = await accounts.active_keys(store, account_id)
    facts = [{"id": k.id, "kind": k.kind, "hint": k.hint, "created_at": moment(k.created_ms)} for k in found]
    shown = table(("key id", "kind", "key", "created"), (entry.values() for entry in facts))
    desk.show({"keys": facts}, shown if found else "It has no active key.")


@key.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("key_id")
@with_store
async def revoke(desk: Desk, store: Store, account_id: str, key_id: str) -> None:
    """Stop a key at once."""
    if not await accounts.revoke_key(store, account_id, key_id):
        message = f"Account {account_id} has no active key {key_id}: see `wokflow key list {account_id}`."
        raise Failure("unknown_key", message)
    desk.show({"id": key_id, "revoked": True}, f"{key_id} is revoked.")
