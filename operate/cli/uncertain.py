"""wokflow uncertain"""

import click

from operate.cli.command import Desk, Group
from operate.cli.operate import with_operator
from operate.cli.show import dollars, table
from operate.doubts import doubts, resolve
from operate.operator import Operator


@click.group(cls=Group)
def uncertain() -> None:
    """Generations whose submit got no answer: nobody knows whether the provider took them."""


@uncertain.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="The longest so many.")
@click.option("--refunded", is_flag=True, help="Those that their deadline refunded: the provider may have billed them.")
@with_operator
async def list_doubts(desk: Desk, operator: Operator, limit: int, *, refunded: bool) -> None:
    """Those that are open. At its deadline each is refunded."""
    found = await doubts(operator, limit, refunded=refunded)
    rows = (
        (
            one.id,
            one.account,
            one.provider,
            one.provider_model,
            dollars(one.reserved_micros),
            one.started_at,
            one.closed_at or one.deadline_at,
        )
        for one in found
    )
    shown = table(("generation", "account", "provider", "model", "reserved", "started", "refunded"), rows)
    desk.show({"uncertain": found}, shown if found else "Nothing is uncertain.")


@uncertain.command("resolve")
@click.argument("generation_id", metavar="ID")
@click.option("--completed", "urls", multiple=True, metavar="URL", help="The provider made it: an output. Repeatable.")
@click.option("--failed", is_flag=True, help="The provider did not make it: the user is refunded.")
@with_operator
async def resolve_doubt(
    desk: Desk, operator: Operator, generation_id: str, *, urls: tuple[str, ...], failed: bool
) -> None:
    """End one as the provider's own pages show it. A completed one costs what was reserved."""
    done = await resolve(operator, generation_id, urls=urls, failed=failed)
    desk.show(done, f"{done.id} is {done.state}; {dollars(done.refund_micros)} went back.")
