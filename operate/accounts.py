"""Accounts, their first keys and their money."""

import asyncio
from secrets import token_hex
from typing import Annotated

from msgspec import UNSET, Struct, UnsetType

from operate.operator import Operator
from operate.times import moment
from shared.domain.account import Account
from shared.domain.described import doc, timestamp
from shared.domain.errors import Refused
from shared.domain.ids import KEY_PREFIXES
from shared.domain.key_limits import SpendCaps
from shared.domain.money import MICROS_PER_CENT
from shared.ops.settings import Settings
from shared.store import accounts, ledger, security, uploads
from shared.store.account_life import grant_included, grant_trial

REFERENCE_CHARS_MAX = REASON_CHARS_MAX = 200


class AdminAccountEntry(Struct, kw_only=True):
    """An account with its money. Lists leave out its active keys and its uploads."""

    account: Annotated[str, doc("The account's id.")]
    name: Annotated[str, doc("The name.")]
    plan: Annotated[str, doc("The account's plan.")]
    state: Annotated[str, doc("`suspended`: its orders are refused.", enum=["active", "suspended", "closed"])]
    created_at: Annotated[str | None, timestamp("When it was created.")]
    balance_micros: Annotated[int, doc("The balance in micro-dollars.")]
    topup_micros: Annotated[int, doc("All top-ups, in micro-dollars.")]
    spent_micros: Annotated[int, doc("All charges minus all refunds, in micro-dollars.")]
    low_micros: Annotated[int, doc("The low-balance threshold in micro-dollars. 0: no alert.")]
    keys: Annotated[int | UnsetType, doc("How many active keys the account has. Left out in lists.")] = UNSET
    uploads: Annotated[int | UnsetType, doc("How many uploads the account has. Left out in lists.")] = UNSET
    upload_bytes: Annotated[int | UnsetType, doc("The bytes of these uploads. Left out in lists.")] = UNSET


class CreatedAccount(Struct, kw_only=True):
    """A new account with a key of each kind. The keys are shown only here."""

    account: Annotated[str, doc("The account's id.")]
    keys: Annotated[dict[str, str], doc("The keys by their kind. Shown only here.")]
    trial_micros: Annotated[int, doc("The trial credit that it got, in micro-dollars.")] = 0


class ToppedUp(Struct, kw_only=True):
    """The result of a top-up. `topped_up` is false if the reference was credited before."""

    account: Annotated[str, doc("The account's id.")]
    topped_up: Annotated[bool, doc("False if the reference was credited before.")]
    reference: Annotated[str, doc("The reference: of a payment, or a generation's id.")]
    balance_micros: Annotated[int, doc("The balance in micro-dollars.")]


class Adjusted(Struct, kw_only=True):
    """The result of a correction. `adjusted` is false if its reference counted before."""

    account: Annotated[str, doc("The account's id.")]
    adjusted: Annotated[bool, doc("False if the reference counted before.")]
    reference: Annotated[str, doc("The reference of this correction.")]
    balance_micros: Annotated[int, doc("The balance in micro-dollars.")]


class WarnedBelow(Struct, kw_only=True):
    """The balance below which an account gets a low-balance alert; 0: never."""

    account: Annotated[str, doc("The account's id.")]
    low_micros: Annotated[int, doc("The low-balance threshold in micro-dollars. 0: no alert.")]


class SpendCapsSet(Struct, kw_only=True):
    """The caps on what an account may take from its balance; null: none."""

    account: Annotated[str, doc("The account's id.")]
    day_micros: Annotated[int | None, doc("In a UTC day, in micro-dollars.")]
    month_micros: Annotated[int | None, doc("In a calendar month, in micro-dollars.")]
    total_micros: Annotated[int | None, doc("In total, in micro-dollars.")]


class AccountEventEntry(Struct, kw_only=True):
    """A security event: a key or webhook endpoint was made, changed or removed."""

    at: Annotated[str | None, timestamp("The time.")]
    type: Annotated[str, doc("The type of the event.")]
    subject: Annotated[str, doc("The id of the key or endpoint.")]
    detail: Annotated[str, doc("The key's hint, or the endpoint's URL.")]
    by: Annotated[str, doc("The id of the account's key that did it, or `operator`.")]


async def require_account(operator: Operator, account_id: str) -> Account:
    """Return the account. Raises Refused if it does not exist."""
    found = await accounts.find(operator.store, account_id)
    if found is None:
        raise Refused("unknown_account", f"Account {account_id[:50]} does not exist: see `wokflow account list`.")
    return found


class Trial(Struct, frozen=True):
    """The trial credit of a new account, and the most of it that all accounts get in a day, in micro-USD."""

    micros: int
    day_max_micros: int


def trial_of(settings: Settings) -> Trial:
    """Return the trial credit that the settings stand for."""
    amounts = (settings.trial_credit_cents, settings.trial_credit_cents_per_day)
    micros, day_max = (round(cents * MICROS_PER_CENT) for cents in amounts)
    return Trial(micros, day_max)


async def create_account(
    operator: Operator, *, name: str, plan: str, micros: int | None = None, trial: Trial | None = None
) -> CreatedAccount:
    """Create an account on a plan of the catalogue, with a key of each kind and an opening balance. Raises Refused.

    An account with a trial gets no credit once that of the day is used up.
    """
    account_id = accounts.new_id()
    given = await open_account(operator, account_id, name=name, plan=plan, trial=trial)
    if micros is not None:
        await top_up(operator, account_id, micros, "opening")
    return CreatedAccount(account=account_id, keys=await create_keys(operator, account_id), trial_micros=given)


async def open_account(operator: Operator, account_id: str, *, name: str, plan: str, trial: Trial | None = None) -> int:
    """Create an account without keys on a plan of the catalogue, and return its trial credit. Raises Refused."""
    operator.require_plan(plan)
    await accounts.publish_plans(operator.store, operator.plans.values())
    acting = operator.act("account create", account_id, f"{name} on {plan}")
    await accounts.create(acting, name=name, plan=plan, account_id=account_id)
    await grant_included(operator.store, account_id)
    if trial is None or not trial.micros:
        return 0
    acting = operator.act("account create", account_id, f"trial credit, {trial.micros} micro-USD")
    done = await grant_trial(acting, account_id, trial.micros, trial.day_max_micros)
    return trial.micros if done.outcome == "granted" else 0


async def create_keys(operator: Operator, account_id: str) -> dict[str, str]:
    """Create a key of each kind, and return them by kind. Raises Refused."""
    acting = operator.act("key create", account_id)
    return {kind: (await accounts.create_key(acting, account_id, kind))[1] for kind in KEY_PREFIXES}


async def show_account(operator: Operator, account_id: str) -> AdminAccountEntry:
    """Return an account with the number of its active keys and its uploads. Raises Refused."""
    entry = _entry(await require_account(operator, account_id))
    entry.keys = len(await accounts.list_keys(operator.store, account_id))
    entry.uploads, entry.upload_bytes = await uploads.read_use(operator.store, account_id)
    return entry


async def list_accounts(operator: Operator, first: int, count: int) -> list[AdminAccountEntry]:
    """Return up to `count` accounts, oldest first, starting at number `first`."""
    ids = await accounts.list_ids(operator.store, first, count)
    page = await asyncio.gather(*(accounts.find(operator.store, account_id) for account_id in ids))
    return [_entry(account) for account in page if account is not None]


async def top_up(operator: Operator, account_id: str, micros: int, reference: str | None = None) -> ToppedUp:
    """Add money to an account, once per reference. Raises Refused."""
    reference = reference if reference is not None else f"operator-{token_hex(6)}"
    check_reference(reference)
    await require_account(operator, account_id)
    acting = operator.act("account top-up", account_id, f"{micros} micro-USD, {reference}")
    result = await ledger.top_up(acting, account_id, micros, reference)
    amount = result.amount_micros
    if result.outcome == "closed":
        raise Refused("account_closed", "The account is closed.")
    if result.outcome == "too_much":
        raise Refused("too_much", f"An account cannot hold that much: {amount} micro-USD were topped up already.")
    done = result.outcome == "topped_up"
    return ToppedUp(account=account_id, topped_up=done, reference=reference, balance_micros=amount)


async def adjust(
    operator: Operator, account_id: str, micros: int, reason: str, reference: str | None = None
) -> Adjusted:
    """Correct a mistaken top-up: add or take back money, once per reference. Raises Refused.

    Money that is spent or reserved cannot be taken back.
    """
    reason = reason.strip()
    if not 0 < len(reason) <= REASON_CHARS_MAX or not reason.isprintable():
        raise Refused("invalid_reference", f"Reason must have 1 to {REASON_CHARS_MAX} printable characters.")
    reference = reference if reference is not None else f"adjustment-{token_hex(6)}"
    check_reference(reference)
    await require_account(operator, account_id)
    acting = operator.act("account adjust", account_id, f"{micros} micro-USD, {reference}: {reason}")
    result = await ledger.top_up(acting, account_id, micros, reference)
    amount = result.amount_micros
    if result.outcome == "closed":
        raise Refused("account_closed", "The account is closed.")
    if result.outcome == "too_low":
        raise Refused("too_much", f"The balance is {amount} micro-USD: no more than that can be taken back.")
    if result.outcome == "too_much":
        raise Refused("too_much", f"An account cannot hold that much: {amount} micro-USD were topped up already.")
    done = result.outcome == "topped_up"
    return Adjusted(account=account_id, adjusted=done, reference=reference, balance_micros=amount)


def check_reference(reference: str) -> None:
    """Check a payment's reference. Raises Refused."""
    if not 0 < len(reference) <= REFERENCE_CHARS_MAX or not reference.isprintable():
        raise Refused("invalid_reference", f"Reference must have 1 to {REFERENCE_CHARS_MAX} printable characters.")


async def set_low_balance(operator: Operator, account_id: str, micros: int) -> WarnedBelow:
    """Set the balance below which an account gets a low-balance alert; 0: never. Raises Refused."""
    await require_account(operator, account_id)
    acting = operator.act("account warn-below", account_id, f"{micros} micro-USD")
    await accounts.set_low_balance_alert(acting, account_id, micros)
    return WarnedBelow(account=account_id, low_micros=micros)


async def set_spend_caps(operator: Operator, account_id: str, caps: SpendCaps, *, fresh: bool = False) -> SpendCapsSet:
    """Set what an account may take from its balance. Fresh caps count from zero. Raises Refused."""
    await require_account(operator, account_id)
    acting = operator.act("account set-caps", account_id, f"{caps.words} micro-USD")
    await accounts.set_spend_caps(acting, account_id, caps, fresh=fresh)
    return SpendCapsSet(account=account_id, day_micros=caps.day, month_micros=caps.month, total_micros=caps.total)


async def list_events(operator: Operator, account_id: str, count: int) -> list[AccountEventEntry]:
    """Return up to `count` security events of an account, newest first. Raises Refused."""
    await require_account(operator, account_id)
    return [
        AccountEventEntry(at=moment(one.at_ms), type=one.type, subject=one.subject, detail=one.detail, by=one.by)
        for one in await security.list_events(operator.store, account_id, count)
    ]


def _entry(found: Account) -> AdminAccountEntry:
    return AdminAccountEntry(
        account=found.id,
        name=found.name,
        plan=found.plan,
        state=found.state,
        created_at=moment(found.created_ms),
        balance_micros=found.balance,
        topup_micros=found.topup,
        spent_micros=found.spent,
        low_micros=found.low,
    )
