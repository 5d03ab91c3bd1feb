"""wokflow account"""

import click

from operate import accounts
from operate.cli.command import Desk, Failure, Group
from operate.cli.operate import with_operator
from operate.cli.show import dollars, fields, table
from operate.operator import Operator
from shared.domain.account import Account
from shared.domain.money import micros_from_usd
from shared.store.accounts import show as look_up
from shared.store.connect import Store

PAGE = 1000


def amount(context: click.Context, parameter: click.Parameter, text: str | None) -> int | None:
    """click's callback for an amount such as 20 or 12.50, as micro-USD. Raises click.BadParameter."""
    try:
        return None if text is None else micros_from_usd(text)
    except ValueError as error:
        raise click.BadParameter(str(error), context, parameter) from None


def amount_or_none(context: click.Context, parameter: click.Parameter, text: str) -> int:
    """The same, where 0 is an amount too. Raises click.BadParameter."""
    return 0 if text.strip() in ("0", "0.00") else amount(context, parameter, text) or 0


async def existing(store: Store, account_id: str) -> Account:
    """The account. Raises Failure if there is none."""
    found = await look_up(store, account_id)
    if found is None:
        raise Failure("unknown_account", f"There is no account {account_id}: see `wokflow account list`.")
    return found


@click.group(cls=Group)
def account() -> None:
    """Accounts: who pays."""


@account.command()
@click.option("--name", required=True, help="Whose it is.")
@click.option("--plan", required=True, help="One of the catalogue's plans.")
@click.option("--top-up-usd", callback=amount, help="First money, such as 20.")
@with_operator
async def create(desk: Desk, operator: Operator, name: str, plan: str, top_up_usd: int | None) -> None:
    """Make an account with a key of each kind. The keys are shown this once."""
    made = await accounts.create(operator, name=name, plan=plan, micros=top_up_usd)
    shown = fields({"account": made.account, "balance": dollars(top_up_usd or 0), **made.keys})
    desk.show(made, shown, "\nThe keys are not shown again: keep them now.")


@account.command()
@click.argument("account_id", metavar="ACCOUNT")
@with_operator
async def show(desk: Desk, operator: Operator, account_id: str) -> None:
    """Show an account and its balance."""
    found = await accounts.show(operator, account_id)
    people = {"created": found.created_at, "plan": found.plan, "active keys": found.keys}
    amounts = {"balance": found.balance_micros, "topped up": found.topup_micros, "spent": found.spent_micros}
    money = {what: dollars(micros) for what, micros in (amounts | {"warn below": found.low_micros}).items()}
    desk.show(found, fields({"account": found.account, "name": found.name, **people, **money}))


@account.command("list")
@with_operator
async def list_accounts(desk: Desk, operator: Operator) -> None:
    """List all accounts, oldest first."""
    found: list[accounts.AdminAccountEntry] = []
    while page := await accounts.some(operator, len(found), PAGE):
        found += page
    rows = ((account.account, account.name, account.plan, dollars(account.balance_micros)) for account in found)
    shown = table(("account", "name", "plan", "balance"), rows)
    desk.show({"accounts": found}, shown if found else "There is no account yet.")


@account.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("usd", callback=amount)
@click.option("--reference", help="What it is for, such as an invoice. Counts once: safe to repeat for a day.")
@with_operator
async def top_up(desk: Desk, operator: Operator, account_id: str, usd: int, reference: str | None) -> None:
    """Add money to an account."""
    done = await accounts.top_up(operator, account_id, usd, reference)
    said = f"Added {dollars(usd)}." if done.topped_up else f"{done.reference} was added before: nothing was done."
    desk.show(done, f"{said} The balance is {dollars(done.balance_micros)}; reference {done.reference}.")


@account.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("usd", callback=amount_or_none)
@with_operator
async def warn_below(desk: Desk, operator: Operator, account_id: str, usd: int) -> None:
    """Send `balance.low` when an order takes the balance below USD; 0: never."""
    done = await accounts.warn_below(operator, account_id, usd)
    said = f"{account_id} is told when its balance falls below {dollars(usd)}." if usd else f"{account_id} is not told."
    desk.show(done, said)
