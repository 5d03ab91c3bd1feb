"""The calls that pay, and the endpoint for the events of Stripe."""

import hashlib
import secrets
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from gateway import auth
from gateway.accept import check_idempotency_key
from gateway.api.billing.bodies import CreateCheckout, CreatedCheckout
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
    stripe, key = require_stripe(context), request.headers.get("Idempotency-Key", "")
    check_idempotency_key(key)
    text = f"{account} {key} {body.amount_cents}" if key else secrets.token_hex(16)
    made = await stripe.create_checkout(
        account, body.amount_cents, back_url=f"{context.base_url}/", key=hashlib.sha256(text.encode()).hexdigest()
    )
    return json_response(
        CreatedCheckout(
            id=made.id, url=made.url, amount_cents=body.amount_cents, expires_at=rfc3339(made.expires_s * 1000)
        ),
        201,
    )


async def receive_event(request: web.Request) -> web.Response:
    """Apply a signed event of Stripe. Another status than 200 makes Stripe send it again."""
    from gateway.billing.books import apply_event  # noqa: PLC0415 - imports Stripe's client, which is there by now

    context = request.app[CONTEXT]
    stripe, outcome = require_stripe(context), "refused"
    try:
        body = await read_body(request)
        stripe.verify(body, request.headers.get("Stripe-Signature", ""))
        event = decode_event(body)
        operator = Operator(
            store=context.store, who="stripe", providers=(), plans=context.catalogue.plans, base_url=context.base_url
        )
        outcome = await apply_event(operator, stripe, event)
        log.info("stripe.event", event_id=event.id, type=event.type, outcome=outcome)
    finally:
        metrics.of(metrics.STRIPE_EVENTS, outcome).inc()
    return web.json_response({"outcome": outcome})


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
