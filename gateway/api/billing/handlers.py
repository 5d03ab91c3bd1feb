"""The calls that pay, and the endpoint for the events of Stripe."""

import hashlib
import secrets
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from gateway import auth
from gateway.accept import check_idempotency_key
from gateway.api.billing.bodies import (
    CreateCheckout,
    CreatedCheckout,
    CreatedPortal,
    CreatedSubscription,
    CreateSubscription,
)
from gateway.billing.events import decode_event
from gateway.body import read_body, read_json
from gateway.context import CONTEXT, GatewayContext
from gateway.people.sessions import require_role
from gateway.responses import json_response
from operate.operator import Operator
from shared.domain.errors import Refused
from shared.domain.people import PAYERS
from shared.domain.times import rfc3339
from shared.ops import metrics

if TYPE_CHECKING:
    from gateway.billing.stripe_api import StripeApi

OFF = Refused("not_found", "Payments are not set up in this deployment. Contact its operator to add credit.")

log = structlog.get_logger()


async def create_checkout(request: web.Request) -> web.Response:
    """Create a page on which the account's top-up is paid."""
    account = await require_payer(request)
    context = request.app[CONTEXT]
    body, _ = await read_json(request, CreateCheckout)
    stripe, key = require_stripe(context), read_key(request, account, str(body.amount_cents))
    made = await stripe.create_checkout(account, body.amount_cents, back_url=f"{context.base_url}/", key=key)
    return json_response(
        CreatedCheckout(
            id=made.id, url=made.url, amount_cents=body.amount_cents, expires_at=rfc3339(made.expires_s * 1000)
        ),
        201,
    )


async def create_subscription(request: web.Request) -> web.Response:
    """Create a page on which a plan is subscribed, or change the plan of the account's subscription."""
    from gateway.billing.plans import apply_plan, ensure_customer  # noqa: PLC0415 - imports Stripe's client

    account = await require_payer(request)
    context = request.app[CONTEXT]
    body, _ = await read_json(request, CreateSubscription)
    stripe, plan = require_stripe(context), body.plan
    cents = price_of(context, plan)
    key = read_key(request, account, plan)
    customer = await ensure_customer(context.store, stripe, account)
    known = next(iter(await stripe.list_paid(customer, account)), None)
    if known is None:
        back_url = f"{context.base_url}/"
        made = await stripe.create_subscription(account, customer, plan, cents, back_url=back_url, key=key)
        return json_response(CreatedSubscription(plan=plan, monthly_cents=cents, url=made.url), 201)
    if known.plan != plan:
        await stripe.change_subscription(known, plan, cents, key=key)
    await apply_plan(stripe_operator(context), stripe, account)
    return json_response(CreatedSubscription(plan=plan, monthly_cents=cents, url=None))


async def create_portal(request: web.Request) -> web.Response:
    """Create a page of Stripe for the account's invoices, cards and subscription."""
    from gateway.billing.plans import ensure_customer  # noqa: PLC0415 - imports Stripe's client

    account = await require_payer(request)
    context = request.app[CONTEXT]
    stripe = require_stripe(context)
    customer = await ensure_customer(context.store, stripe, account)
    return json_response(CreatedPortal(url=await stripe.create_portal(customer, f"{context.base_url}/")), 201)


async def receive_event(request: web.Request) -> web.Response:
    """Apply a signed event of Stripe. Another status than 200 makes Stripe send it again."""
    from gateway.billing.books import apply_event  # noqa: PLC0415 - imports Stripe's client, which is there by now

    context = request.app[CONTEXT]
    stripe, outcome = require_stripe(context), "refused"
    try:
        body = await read_body(request)
        stripe.verify(body, request.headers.get("Stripe-Signature", ""))
        event = decode_event(body)
        outcome = await apply_event(stripe_operator(context), stripe, event)
        log.info("stripe.event", event_id=event.id, type=event.type, outcome=outcome)
    finally:
        metrics.of(metrics.STRIPE_EVENTS, outcome).inc()
    return web.json_response({"outcome": outcome})


def stripe_operator(context: GatewayContext) -> Operator:
    """Return the operator that acts on Stripe's events."""
    return Operator(
        store=context.store, who="stripe", providers=(), plans=context.catalogue.plans, base_url=context.base_url
    )


def read_key(request: web.Request, *facts: str) -> str:
    """Return a request's idempotency key for Stripe: that of the caller and of these facts. Raises Refused."""
    given = request.headers.get("Idempotency-Key", "")
    check_idempotency_key(given)
    text = " ".join((facts[0], given, *facts[1:])) if given else secrets.token_hex(16)
    return hashlib.sha256(text.encode()).hexdigest()


def price_of(context: GatewayContext, plan: str) -> int:
    """Return the monthly price of a plan, in cents. Raises Refused if it is not for sale."""
    prices = {name: one.monthly_cents for name, one in context.catalogue.plans.items() if one.monthly_cents}
    if plan not in prices:
        raise Refused(
            "invalid_request", f"must be a plan for sale: {', '.join(prices) or 'there is none'}.", field="plan"
        )
    return prices[plan]


async def require_payer(request: web.Request) -> str:
    """Return the account of a key or of a person who may pay. Raises Refused."""
    if auth.is_session(request, auth.presented(request) or ""):
        return (await require_role(request, *PAYERS)).account
    return await auth.authenticate(request)


def require_stripe(context: GatewayContext) -> "StripeApi":
    """Return Stripe's API. Raises Refused if it is off."""
    if context.stripe is None:
        raise OFF
    return context.stripe
