"""Operators rename, move, suspend and close accounts."""

from typing import Annotated, Literal

from msgspec import Struct

from operate.accounts import check_reference, require_account
from operate.operator import Operator
from shared.domain.account import Account
from shared.domain.described import doc
from shared.domain.errors import Refused
from shared.store import account_life, accounts
from shared.store.account_life import SUSPENDED

End = Literal["paid_out", "forfeited"]
CLOSED = Refused("account_closed", "The account is closed.")


class AccountState(Struct, kw_only=True):
    """An account after a change."""

    account: Annotated[str, doc("The account's id.")]
    name: Annotated[str, doc("The name.")]
    plan: Annotated[str, doc("The account's plan.")]
    state: Annotated[str, doc("`suspended`: its orders are refused.", enum=["active", "suspended", "closed"])]
    balance_micros: Annotated[int, doc("The balance in micro-dollars.")]


class ClosedAccount(Struct, kw_only=True):
    """The end of an account."""

    account: Annotated[str, doc("The account's id.")]
    balance: Annotated[str, doc("Whether its balance was paid out or forfeited.", enum=["paid_out", "forfeited"])]
    amount_micros: Annotated[int, doc("That balance in micro-dollars. Negative: a debt, which was written off.")]


async def rename(operator: Operator, account_id: str, name: str) -> AccountState:
    """Change the name of an account. Raises Refused."""
    accounts.check_name(name)
    return await _change(operator, "account rename", account_id, name, name=name)


async def change_plan(operator: Operator, account_id: str, plan: str) -> AccountState:
    """Move an account to another plan, and add its included credit. The used quota stays used. Raises Refused."""
    operator.require_plan(plan)
    await accounts.publish_plans(operator.store, operator.plans.values())
    await _change(operator, "account change-plan", account_id, plan, plan=plan)
    await account_life.grant_included(operator.store, account_id)
    return await _read(operator, account_id)


async def suspend(operator: Operator, account_id: str, reason: str = "") -> AccountState:
    """Refuse the orders of an account. Its accepted generations end as usual. Raises Refused."""
    return await _change(operator, "account suspend", account_id, reason, state=SUSPENDED)


async def resume(operator: Operator, account_id: str) -> AccountState:
    """Accept the orders of an account again. Raises Refused."""
    return await _change(operator, "account resume", account_id, "", state="")


async def close(operator: Operator, account_id: str, end: End, reference: str = "") -> ClosedAccount:
    """Close an account for good: revoke its keys, and take its balance by a ledger line. Raises Refused."""
    await require_account(operator, account_id)
    line = f"closed, {end.replace('_', ' ')} {reference}".strip()
    check_reference(line)
    done = await account_life.close_account(operator.act("account close", account_id, line), account_id, line)
    if done.outcome == "open":
        raise Refused("conflict", f"The account has {done.amount} open generations. Suspend it, and close it later.")
    if done.outcome != "closed":
        raise CLOSED
    return ClosedAccount(account=account_id, balance=end, amount_micros=done.amount)


async def _change(operator: Operator, command: str, account_id: str, detail: str, **fields: str) -> AccountState:
    await require_account(operator, account_id)
    if await account_life.change_account(operator.act(command, account_id, detail), account_id, **fields) == "closed":
        raise CLOSED
    return await _read(operator, account_id)


async def _read(operator: Operator, account_id: str) -> AccountState:
    found: Account = await require_account(operator, account_id)
    return AccountState(
        account=found.id, name=found.name, plan=found.plan, state=found.state, balance_micros=found.balance
    )
