"""The calls to Stripe, by its own client: each has a deadline, and none is made while an order is accepted."""

import asyncio
import hashlib
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from msgspec import Struct
from stripe import AIOHTTPClient, CardError, SignatureVerificationError, StripeClient, StripeError, WebhookSignature

from gateway.billing.events import ACCOUNT, CENTS, PLAN
from shared.domain.errors import Refused
from shared.ops import clock

if TYPE_CHECKING:
    from stripe.params import SubscriptionUpdateParams
    from stripe.params.checkout import SessionCreateParams

CALL_S, DEADLINE_S = 6.0, 15.0  # of one request, and of a call with its retry
TOLERANCE_S = 300  # between the time in a signature and ours
NO_ANSWER = Refused("unavailable", "Stripe did not answer. Try again in a moment.", retry_after_s=5)
DECLINED = Refused("conflict", "The payment was declined. Change your card first: POST /api/v1/account/portal.")
PAID = ("active", "trialing", "past_due")  # Stripe tries a card again for a while, and the plan stays meanwhile
WRONG_SIGNATURE = Refused("invalid_request", "The signature does not match. Check STRIPE_WEBHOOK_SECRET.")
WRONG_TIME = Refused("invalid_request", f"The signature is not from within {TOLERANCE_S} s. Check the clocks.")

Found = TypeVar("Found")
log = structlog.get_logger()


class Checkout(Struct, frozen=True):
    """A page of Stripe on which a person pays. It expires at `expires_s`, Unix seconds."""

    id: str
    url: str
    expires_s: int


class Subscription(Struct, frozen=True):
    """A subscription at Stripe, with its one item and the product that it is for."""

    id: str
    plan: str
    item: str
    product: str


class StripeApi:
    """Stripe's API with one secret key, and the check of its events' signatures."""

    def __init__(self, key: str, webhook_secret: str, url: str) -> None:
        """Connect nothing yet. `url` is Stripe's, or that of a double."""
        self._http = AIOHTTPClient(timeout=CALL_S)
        self._client = StripeClient(key, base_addresses={"api": url}, http_client=self._http, max_network_retries=1)
        self._webhook_secret = webhook_secret

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close_async()  # type: ignore[no-untyped-call]

    def verify(self, body: bytes, signature: str) -> None:
        """Raise Refused unless Stripe signed these bytes within the last minutes."""
        try:
            WebhookSignature.verify_header(body, signature, self._webhook_secret)
            signed_s, _ = WebhookSignature._get_timestamp_and_signatures(signature, WebhookSignature.EXPECTED_SCHEME)
        except (SignatureVerificationError, ValueError):
            raise WRONG_SIGNATURE from None
        # The client accepts any time in the future.
        if abs(clock.now_ms() / 1000 - signed_s) > TOLERANCE_S:
            raise WRONG_TIME

    async def create_checkout(self, account: str, cents: int, *, back_url: str, key: str) -> Checkout:
        """Create the page on which a top-up is paid, once per idempotency key. Raises Refused."""
        facts = {ACCOUNT: account, CENTS: str(cents)}
        page: SessionCreateParams = {
            "mode": "payment",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {"currency": "usd", "unit_amount": cents, "product_data": {"name": "Credit"}},
                }
            ],
            "metadata": facts,
            "payment_intent_data": {"metadata": facts},
            "invoice_creation": {"enabled": True},
        }
        return await self._create_page(page, account, back_url, key)

    async def create_subscription(
        self, account: str, customer: str, plan: str, cents: int, *, back_url: str, key: str
    ) -> Checkout:
        """Create the page on which a plan is subscribed, once per idempotency key. Raises Refused."""
        facts = {ACCOUNT: account, PLAN: plan}
        page: SessionCreateParams = {
            "mode": "subscription",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": "usd",
                        "unit_amount": cents,
                        "recurring": {"interval": "month"},
                        "product_data": {"name": f"Plan {plan}"},
                    },
                }
            ],
            "customer": customer,
            "metadata": facts,
            "subscription_data": {"metadata": facts},
        }
        return await self._create_page(page, account, back_url, key)

    async def change_subscription(self, known: Subscription, plan: str, cents: int, *, key: str) -> None:
        """Change the plan of a subscription, and charge the difference at once. Raises Refused if that fails."""
        changes: SubscriptionUpdateParams = {
            "items": [
                {
                    "id": known.item,
                    "price_data": {
                        "currency": "usd",
                        "unit_amount": cents,
                        "recurring": {"interval": "month"},
                        "product": known.product,
                    },
                }
            ],
            "metadata": {PLAN: plan},
            "proration_behavior": "always_invoice",
            "payment_behavior": "error_if_incomplete",
        }
        await self._finish(self._client.v1.subscriptions.update_async(known.id, changes, {"idempotency_key": key}))

    async def list_paid(self, customer: str, account: str) -> list[Subscription]:
        """Return the subscriptions of an account that give it a plan, newest first. Raises Refused."""
        found = await self._finish(self._client.v1.subscriptions.list_async({"customer": customer, "limit": 100}))
        paid = [one.to_dict() for one in found.data if one.status in PAID]
        paid.sort(key=lambda one: (one["created"], one["id"]), reverse=True)
        return [_read_subscription(one) for one in paid if one["metadata"].get(ACCOUNT) == account]

    async def create_customer(self, account: str) -> str:
        """Create the customer of an account; repeated and concurrent calls return the same one. Raises Refused."""
        key = hashlib.sha256(f"customer {account}".encode()).hexdigest()
        made = self._client.v1.customers.create_async({"metadata": {ACCOUNT: account}}, {"idempotency_key": key})
        return (await self._finish(made)).id

    async def create_portal(self, customer: str, back_url: str) -> str:
        """Return the page on which a customer sees invoices, changes the card and ends a subscription."""
        made = self._client.v1.billing_portal.sessions.create_async({"customer": customer, "return_url": back_url})
        return (await self._finish(made)).url

    async def _create_page(self, page: "SessionCreateParams", account: str, back_url: str, key: str) -> Checkout:
        page = {
            **page,
            "client_reference_id": account,
            "success_url": f"{back_url}?checkout=paid",
            "cancel_url": f"{back_url}?checkout=cancelled",
        }
        session = await self._finish(self._client.v1.checkout.sessions.create_async(page, {"idempotency_key": key}))
        return Checkout(session.id, session.url or "", session.expires_at)

    async def find_account(self, payment_intent: str) -> str:
        """Return the account that a payment topped up, empty if the payment is not ours. Raises Refused."""
        found = await self._finish(self._client.v1.payment_intents.retrieve_async(payment_intent))
        metadata = found.metadata.to_dict() if found.metadata else {}
        return str(metadata.get(ACCOUNT, ""))

    async def _finish(self, call: Awaitable[Found]) -> Found:
        try:
            async with asyncio.timeout(DEADLINE_S):
                return await call
        except CardError:
            raise DECLINED from None
        except (StripeError, TimeoutError) as error:
            code = getattr(error, "code", None)
            log.warning("stripe.call_failed", error=type(error).__name__, code=code)
            raise NO_ANSWER from None


def _read_subscription(one: dict[str, Any]) -> Subscription:
    [item, *_] = one["items"]["data"]
    return Subscription(one["id"], one["metadata"].get(PLAN, ""), item["id"], item["price"]["product"])
