"""wokflow account"""

import asyncio
from secrets import token_hex

import click

from shared.cli.catalogue import read_catalogue
from shared.cli.command import Desk, Failure, Group, with_store
from shared.cli.show import dollars, fields, moment, table
from shared.domain.account import Account
from shared.domain.ids import KEY_PREFIXES
from shared.domain.money import micros_from_usd
from shared.ops.settings import Settings
from shared.store import accounts, ledger
from shared.store.connect import Store

PAGE = 1000
REFERENCE_CHARS_MAX = 200


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
    found = await accounts.show(store, account_id)
    if found is None:
        raise Failure("unknown_account", f"There is no account {account_id}: see `wokflow account list`.")
    return found


async def open_account(store: Store, settings: Settings, *, name: str, plan: str, micros: int | None) -> Account:
    """A new account on a plan of the catalogue, with its first money. Raises Failure, Refused."""
    plans = read_catalogue(settings.catalogue).plans
    if plan not in plans:
        message = f"There is no plan {plan!r} in {settings.catalogue}: choose one of {', '.join(plans)}."
        raise Failure("unknown_plan", message)
    await accounts.publish_plans(store, plans.values())
    made = await accounts.create(store, name=name, plan=plan)
    if micros is not None:
        await ledger.top_up(store, made.id, micros, "opening")
    return made


async def first_keys(store: Store, account_id: str) -> dict[str, str]:
    """A new key of each kind. Raises Refused."""
    return {kind: (await accounts.create_key(store, account_id, kind))[1] for kind in KEY_PREFIXES}


@click.group(cls=Group)
def account() -> None:
    """Accounts: who pays."""


@account.command()
@click.option("--name", required=True, help="Whose it is.")
@click.option("--plan", required=True, help="One of the catalogue's plans.")
@click.option("--top-up-usd", callback=amount, help="First money, such as 20.")
@with_store
async def create(desk: Desk, store: Store, name: str, plan: str, top_up_usd: int | None) -> None:
    """Make an account with a key of each kind. The keys are shown this once."""
    made = await open_account(store, desk.settings, name=name, plan=plan, micros=top_up_usd)
    keys = await first_keys(store, made.id)
    shown = fields({"account": made.id, "balance": dollars(top_up_usd or 0), **keys})
    desk.show({"account": made.id, "keys": keys}, shown, "\nThe keys are not shown again: keep them now.")


@account.command()
@click.argument("account_id", metavar="ACCOUNT")
@with_store
async def show(desk: Desk, store: Store, account_id: str) -> None:
    """Show an account and its balance."""
    found = await existing(store, account_id)
    facts = _facts(found) | {"keys": len(await accounts.active_keys(store, account_id))}
    people = {"created": moment(found.created_ms), "plan": found.plan, "active keys": facts["keys"]}
    amounts = {"balance": found.balance, "topped up": found.topup, "spent": found.spent, "warn below": found.low}
    money = {what: dollars(micros) for what, micros in amounts.items()}
    desk.show(facts, fields({"account": found.id, "name": found.name, **people, **money}))


@account.command("list")
@with_store
async def list_accounts(desk: Desk, store: Store) -> None:
    """List all accounts, oldest first."""
    found: list[Account] = []
    first = 0
    while ids := await accounts.ids(store, first, PAGE):
        first += len(ids)
        page = await asyncio.gather(*(accounts.show(store, account_id) for account_id in ids))
        found += [account for account in page if account is not None]
    rows = ((account.id, account.name, account.plan, dollars(account.balance)) for account in found)
    shown = table(("account", "name", "plan", "balance"), rows)
    desk.show({"accounts": [_facts(account) for account in found]}, shown if found else "There is no account yet.")


@account.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("usd", callback=amount)
@click.option("--reference", help="What it is for, such as an invoice. Counts once: safe to repeat for a day.")
@with_store
async def top_up(desk: Desk, store: Store, account_id: str, usd: int, reference: str | None) -> None:
    """Add money to an account."""
    reference = reference if reference is not None else f"cli-{token_hex(6)}"
    if not 0 < len(reference) <= REFERENCE_CHARS_MAX or not reference.isprintable():
        message = f"A reference has 1 to {REFERENCE_CHARS_MAX} printable characters."
        raise Failure("invalid_reference", message)
    await existing(store, account_id)
    word, balance = await ledger.top_up(store, account_id, usd, reference)
    if word == "too_much":
        message = f"An account holds no more than that: {dollars(balance)} were topped up already."
        raise Failure("too_much", message)
    done = word == "topped_up"
    facts = {"account": account_id, "topped_up": done, "reference": reference, "balance_micros": balance}
    said = f"Added {dollars(usd)}." if done else f"{reference} was added before: nothing was done."
    desk.show(facts, f"{said} The balance is {dollars(balance)}; reference {reference}.")


@account.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("usd", callback=amount_or_none)
@with_store
async def warn_below(desk: Desk, store: Store, account_id: str, usd: int) -> None:
    """Send `balance.low` when an order takes the balance below USD; 0: never."""
    if not await accounts.set_low(store, account_id, usd):
        await existing(store, account_id)
    said = f"{account_id} is told when its balance falls below {dollars(usd)}." if usd else f"{account_id} is not told."
    desk.show({"account": account_id, "low_micros": usd}, said)


def _facts(found: Account) -> dict[str, object]:
    return {
        "account": found.id,
        "name": found.name,
        "plan": found.plan,
        "created_at": moment(found.created_ms),
        "balance_micros": found.balance,
        "topup_micros": found.topup,
        "spent_micros": found.spent,
        "low_micros": found.low,
    }
