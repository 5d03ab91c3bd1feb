"""wokflow account"""

from pathlib import Path

import click

from operate import accounts
from operate.cli.command import CommandContext, Failure, Group, limit_option
from operate.cli.operator import with_operator
from operate.cli.show import fields, table
from operate.operator import Operator
from shared.domain.account import Account
from shared.domain.key_limits import SpendCaps
from shared.domain.money import dollars, micros_from_usd
from shared.ops.storage import Storage
from shared.store.accounts import find as look_up
from shared.store.connect import Store
from shared.store.security import EVENTS_MAX

PAGE = 1000


def parse_amount(context: click.Context, parameter: click.Parameter, text: str | None) -> int | None:
    """Convert an amount such as 20 or 12.50 to micro-USD, as click's callback. Raises click.BadParameter."""
    try:
        return None if text is None else micros_from_usd(text)
    except ValueError as error:
        raise click.BadParameter(str(error), context, parameter) from None


def parse_signed_amount(context: click.Context, parameter: click.Parameter, text: str) -> int:
    """Convert an amount that may be below zero to micro-USD, as click's callback. Raises click.BadParameter."""
    sign, amount = (-1, text.strip()[1:]) if text.strip().startswith("-") else (1, text)
    return sign * (parse_amount(context, parameter, amount) or 0)


def parse_amount_or_zero(context: click.Context, parameter: click.Parameter, text: str) -> int:
    """Convert an amount that may be 0 to micro-USD, as click's callback. Raises click.BadParameter."""
    return 0 if text.strip() in ("0", "0.00") else parse_amount(context, parameter, text) or 0


async def require_account(store: Store, account_id: str) -> Account:
    """Return the account. Raises Failure if it does not exist."""
    found = await look_up(store, account_id)
    if found is None:
        raise Failure("unknown_account", f"Account {account_id} does not exist: see `wokflow account list`.")
    return found


account = Group("account", help="Manage accounts.")


@account.command()
@click.option("--name", required=True, help="Name of the customer.")
@click.option("--plan", required=True, help="A plan of the catalogue.")
@click.option("--top-up-usd", callback=parse_amount, help="Opening balance in USD, such as 20.")
@click.option("--trial", is_flag=True, help="Add TRIAL_CREDIT_CENTS, unless the trial credit of today is used up.")
@with_operator
async def create(
    context: CommandContext, operator: Operator, *, name: str, plan: str, top_up_usd: int | None, trial: bool
) -> None:
    """Create an account with a key of each kind. The keys are shown only once."""
    given = accounts.trial_of(context.settings) if trial else None
    created = await accounts.create_account(operator, name=name, plan=plan, micros=top_up_usd, trial=given)
    balance = (await accounts.require_account(operator, created.account)).balance
    shown = fields({"account": created.account, "balance": dollars(balance), **created.keys})
    context.show(created, shown, "\nThe keys are not shown again: save them now.")


@account.command()
@click.argument("account_id", metavar="ACCOUNT")
@with_operator
async def show(context: CommandContext, operator: Operator, account_id: str) -> None:
    """Show an account and its balance."""
    found = await accounts.show_account(operator, account_id)
    details = {"created": found.created_at, "state": found.state, "plan": found.plan, "active keys": found.keys}
    size = f"{(found.upload_bytes or 0) / 1_000_000:.1f} MB"
    details["uploads"] = f"{found.uploads}, {size}"
    amounts = {
        "balance": found.balance_micros,
        "topped up": found.topup_micros,
        "spent": found.spent_micros,
        "alert below": found.low_micros,
    }
    money = {name: dollars(micros) for name, micros in amounts.items()}
    context.show(found, fields({"account": found.account, "name": found.name, **details, **money}))


@account.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.option("--confirm", default="", help="The account's id again: an erasure cannot be undone.")
@with_operator
async def erase(context: CommandContext, operator: Operator, account_id: str, confirm: str) -> None:
    """Erase an account: keys, endpoints, prompts, outputs, uploads and its name. Amounts stay, for the books.

    Exit status 1 if a part is still open. It ends by its deadline: run the command again then.
    """
    from operate import erasure  # noqa: PLC0415  # SQLAlchemy, for this command alone
    from operate.receipts import open_books  # noqa: PLC0415

    erasure.require_confirmation(account_id, confirm)
    storage, url = Storage.open(context.settings.assets), context.settings.records_url
    if url:
        async with open_books(url) as records:
            done = await erasure.erase_account(operator, account_id, storage, records)
    else:
        done = await erasure.erase_account(operator, account_id, storage, None)
    counts = {name: getattr(done, name) for name in done.__struct_fields__ if name not in ("account", "complete")}
    end = "Everything is erased." if done.complete else "Not everything is erased yet: run this again later."
    context.show(done, fields(counts), end)
    if not done.complete:
        click.get_current_context().exit(1)


@account.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.option("--to", "file", required=True, type=click.Path(path_type=Path), help="The ZIP file to write.")
@with_operator
async def export(context: CommandContext, operator: Operator, account_id: str, file: Path) -> None:
    """Write everything about an account to a ZIP file: its rows in the database as JSON lines, and its outputs."""
    from operate.export import export_account  # noqa: PLC0415  # SQLAlchemy, for this command alone
    from operate.receipts import open_books  # noqa: PLC0415

    storage = Storage.open(context.settings.assets)
    async with open_books(context.settings.records_url) as records:
        with file.open("xb") as archive:
            done = await export_account(operator, account_id, archive, storage, records)
    context.show(done, fields(done.entries), f"Written to {file}.")


@account.command("list")
@with_operator
async def list_accounts(context: CommandContext, operator: Operator) -> None:
    """List all accounts, oldest first."""
    found: list[accounts.AdminAccountEntry] = []
    while page := await accounts.list_accounts(operator, len(found), PAGE):
        found += page
    rows = ((account.account, account.name, account.plan, dollars(account.balance_micros)) for account in found)
    shown = table(("account", "name", "plan", "balance"), rows)
    context.show({"accounts": found}, shown if found else "No accounts exist yet.")


@account.command("events")
@click.argument("account_id", metavar="ACCOUNT")
@limit_option(EVENTS_MAX, "events")
@with_operator
async def list_events(context: CommandContext, operator: Operator, account_id: str, limit: int) -> None:
    """List when keys and webhook endpoints were made, changed and removed, newest first."""
    found = await accounts.list_events(operator, account_id, limit)
    rows = ((one.at, one.type, one.subject, one.detail, one.by) for one in found)
    shown = table(("time", "event", "subject", "detail", "by"), rows)
    context.show({"events": found}, shown if found else "Nothing was made or changed in this account yet.")


@account.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("usd", callback=parse_amount)
@click.option(
    "--reference",
    help="Payment reference, such as an invoice. A reference counts once, so repeating the command is safe.",
)
@with_operator
async def top_up(context: CommandContext, operator: Operator, account_id: str, usd: int, reference: str | None) -> None:
    """Add money to an account."""
    done = await accounts.top_up(operator, account_id, usd, reference)
    result = f"Added {dollars(usd)}" if done.topped_up else "Nothing added: this reference was credited before"
    context.show(done, f"{result} (reference {done.reference}). The balance is {dollars(done.balance_micros)}.")


@account.command("adjust")
@click.argument("account_id", metavar="ACCOUNT")
@click.option("--usd", required=True, callback=parse_signed_amount, help="Amount to add, or with a minus to take back.")
@click.option("--reason", required=True, help="Reason to note in the audit.")
@click.option("--reference", help="A reference that counts once, so that repeating the command is safe.")
@with_operator
async def adjust(
    context: CommandContext, operator: Operator, account_id: str, *, usd: int, reason: str, reference: str | None
) -> None:
    """Correct a mistaken top-up, such as one with a wrong amount. Spent and reserved money cannot be taken back."""
    done = await accounts.adjust(operator, account_id, usd, reason, reference)
    result = f"Adjusted by {dollars(usd)}" if done.adjusted else "Nothing changed: this reference counted before"
    context.show(done, f"{result} (reference {done.reference}). The balance is {dollars(done.balance_micros)}.")


@account.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("usd", callback=parse_amount_or_zero)
@with_operator
async def warn_below(context: CommandContext, operator: Operator, account_id: str, usd: int) -> None:
    """Set a low-balance alert. `balance.low` is sent when the balance falls below USD; 0 removes the alert."""
    done = await accounts.set_low_balance(operator, account_id, usd)
    result = f"set to {dollars(usd)}" if usd else "removed"
    context.show(done, f"Low-balance alert of {account_id} {result}.")


@account.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.option("--day-usd", callback=parse_amount, help="The most that it may spend in a UTC day.")
@click.option("--month-usd", callback=parse_amount, help="The most that it may spend in a calendar month.")
@click.option("--total-usd", callback=parse_amount, help="The most that it may spend in total.")
@click.option("--reset-spent", is_flag=True, help="Count from zero.")
@with_operator
async def set_caps(
    context: CommandContext,
    operator: Operator,
    account_id: str,
    *,
    day_usd: int | None,
    month_usd: int | None,
    total_usd: int | None,
    reset_spent: bool,
) -> None:
    """Set what an account may take from its balance. A cap that is not given is removed."""
    caps = SpendCaps(day=day_usd, month=month_usd, total=total_usd)
    done = await accounts.set_spend_caps(operator, account_id, caps, fresh=reset_spent)
    amounts = {"a day": caps.day, "a month": caps.month, "in total": caps.total}
    words = [f"{dollars(micros)} {name}" for name, micros in amounts.items() if micros is not None]
    context.show(done, f"{account_id} may spend {', '.join(words) or 'all of its balance'}.")
