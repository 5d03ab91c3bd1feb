"""wokflow voucher"""

import click

from operate import vouchers
from operate.cli.account import parse_amount
from operate.cli.command import CommandContext, Group, limit_option
from operate.cli.operator import with_operator
from operate.cli.show import table
from operate.operator import Operator
from operate.vouchers import COUNT_MAX, DAYS, DAYS_MAX, MICROS_EACH_MAX
from shared.domain.money import dollars
from shared.store.vouchers import BATCHES_MAX

voucher = Group("voucher", help="Make vouchers, which accounts redeem.")


@voucher.command()
@click.option("--usd", required=True, callback=parse_amount, help="Amount of each in USD, at most 1000.")
@click.option("--count", type=click.IntRange(1, COUNT_MAX), default=1, show_default=True, help="Number of vouchers.")
@click.option("--name", default="", help="A name for people, such as a campaign.")
@click.option("--days", type=click.IntRange(1, DAYS_MAX), default=DAYS, show_default=True, help="Days of validity.")
@click.option("--repeatable", is_flag=True, help="Let one account redeem several of them.")
@with_operator
async def create(
    context: CommandContext, operator: Operator, *, usd: int, count: int, name: str, days: int, repeatable: bool
) -> None:
    """Create vouchers. They are shown only once; each is redeemed once."""
    if usd > MICROS_EACH_MAX:
        raise click.BadParameter(f"A voucher has at most {dollars(MICROS_EACH_MAX)}.", param_hint="--usd")
    made = await vouchers.create_vouchers(operator, name=name, micros=usd, count=count, days=days, once=not repeatable)
    context.show(made, "\n".join(made.vouchers), f"\n{made.batch}. They are not shown again: save them now.")


@voucher.command("list")
@limit_option(BATCHES_MAX, "batches")
@with_operator
async def list_vouchers(context: CommandContext, operator: Operator, limit: int) -> None:
    """List the batches of vouchers, newest first."""
    found = await vouchers.list_vouchers(operator, limit)
    rows = (
        (one.batch, one.name, dollars(one.amount_micros), f"{one.redeemed}/{one.count}", one.expires_at)
        for one in found
    )
    shown = table(("batch", "name", "amount", "redeemed", "expires"), rows)
    context.show({"batches": found}, shown if found else "No vouchers were made yet.")


@voucher.command()
@click.argument("batch")
@with_operator
async def revoke(context: CommandContext, operator: Operator, batch: str) -> None:
    """Revoke the vouchers of a batch that nobody has redeemed."""
    done = await vouchers.revoke_vouchers(operator, batch)
    context.show(done, f"Revoked {done.revoked} vouchers of {batch}.")
