"""The plans of accounts that subscriptions pay, and the customers at Stripe that accounts are."""

from typing import Literal

from msgspec import Struct

from shared.store.client import StoreClient


class Question(Struct, frozen=True):
    """A question about the subscriptions of a customer. The answer to a later number is newer."""

    customer: str  # empty: the account has none
    number: int


async def note_customer(store: StoreClient, account_id: str, customer: str = "") -> Question | None:
    """Record an account's customer, if it has none, and number a question. None if the account does not exist."""
    match await store.run("note_customer", account_id, customer, durable=True):
        case ["known", known, number]:
            return Question(known.decode(), number)
    return None


async def subscribe_account(
    store: StoreClient, account_id: str, number: int, plan: str
) -> Literal["changed", "same", "stale", "closed", "missing"]:
    """Set the plan that a subscription pays, or without one the plan before, unless a later answer did."""
    word: Literal["changed", "same", "stale", "closed", "missing"] = (
        await store.run("subscribe_account", account_id, number, plan, durable=True)
    )[0]
    return word
