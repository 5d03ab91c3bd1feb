"""wokflow deadletter"""

import click

from operate.cli.command import Desk, Group
from operate.cli.operate import with_operator
from operate.cli.show import table
from operate.deadletters import dead_letters, replay_dead
from operate.operator import Operator


@click.group(cls=Group)
def deadletter() -> None:
    """Webhook deliveries that were given up."""


@deadletter.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="The newest so many.")
@with_operator
async def list_dead(desk: Desk, operator: Operator, limit: int) -> None:
    """Those of all accounts, newest first."""
    found = await dead_letters(operator, limit)
    rows = ((one.dead_at, one.account, one.endpoint, one.type, one.attempts, one.last, one.id) for one in found)
    shown = table(("given up", "account", "endpoint", "type", "attempts", "last answer", "delivery"), rows)
    desk.show({"deliveries": found}, shown if found else "No delivery was given up.")


@deadletter.command()
@click.argument("deliveries", nargs=-1, metavar="[DELIVERY]...")
@click.option("--all", "every", is_flag=True, help="All that are dead, the newest 1000 at once.")
@with_operator
async def replay(desk: Desk, operator: Operator, deliveries: tuple[str, ...], *, every: bool) -> None:
    """Post deliveries again, under their own ids. Exit status 1 if an endpoint is switched off or gone."""
    if bool(deliveries) == every:
        raise click.UsageError("Name deliveries, or say --all.")
    done = await replay_dead(operator, deliveries)
    left = [f"Left, because the endpoint is switched off or gone: {name}" for name in done.left]
    desk.show(done, f"{done.queued} on their way.", *left)
    if done.left:
        click.get_current_context().exit(1)
