"""wokflow admin"""

import click

from operate.cli.command import CommandContext, Failure, Group
from operate.cli.operator import with_operator
from operate.cli.show import fields, moment, table
from operate.operator import Operator
from shared.domain.roles import OWNER, ROLES, Role
from shared.store import admin_keys

admin = Group("admin", help="Manage the admin API.")


key = Group("key", help="Manage the keys of operators. They work under /api/admin only.")
admin.add_command(key)


@key.command()
@click.option("--name", required=True, help="Name of the operator, as the audit shows it.")
@click.option(
    "--role",
    type=click.Choice(ROLES),
    default=OWNER,
    show_default=True,
    help="The calls that the key may make: docs/operate.md.",
)
@with_operator
async def create(context: CommandContext, operator: Operator, name: str, role: Role) -> None:
    """Create a key. It is shown only once."""
    acting = operator.act("admin key create", detail=f"{name}, {role}")
    key_id, secret = await admin_keys.create(acting, name, role)
    shown = fields({"key id": key_id, "role": role, "key": secret})
    facts = {"id": key_id, "name": name, "role": role, "key": secret}
    context.show(facts, shown, "\nThe key is not shown again: save it now.")


@key.command("list")
@with_operator
async def list_keys(context: CommandContext, operator: Operator) -> None:
    """List the active keys, oldest first."""
    found = await admin_keys.list_active(operator.store)
    entries = [
        {"id": k.id, "name": k.name, "role": k.role, "hint": k.hint, "created_at": moment(k.created_ms)} for k in found
    ]
    shown = table(("key id", "name", "role", "key", "created"), (entry.values() for entry in entries))
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
