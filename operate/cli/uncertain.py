"""wokflow uncertain"""

import click

from operate.cli.command import CommandContext, Group, limit_option
from operate.cli.operator import with_operator
from operate.cli.show import table
from operate.operator import Operator
from operate.uncertain import list_uncertain, resolve_uncertain
from shared.domain.money import dollars

uncertain = Group(
    "uncertain",
    help="List and resolve uncertain generations. A provider may or may not have them.",
)


@uncertain.command("list")
@limit_option(1000, "generations")
@click.option(
    "--refunded", is_flag=True, help="List those refunded at their deadline; the provider may have billed them."
)
@with_operator
async def list_(context: CommandContext, operator: Operator, limit: int, *, refunded: bool) -> None:
    """List open uncertain generations, the oldest first. Each is refunded at its deadline."""
    found = await list_uncertain(operator, limit, refunded=refunded)
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
    shown = table(("generation", "account", "provider", "model", "reserved", "started", "refund at"), rows)
    context.show({"uncertain": found}, shown if found else "No uncertain generations.")


@uncertain.command("resolve")
@click.argument("generation_id", metavar="ID")
@click.option(
    "--completed", "urls", multiple=True, metavar="URL", help="URL of an output that the provider made. Repeatable."
)
@click.option("--failed", is_flag=True, help="The provider did not run it: refund the account.")
@with_operator
async def resolve(
    context: CommandContext, operator: Operator, generation_id: str, *, urls: tuple[str, ...], failed: bool
) -> None:
    """Settle one by its outcome on the provider's own pages. A completed one costs the reserved amount."""
    done = await resolve_uncertain(operator, generation_id, urls=urls, failed=failed)
    context.show(done, f"{done.id} is {done.state}; refunded {dollars(done.refund_micros)}.")
