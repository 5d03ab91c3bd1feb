"""wokflow admin"""

import click

from operate.cli.command import CommandContext, Failure, Group
from operate.cli.operator import with_operator
from operate.cli.show import fields, moment, table
from operate.operator import Operator
from shared.store import admin_keys

admin = Group("admin", help="Manage the admin API.")


key = Group("key", help="Manage the keys of operators. They work under /api/admin only.")
admin.add_command(key)


@key.command()
@click.option("--name", required=True, help="Name of the operator, as the audit shows it.")
@with_operator
async def create(context: CommandContext, operator: Operator, name: str) -> None:
    """Create a key. It is shown only once."""
    key_id, secret = await admin_keys.create(operator.act("admin key create", detail=name), name)
    shown = fields({"key id": key_id, "key": secret})
    context.show({"id": key_id, "name": name, "key": secret}, shown, "\nThe key is not shown again: save it now.")


@key.command("list")
@with_operator
async def list_keys(context: CommandContext, operator: Operator) -> None:
    """List the active keys, oldest first."""
    found = await admin_keys.list_active(operator.store)
    entries = [{"id": k.id, "name": k.name, "hint": k.hint, "created_at": moment(k.created_ms)} for k in found]
    shown = table(("key id", "name", "key", "created"), (entry.values() for entry in entries))
    context.show(
        {"keys": entries},
        shown if found else "No admin keys exist yet: create one with `wokflow admin key create --name NAME`.",
    )


@key.command()
@click.argument("key_id")
@with_operator
async def revoke(context: CommandContext, operator: Operator, key_id: str) -> None:
    """Revoke a key at once."""
    if not await admin_keys.revoke(operator.act("admin key revoke", key_id), key_id):
        raise Failure("unknown_key", f"{key_id} is not an active admin key: see `wokflow admin key list`.")
    context.show({"id": key_id, "revoked": True}, f"Revoked {key_id}.")
