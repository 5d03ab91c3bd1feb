"""A double of Stripe's API and of its signed events, for its official client."""

import json
import time
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from msgspec import Struct, field
from stripe import WebhookSignature

KEY, SECRET, VERSION = "sk_test_0123456789abcdef", "whsec_0123456789abcdef", "2026-10-28.endive"


class StripeDouble(Struct):
    """Checkout sessions and payments, as strict as Stripe about keys, versions and idempotency."""

    sessions: list[dict[str, Any]] = field(default_factory=list)
    payments: dict[str, dict[str, str]] = field(default_factory=dict)  # metadata by payment
    replies: dict[str, tuple[dict[str, str], dict[str, Any]]] = field(default_factory=dict)  # by idempotency key
    broken: bool = False

    def serve(self) -> TestServer:
        """Return the server."""
        app = web.Application()
        app.router.add_post("/v1/checkout/sessions", self._create_session)
        app.router.add_get("/v1/payment_intents/{id}", self._read_payment)
        return TestServer(app)

    async def _create_session(self, request: web.Request) -> web.Response:
        if refusal := self._refuse(request):
            return refusal
        form = {name: str(value) for name, value in (await request.post()).items()}
        key = request.headers.get("Idempotency-Key")
        if not key:
            return error(400, "invalid_request_error", "the official client always sends a key")
        if key in self.replies:
            first, reply = self.replies[key]
            return web.json_response(reply) if first == form else error(400, "idempotency_error", "other parameters")
        wanted = {"mode": "payment", "line_items[0][price_data][currency]": "usd", "line_items[0][quantity]": "1"}
        wrong = [name for name, value in wanted.items() if form.get(name) != value]
        if wrong or "success_url" not in form:
            return error(400, "invalid_request_error", f"wrong: {wrong}")
        cents = int(form["line_items[0][price_data][unit_amount]"])
        reply = self.new_session(facts_of(form, "metadata"), cents)
        self.payments[reply["payment_intent"]] = facts_of(form, "payment_intent_data[metadata]")
        self.replies[key] = form, reply
        return web.json_response(reply)

    def new_session(self, metadata: dict[str, str], cents: int) -> dict[str, Any]:
        """Return an open session, as the API does."""
        number = len(self.sessions) + 1
        session = {
            "id": f"cs_test_{number}",
            "object": "checkout.session",
            "mode": "payment",
            "status": "open",
            "payment_status": "unpaid",
            "amount_subtotal": cents,
            "amount_total": cents,
            "currency": "usd",
            "customer": None,
            "metadata": metadata,
            "payment_intent": f"pi_{number}",
            "subscription": None,
            "url": f"https://checkout.stripe.com/c/pay/cs_test_{number}",
            "expires_at": int(time.time()) + 86_400,
        }
        self.sessions.append(session)
        return session

    async def _read_payment(self, request: web.Request) -> web.Response:
        if refusal := self._refuse(request):
            return refusal
        name = request.match_info["id"]
        if name not in self.payments:
            return error(404, "invalid_request_error", f"No such payment_intent: {name}")
        return web.json_response({"id": name, "object": "payment_intent", "metadata": self.payments[name]})

    def _refuse(self, request: web.Request) -> web.Response | None:
        if self.broken:
            return error(500, "api_error", "Something went wrong")
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return error(401, "invalid_request_error", "Invalid API Key provided")
        if request.headers.get("Stripe-Version") != VERSION:
            return error(400, "invalid_request_error", "Invalid Stripe API version")
        return None


def facts_of(form: dict[str, str], name: str) -> dict[str, str]:
    """Return the metadata in a form."""
    start = f"{name}["
    return {key[len(start) : -1]: value for key, value in form.items() if key.startswith(start)}


def error(status: int, kind: str, message: str) -> web.Response:
    """Return an error as Stripe has it."""
    return web.json_response({"error": {"type": kind, "message": message}}, status=status)


def event(name: str, kind: str, thing: dict[str, Any]) -> bytes:
    """Return the body of an event."""
    facts = {"id": name, "object": "event", "api_version": VERSION, "created": int(time.time()), "type": kind}
    rest = {"data": {"object": thing}, "livemode": False, "pending_webhooks": 1, "request": {"id": None}}
    return json.dumps(facts | rest).encode()


def paid(session: dict[str, Any], **changes: Any) -> bytes:
    """Return the event of a session that was paid."""
    session = {**session, "status": "complete", "payment_status": "paid", **changes}
    return event(f"evt_{session['id']}", "checkout.session.completed", session)


def taken(name: str, kind: str, payment: str, cents: int, status: str) -> bytes:
    """Return an event of a refund or dispute."""
    what = "refund" if name.startswith("re_") else "dispute"
    thing = {"id": name, "object": what, "amount": cents, "currency": "usd", "payment_intent": payment}
    return event(f"evt_{name}_{kind.replace('.', '_')}", kind, thing | {"status": status})


def sign(body: bytes, secret: str = SECRET, *, late_s: int = 0) -> str:
    """Return the header that signs a body, as Stripe's own client writes it."""
    header: str = WebhookSignature.generate_signature_header(body.decode(), secret, int(time.time()) - late_s)
    return header
