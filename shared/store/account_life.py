"""The life of accounts in the store: their names, plans and states, their end, and the credit that we give."""

from typing import Literal

from msgspec import Struct

from shared.domain.events import OPERATOR
from shared.domain.times import rfc3339
from shared.ops.clock import CLOCK
from shared.store import keys
from shared.store.client import StoreClient

SUSPENDED = "suspended"
MONTH_CHARS = 7  # of a date: its year and month
PAGE = 1000


class CloseResult(Struct, frozen=True):
    """The result of a closing, and the amount that was taken, in micro-USD, or for open the number of generations."""

    outcome: Literal["closed", "already", "open", "missing"]
    amount: int


class TrialResult(Struct, frozen=True):
    """The result of a trial credit, and the balance, or for exhausted the rest of the day's credit, in micro-USD."""

    outcome: Literal["granted", "already", "exhausted", "missing"]
    micros: int


async def change_account(store: StoreClient, account_id: str, **fields: str) -> Literal["changed", "closed", "missing"]:
    """Set the name, the plan or the state of an account; an empty state is that of an active one."""
    parts = (part for pair in fields.items() for part in pair)
    word: Literal["changed", "closed", "missing"] = (await store.run("change_account", account_id, *parts))[0]
    return word


async def close_account(store: StoreClient, account_id: str, reference: str, by: str = OPERATOR) -> CloseResult:
    """Close an account without open generations, and take its balance by a ledger line with that reference."""
    outcome, *numbers = await store.run("close_account", account_id, reference, by, durable=True)
    return CloseResult(outcome, numbers[0] if numbers else 0)


async def grant_included(store: StoreClient, account_id: str, month: str = "") -> int:
    """Add the credit that the account's plan includes this month, once. Return the amount in micro-USD."""
    month = month or rfc3339(CLOCK.now_ms())[:MONTH_CHARS]
    reply = await store.run("grant_included", account_id, month, durable=True)
    return int(reply[1]) if reply[0] == "granted" else 0


async def grant_trial(store: StoreClient, account_id: str, micros: int, day_max_micros: int) -> TrialResult:
    """Add the trial credit to an account, once, up to the most that all accounts get in a day."""
    outcome, *numbers = await store.run("grant_trial", account_id, micros, day_max_micros, durable=True)
    return TrialResult(outcome, numbers[0] if numbers else 0)


async def grant_month(store: StoreClient, now_ms: int) -> int:
    """Add the included credit of a month to all accounts, once. Return the number of accounts that got some.

    An interrupted call is repeated: no account gets a month's credit twice.
    """
    month, granted, first = rfc3339(now_ms)[:MONTH_CHARS], 0, 0
    if await store.call("GET", keys.INCLUDED_MONTH) == month.encode():
        return 0
    while found := await store.call("ZRANGE", keys.ACCOUNTS, first, first + PAGE - 1):
        first += len(found)
        for raw in found:
            granted += bool(await grant_included(store, raw.decode(), month))
    await store.call("SET", keys.INCLUDED_MONTH, month)
    return granted
