"""wokflow account: commands on the life of an account."""

from typing import Literal

import click

from operate import account_life
from operate.cli.account import account
from operate.cli.command import CommandContext, Failure
from operate.cli.operator import with_operator
from operate.operator import Operator
from shared.domain.money import dollars

__all__ = ("account",)


@account.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("name")
@with_operator
async def rename(context: CommandContext, operator: Operator, account_id: str, name: str) -> None:
    """Change the name of an account."""
    done = await account_life.rename(operator, account_id, name)
    context.show(done, f"{account_id} is now {done.name}.")


@account.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("plan")
@with_operator
async def change_plan(context: CommandContext, operator: Operator, account_id: str, plan: str) -> None:
    """Move an account to another plan, at once. The quota that it has used today stays used."""
    done = await account_life.change_plan(operator, account_id, plan)
    context.show(done, f"{account_id} is on the plan {done.plan}. Its balance is {dollars(done.balance_micros)}.")


@account.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.option("--reason", default="", help="Reason to note in the audit.")
@with_operator
async def suspend(context: CommandContext, operator: Operator, account_id: str, reason: str) -> None:
    """Refuse the orders of an account. Its accepted generations end as usual."""
    done = await account_life.suspend(operator, account_id, reason)
    context.show(done, f"{account_id} is suspended: wokflow account resume {account_id}")


@account.command()
@click.argument("account_id", metavar="ACCOUNT")
@with_operator
async def resume(context: CommandContext, operator: Operator, account_id: str) -> None:
    """Accept the orders of a suspended account again."""
    done = await account_life.resume(operator, account_id)
    context.show(done, f"{account_id} is active.")


@account.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.option("--confirm", default="", help="The account's id again: a closed account stays closed.")
@click.option("--balance", type=click.Choice(["paid_out", "forfeited"]), required=True, help="The end of its balance.")
@click.option("--reference", default="", help="Reference of the payment, for the ledger.")
@with_operator
async def close(
    context: CommandContext,
    operator: Operator,
    account_id: str,
    *,
    confirm: str,
    balance: Literal["paid_out", "forfeited"],
    reference: str,
) -> None:
    """Close an account: revoke its keys, and take its balance by a ledger line. It may have no open generations."""
    if confirm != account_id:
        raise Failure("not_confirmed", f"A closed account stays closed. Repeat its id: --confirm {account_id}")
    done = await account_life.close(operator, account_id, balance, reference)
    context.show(done, f"Closed {account_id}: {dollars(done.amount_micros)} {balance.replace('_', ' ')}.")
