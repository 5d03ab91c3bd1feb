"""wokflow payment"""

import click

from operate import payments
from operate.cli.command import CommandContext, Group, limit_option
from operate.cli.operator import with_operator
from operate.cli.show import table
from operate.operator import Operator
from operate.payments import PAYMENTS_MAX
from shared.domain.money import dollars

payment = Group("payment", help="Show payments with Stripe.")


@payment.command("list")
@click.argument("account_id", metavar="ACCOUNT")
@limit_option(PAYMENTS_MAX, "payments")
@with_operator
async def list_payments(context: CommandContext, operator: Operator, account_id: str, limit: int) -> None:
    """List an account's payments, refunds and disputes, newest first."""
    found = await payments.list_payments(operator, account_id, limit)
    rows = [(one.at, "?" if one.amount_micros is None else dollars(one.amount_micros), one.reference) for one in found]
    context.show(
        {"payments": found},
        table(("time", "amount", "reference"), rows) if rows else "This account has no payments yet.",
    )
