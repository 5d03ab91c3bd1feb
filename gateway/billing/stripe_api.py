"""The calls to Stripe, by its own client: each has a deadline, and none is made while an order is accepted."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import structlog
from msgspec import Struct
from stripe import AIOHTTPClient, SignatureVerificationError, StripeClient, StripeError, WebhookSignature

from gateway.billing.events import ACCOUNT, CENTS
from shared.domain.errors import Refused
from shared.ops import clock

CALL_S, DEADLINE_S = 6.0, 15.0  # of one request, and of a call with its retry
TOLERANCE_S = 300  # between the time in a signature and ours
NO_ANSWER = Refused("unavailable", "Stripe did not answer. Try again in a moment.", retry_after_s=5)
WRONG_SIGNATURE = Refused("invalid_request", "The signature does not match. Check STRIPE_WEBHOOK_SECRET.")
WRONG_TIME = Refused("invalid_request", f"The signature is not from within {TOLERANCE_S} s. Check the clocks.")

Found = TypeVar("Found")
log = structlog.get_logger()


class Checkout(Struct, frozen=True):
    """A page of Stripe on which a person pays. It expires at `expires_s`, Unix seconds."""

    id: str
    url: str
    expires_s: int


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
        session = await self._finish(
            self._client.v1.checkout.sessions.create_async(
                {
                    "mode": "payment",
                    "line_items": [
                        {
                            "quantity": 1,
                            "price_data": {
                                "currency": "usd",
                                "unit_amount": cents,
                                "product_data": {"name": "Credit"},
                            },
                        }
                    ],
                    "client_reference_id": account,
                    "metadata": facts,
                    "payment_intent_data": {"metadata": facts},
                    "invoice_creation": {"enabled": True},
                    "success_url": f"{back_url}?checkout=paid",
                    "cancel_url": f"{back_url}?checkout=cancelled",
                },
                {"idempotency_key": key},
            )
        )
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
        except (StripeError, TimeoutError) as error:
            code = getattr(error, "code", None)
            log.warning("stripe.call_failed", error=type(error).__name__, code=code)
            raise NO_ANSWER from None
