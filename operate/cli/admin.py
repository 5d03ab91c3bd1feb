"""wokflow admin"""

import click

from operate.cli.command import Desk, Failure, Group
from operate.cli.operate import with_operator
from operate.cli.show import fields, moment, table
from operate.operator import Operator
from shared.store import admin_keys


@click.group(cls=Group)
def admin() -> None:
    """The admin API."""


@admin.group()
def key() -> None:
    """Keys of operators: they work under /api/admin, and nowhere else."""


@key.command()
@click.option("--name", required=True, help="Whose it is: the audit says so.")
@with_operator
async def create(desk: Desk, operator: Operator, name: str) -> None:
    """Make a key. It is shown this once."""
    key_id, secret = await admin_keys.create(operator.act("admin key create", detail=name), name)
    shown = fields({"key id": key_id, "key": secret})
    desk.show({"id": key_id, "name": name, "key": secret}, shown, "\nThe key is not shown again: keep it now.")


@key.command("list")
@with_operator
async def list_keys(desk: Desk, operator: Operator) -> None:
    """List the active keys, oldest first."""
    found = await admin_keys.active(operator.store)
    facts = [{"id": k.id, "name": k.name, "hint": k.hint, "created_at": moment(k.created_ms)} for k in found]
    shown = table(("key id", "name", "key", "created"), (entry.values() for entry in facts))
    desk.show({"keys": facts}, shown if found else "There is none: wokflow admin key create --name ...")


@key.command()
@click.argument("key_id")
@with_operator
async def revoke(desk: Desk, operator: Operator, key_id: str) -> None:
    """Stop a key at once."""
    if not await admin_keys.revoke(operator.act("admin key revoke", key_id), key_id):
        raise Failure("unknown_key", f"There is no active admin key {key_id}: see `wokflow admin key list`.")
    desk.show({"id": key_id, "revoked": True}, f"{key_id} is revoked.")
