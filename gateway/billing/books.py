"""Carry events of Stripe into the ledger, right in any order: each payment, refund and dispute has its references."""

from typing import Literal

import structlog

from gateway.billing import events
from gateway.billing.events import ACCOUNT, StripeEvent, Taking
from gateway.billing.plans import Outcome, apply_plan
from gateway.billing.stripe_api import StripeApi
from operate.operator import Operator
from shared.domain.errors import Refused
from shared.store import ledger

Line = Literal["top_up", "dispute"]
REFUSALS = {
    "closed": Refused("account_closed", "The account is closed: settle this by hand."),
    "missing": Refused("unknown_account", "The account does not exist: settle this by hand."),
    "too_much": Refused("too_much", "The top-up would exceed the largest balance of an account."),
    "too_low": Refused("conflict", "The balance is lower than what is to be taken back. Send the event again."),
}

log = structlog.get_logger()


async def apply_event(operator: Operator, stripe: StripeApi, event: StripeEvent) -> Outcome:
    """Apply an event once, however often it comes. Raises Refused if it must come again, or is wrong."""
    if event.type in events.PAID:
        return await _add_payment(operator, event)
    if event.type in events.REFUNDED:
        taking = events.decode_taking(event)
        return await _take_back(operator, stripe, taking, "refund", undone=taking.status in events.UNDONE)
    if event.type in (events.WITHDRAWN, events.REINSTATED):
        taking = events.decode_taking(event)
        return await _take_back(operator, stripe, taking, "dispute", undone=event.type == events.REINSTATED)
    if event.type.startswith(events.SUBSCRIBED):
        subscribed = events.decode_subscribed(event)
        account = (subscribed.metadata or {}).get(ACCOUNT)
        return await apply_plan(operator, stripe, account, subscribed.customer) if account else "ignored"
    return "ignored"


async def _add_payment(operator: Operator, event: StripeEvent) -> Outcome:
    session = events.decode_session(event)
    account = (session.metadata or {}).get(ACCOUNT)
    if account is None or session.mode != "payment" or session.payment_status != "paid":
        return "ignored"
    if session.payment_intent is None:
        raise Refused("invalid_request", "A paid session must have a payment.")
    return await _write(operator, account, events.paid_micros(session), f"stripe {session.payment_intent}")


async def _take_back(
    operator: Operator, stripe: StripeApi, taking: Taking, kind: Literal["refund", "dispute"], *, undone: bool
) -> Outcome:
    """Take money back, or give it back once that is undone. A late first event changes nothing then."""
    account = await stripe.find_account(taking.payment_intent) if taking.payment_intent else ""
    if not account:
        return "ignored"
    micros, reference = events.taken_micros(taking), f"stripe {kind} {taking.id}"
    line: Line = "dispute" if kind == "dispute" else "top_up"
    if undone:
        return await _write(operator, account, micros, f"{reference} undone", line, undoes=reference)
    return await _write(operator, account, -micros, reference, line)


async def _write(
    operator: Operator, account: str, micros: int, reference: str, line: Line = "top_up", *, undoes: str = ""
) -> Outcome:
    done = await ledger.top_up(operator.store, account, micros, reference, kind=line, undoes=undoes)
    if done.outcome in REFUSALS:
        log.error("stripe.event_refused", account=account, reference=reference, outcome=done.outcome)
        raise REFUSALS[done.outcome]
    return "applied" if done.outcome == "topped_up" else "already"
