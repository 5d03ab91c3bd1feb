"""wokflow deadletter"""

import click

from operate.cli.command import CommandContext, Group, limit_option
from operate.cli.operator import with_operator
from operate.cli.show import table
from operate.dead_letters import list_dead_letters, redeliver_dead_letters
from operate.operator import Operator

deadletter = Group("deadletter", help="List and redeliver failed webhook deliveries.")


@deadletter.command("list")
@limit_option(1000, "deliveries")
@with_operator
async def list_dead(context: CommandContext, operator: Operator, limit: int) -> None:
    """List the failed deliveries of all accounts, newest first."""
    found = await list_dead_letters(operator, limit)
    rows = ((one.dead_at, one.account, one.endpoint, one.type, one.attempts, one.last, one.id) for one in found)
    shown = table(("failed", "account", "endpoint", "type", "attempts", "last response", "delivery"), rows)
    context.show({"deliveries": found}, shown if found else "No dead letters.")


@deadletter.command()
@click.argument("deliveries", nargs=-1, metavar="[DELIVERY]...")
@click.option("--all", "redeliver_all", is_flag=True, help="Redeliver the newest 1000.")
@with_operator
async def replay(
    context: CommandContext, operator: Operator, deliveries: tuple[str, ...], *, redeliver_all: bool
) -> None:
    """Redeliver failed deliveries under their own ids. Exit status 1 if an endpoint is disabled or deleted."""
    if bool(deliveries) == redeliver_all:
        raise click.UsageError("Give the ids of deliveries, or --all.")
    done = await redeliver_dead_letters(operator, deliveries)
    skipped = [f"Skipped {name}: its endpoint is disabled or deleted." for name in done.left]
    context.show(done, f"Queued {done.queued} deliveries.", *skipped)
    if done.left:
        click.get_current_context().exit(1)
