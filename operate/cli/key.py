"""wokflow key"""

import click

from operate import account_keys
from operate.cli.command import Desk, Group
from operate.cli.operate import with_operator
from operate.cli.show import fields, table
from operate.operator import Operator
from shared.domain.ids import KEY_PREFIXES


@click.group(cls=Group)
def key() -> None:
    """API keys. Either kind works on both APIs."""


@key.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.option("--kind", type=click.Choice(list(KEY_PREFIXES)), default="wowflow", show_default=True)
@with_operator
async def create(desk: Desk, operator: Operator, account_id: str, kind: str) -> None:
    """Make one more key for an account. It is shown this once."""
    made = await account_keys.create(operator, account_id, kind)
    desk.show(made, fields({"key id": made.id, "key": made.key}), "\nThe key is not shown again: keep it now.")


@key.command("list")
@click.argument("account_id", metavar="ACCOUNT")
@with_operator
async def list_keys(desk: Desk, operator: Operator, account_id: str) -> None:
    """List the active keys of an account, oldest first."""
    found = await account_keys.active(operator, account_id)
    shown = table(("key id", "kind", "key", "created"), ((k.id, k.kind, k.hint, k.created_at) for k in found))
    desk.show({"keys": found}, shown if found else "It has no active key.")


@key.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("key_id")
@with_operator
async def revoke(desk: Desk, operator: Operator, account_id: str, key_id: str) -> None:
    """Stop a key at once."""
    done = await account_keys.revoke(operator, account_id, key_id)
    desk.show(done, f"{key_id} is revoked.")
