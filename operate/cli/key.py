"""wokflow key"""

import click

from operate import account_keys
from operate.cli.command import CommandContext, Group
from operate.cli.operator import with_operator
from operate.cli.show import fields, table
from operate.operator import Operator
from shared.domain.ids import KEY_PREFIXES

key = Group("key", help="Manage API keys of accounts. Keys of either kind work on both APIs.")


@key.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.option(
    "--kind", type=click.Choice(list(KEY_PREFIXES)), default="wowflow", show_default=True, help="Format of the key."
)
@with_operator
async def create(context: CommandContext, operator: Operator, account_id: str, kind: str) -> None:
    """Create another key for an account. It is shown only once."""
    created = await account_keys.create_key(operator, account_id, kind)
    shown = fields({"key id": created.id, "key": created.key})
    context.show(created, shown, "\nThe key is not shown again: save it now.")


@key.command("list")
@click.argument("account_id", metavar="ACCOUNT")
@with_operator
async def list_keys(context: CommandContext, operator: Operator, account_id: str) -> None:
    """List the active keys of an account, oldest first."""
    found = await account_keys.list_keys(operator, account_id)
    shown = table(("key id", "kind", "key", "created"), ((k.id, k.kind, k.hint, k.created_at) for k in found))
    context.show({"keys": found}, shown if found else "This account has no active keys.")


@key.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("key_id")
@with_operator
async def revoke(context: CommandContext, operator: Operator, account_id: str, key_id: str) -> None:
    """Revoke a key at once."""
    done = await account_keys.revoke_key(operator, account_id, key_id)
    context.show(done, f"Revoked {key_id}.")
