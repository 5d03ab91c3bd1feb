"""A double of Stripe's API and of its signed events, for its official client."""

import json
import time
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from msgspec import Struct, field
from stripe import WebhookSignature

KEY, SECRET, VERSION = "sk_test_0123456789abcdef", "whsec_0123456789abcdef", "2026-10-28.endive"


class StripeDouble(Struct):
    """Sessions, payments and subscriptions, as strict as Stripe about keys, versions and idempotency."""

    sessions: list[dict[str, Any]] = field(default_factory=list)
    payments: dict[str, dict[str, str]] = field(default_factory=dict)  # metadata by payment
    replies: dict[str, tuple[dict[str, str], dict[str, Any]]] = field(default_factory=dict)  # by idempotency key
    customers: dict[str, dict[str, str]] = field(default_factory=dict)  # metadata by customer
    subscriptions: dict[str, dict[str, Any]] = field(default_factory=dict)
    broken: bool = False
    declines: bool = False

    def serve(self) -> TestServer:
        """Return the server."""
        app = web.Application()
        app.router.add_post("/v1/checkout/sessions", self._create_session)
        app.router.add_get("/v1/payment_intents/{id}", self._read_payment)
        app.router.add_post("/v1/customers", self._create_customer)
        app.router.add_post("/v1/billing_portal/sessions", self._create_portal)
        app.router.add_get("/v1/subscriptions", self._list_subscriptions)
        app.router.add_post("/v1/subscriptions/{id}", self._change_subscription)
        return TestServer(app)

    async def _create_session(self, request: web.Request) -> web.Response:
        return await self._make(request, self._make_session)

    def _make_session(self, form: dict[str, str]) -> dict[str, Any]:
        price = "line_items[0][price_data]"
        wanted = {f"{price}[currency]": "usd", "line_items[0][quantity]": "1"}
        if form.get("mode") == "subscription":
            wanted |= {f"{price}[recurring][interval]": "month"}
        wrong = [name for name, value in wanted.items() if form.get(name) != value]
        if wrong or "success_url" not in form or form.get("mode") not in ("payment", "subscription"):
            raise ValueError(f"wrong: {wrong}")
        reply = self.new_session(facts_of(form, "metadata"), int(form[f"{price}[unit_amount]"]))
        if form["mode"] == "payment":
            self.payments[reply["payment_intent"]] = facts_of(form, "payment_intent_data[metadata]")
            return reply
        if form["customer"] not in self.customers:
            raise ValueError("no such customer")
        reply |= {"mode": "subscription", "payment_intent": None, "customer": form["customer"]}
        reply["metadata"] = facts_of(form, "subscription_data[metadata]")
        return reply

    async def _create_customer(self, request: web.Request) -> web.Response:
        return await self._make(request, self._make_customer)

    def _make_customer(self, form: dict[str, str]) -> dict[str, Any]:
        name = f"cus_{len(self.customers) + 1}"
        self.customers[name] = facts_of(form, "metadata")
        return {"id": name, "object": "customer", "metadata": self.customers[name]}

    async def _create_portal(self, request: web.Request) -> web.Response:
        return await self._make(request, self._make_portal)

    def _make_portal(self, form: dict[str, str]) -> dict[str, Any]:
        if form["customer"] not in self.customers or not form.get("return_url"):
            raise ValueError("no such customer")
        page = f"https://billing.stripe.com/p/session/{form['customer']}"
        return {"id": "bps_1", "object": "billing_portal.session", "url": page}

    def subscribe(self, session: dict[str, Any]) -> dict[str, Any]:
        """Return the subscription of a session that was paid."""
        number = len(self.subscriptions) + 1
        item = {"id": f"si_{number}", "object": "subscription_item", "price": {"product": f"prod_{number}"}}
        self.subscriptions[f"sub_{number}"] = {
            "id": f"sub_{number}",
            "object": "subscription",
            "status": "active",
            "created": number,
            "customer": session["customer"],
            "metadata": dict(session["metadata"]),
            "items": {"object": "list", "data": [item]},
        }
        return self.subscriptions[f"sub_{number}"]

    async def _list_subscriptions(self, request: web.Request) -> web.Response:
        if refusal := self._refuse(request):
            return refusal
        own = [one for one in self.subscriptions.values() if one["customer"] == request.query["customer"]]
        data = [one for one in own if one["status"] != "canceled"]
        return web.json_response({"object": "list", "data": data, "has_more": False, "url": "/v1/subscriptions"})

    async def _change_subscription(self, request: web.Request) -> web.Response:
        found = self.subscriptions[request.match_info["id"]]
        if self.declines:
            return web.json_response(
                {"error": {"type": "card_error", "code": "card_declined", "message": "No."}}, status=402
            )

        def change(form: dict[str, str]) -> dict[str, Any]:
            [item] = found["items"]["data"]
            if (form["items[0][id]"], form["items[0][price_data][product]"]) != (item["id"], item["price"]["product"]):
                raise ValueError("no such item")
            found["metadata"] |= facts_of(form, "metadata")
            return found

        return await self._make(request, change)

    async def _make(self, request: web.Request, make: Callable[[dict[str, str]], dict[str, Any]]) -> web.Response:
        """Answer what a POST makes, once per idempotency key."""
        if refusal := self._refuse(request):
            return refusal
        form = {name: str(value) for name, value in (await request.post()).items()}
        key = request.headers.get("Idempotency-Key")
        if not key:
            return error(400, "invalid_request_error", "the official client always sends a key")
        if key in self.replies:
            first, reply = self.replies[key]
            return web.json_response(reply) if first == form else error(400, "idempotency_error", "other parameters")
        try:
            reply = make(form)
        except (ValueError, KeyError) as wrong:
            return error(400, "invalid_request_error", str(wrong))
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


def changed(subscription: dict[str, Any], kind: str, number: int = 0) -> bytes:
    """Return an event of a subscription, as it is now."""
    return event(f"evt_{subscription['id']}_{kind}_{number}", f"customer.subscription.{kind}", subscription)


def sign(body: bytes, secret: str = SECRET, *, late_s: int = 0) -> str:
    """Return the header that signs a body, as Stripe's own client writes it."""
    header: str = WebhookSignature.generate_signature_header(body.decode(), secret, int(time.time()) - late_s)
    return header
