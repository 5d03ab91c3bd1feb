"""A gateway with Stripe's double."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import DummyCookieJar
from aiohttp.test_utils import TestClient, TestServer
from msgspec import Struct

from gateway.app import build_app
from gateway.context import CONTEXT
from shared.domain.account import Account
from shared.ops.settings import STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET, Settings
from shared.store import accounts, ledger
from shared.store.connect import Store
from tests.harness.factories import CENTS, Customer, create_customer, write_catalogue
from tests.harness.stripe_double import KEY, SECRET, StripeDouble, sign

CHECKOUT, EVENTS = "/api/v1/account/checkout", "/stripe/events"
Answer = tuple[int, dict[str, Any]]


class Shop(Struct):
    """A gateway with Stripe's double, driven from synchronous tests."""

    runner: asyncio.Runner
    client: TestClient
    store: Store
    stripe: StripeDouble
    secret: bytes  # of CSRF tokens

    def customer(self) -> Customer:
        """Return a new account without money."""
        return self.runner.run(create_customer(self.store, cents=0))

    def order(self, customer: Customer, body: object, **headers: str) -> Answer:
        """Return the answer to a checkout."""
        given = headers or _keyed(customer)
        return self._post(CHECKOUT, given, json.dumps(body).encode())

    def send(self, body: bytes, signature: str | None = None) -> Answer:
        """Return the answer to an event."""
        return self._post(EVENTS, {"Stripe-Signature": sign(body) if signature is None else signature}, body)

    def session(self, customer: Customer, cents: int = 2000) -> dict[str, Any]:
        """Return the double's session of a new checkout."""
        status, _ = self.order(customer, {"amount_cents": cents})
        assert 201 == status
        return self.stripe.sessions[-1]

    def subscribe(self, customer: Customer, plan: str) -> Answer:
        """Return the answer to a subscription."""
        return self._post("/api/v1/account/subscription", _keyed(customer), json.dumps({"plan": plan}).encode())

    def open_portal(self, customer: Customer) -> Answer:
        """Return the answer to a request of the portal."""
        return self._post("/api/v1/account/portal", _keyed(customer), b"")

    def account(self, customer: Customer) -> Account:
        """Return the account."""
        found = self.runner.run(accounts.find(self.store, customer.account))
        assert found is not None
        return found

    def balance(self, customer: Customer) -> int:
        """Return the balance in cents, which the lines of the ledger add up to."""
        lines = self.runner.run(ledger.list_entries(self.store, customer.account))
        account = self.account(customer)
        assert account.balance == sum(line.amount_micros for line in lines)
        return account.balance // CENTS

    def _post(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        async def post() -> Answer:
            given = {"Content-Type": "application/json", **headers}
            async with self.client.post(path, data=body, headers=given) as response:
                return response.status, await response.json()

        return self.runner.run(post())


@contextlib.contextmanager
def open_shop(store_server: str, folder: Path) -> Iterator[Shop]:
    """Run one gateway and one double on an empty store."""
    stripe = StripeDouble()
    with asyncio.Runner() as runner, pytest.MonkeyPatch.context() as patch:
        patch.setenv(STRIPE_SECRET_KEY, KEY)
        patch.setenv(STRIPE_WEBHOOK_SECRET, SECRET)
        stack = contextlib.AsyncExitStack()

        async def start() -> Shop:
            async with Store(store_server) as store:
                await store.call("FLUSHALL")
            double = await stack.enter_async_context(stripe.serve())
            found = Settings(
                redis_url=store_server,
                data_dir=str(folder),
                catalogue=str(write_catalogue(folder)),
                stripe_url=str(double.make_url("")).rstrip("/"),
            )
            app = build_app(found)
            client = await stack.enter_async_context(TestClient(TestServer(app), cookie_jar=DummyCookieJar()))
            return Shop(runner, client, app[CONTEXT].store, stripe, app[CONTEXT].secret)

        yield runner.run(start())
        runner.run(stack.aclose())


def _keyed(customer: Customer) -> dict[str, str]:
    return {"Authorization": f"Bearer {customer.key}"}
