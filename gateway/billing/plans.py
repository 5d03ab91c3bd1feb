"""Subscriptions: the plan of an account is the one that Stripe says is paid, in whatever order its events come.

An event only says that something changed. The customer's subscriptions are read then, and the answer to a later
question wins. The last event comes behind the last change, so the answer to its question is the final one.
"""

from typing import Literal

import structlog

from gateway.billing.stripe_api import StripeApi
from operate.operator import Operator
from shared.domain.errors import Refused
from shared.store import accounts, subscriptions
from shared.store.account_life import grant_included
from shared.store.connect import Store

Outcome = Literal["applied", "already", "ignored"]
UNKNOWN = Refused("unknown_account", "The account does not exist: settle this by hand.")

log = structlog.get_logger()


async def ensure_customer(store: Store, stripe: StripeApi, account: str) -> str:
    """Return the customer that an account is at Stripe, the same one for concurrent calls. Raises Refused."""
    known = await subscriptions.note_customer(store, account)
    if known is not None and not known.customer:
        known = await subscriptions.note_customer(store, account, await stripe.create_customer(account))
    if known is None:
        raise UNKNOWN
    return known.customer


async def apply_plan(operator: Operator, stripe: StripeApi, account: str, customer: str = "") -> Outcome:
    """Give an account the plan of its newest subscription that is paid, or end it. Raises Refused."""
    asked = await subscriptions.note_customer(operator.store, account, customer)
    if asked is None:
        raise UNKNOWN
    paid = await stripe.list_paid(asked.customer, account) if asked.customer else []
    plan = operator.require_plan(paid[0].plan) if paid else ""
    await accounts.publish_plans(operator.store, operator.plans.values())
    word = await subscriptions.subscribe_account(operator.store, account, asked.number, plan)
    if word == "closed":
        if paid:
            log.error("stripe.closed_account_pays", account=account, subscription=paid[0].id)
        return "ignored"
    await grant_included(operator.store, account)
    log.info("account.subscribed", account=account, plan=plan, outcome=word)
    return "applied" if word == "changed" else "already"
