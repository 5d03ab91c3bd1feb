"""Customers of a running deployment, over real HTTP, and the ledger checks of a test."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import aiohttp
import msgspec
from msgspec import Struct

from shared.store import accounts, generations, ledger
from shared.store.connect import PATIENCE_S, Store
from shared.store.secret import ensure_deployment_secret
from tests.harness.bounds import BUSY_S, WAIT_S, within
from tests.harness.doubles.calling import Calling
from tests.harness.factories import CENTS, Customer, create_customer, doubles_env
from tests.harness.processes import Stack, make_folder

POLL_EVERY_S = 0.03
RESPONSE_S = 2.0  # for every request, also while the store is down
HISTORY_MAX = 5000


class Place(Struct, frozen=True):
    """A deployment with the doubles, and everything a test needs to observe it."""

    stack: Stack
    provider: Calling
    store: Store
    session: aiohttp.ClientSession
    secret: bytes  # the deployment's, which keys the names of guests

    async def create_caller(self, *, cents: int = 100, **plan: int) -> "Caller":
        """Create a customer with money."""
        return Caller(self, await create_customer(self.store, cents=cents, **plan))

    def log(self) -> str:
        """Return everything the gateways have logged."""
        gateways = [process for name, process in self.stack.processes.items() if name.startswith("gateway")]
        return "".join(process.log.read_text(errors="replace") for process in gateways)


class Answer(NamedTuple):
    """An HTTP response, with its body decoded if it is JSON."""

    status: int
    headers: Mapping[str, str]
    body: Any


class Caller:
    """One customer. Every request carries the API key unless a header overrides it."""

    def __init__(self, place: Place, customer: Customer) -> None:
        self.place, self.customer = place, customer

    async def request(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **sent: Any) -> Answer:
        """Send one request to a path of the first gateway or to a URL. `json=` and `data=` are as in aiohttp."""
        url = path if "://" in path else self.place.stack.url + path
        all_headers = {"Authorization": f"Bearer {self.customer.key}"} | dict(headers or {})
        sent_headers = {name: value for name, value in all_headers.items() if value}
        async with self.place.session.request(
            method, url, headers=sent_headers, allow_redirects=False, **sent
        ) as response:
            raw = await response.read()
            is_json = response.content_type == "application/json" and raw
            return Answer(response.status, response.headers, msgspec.json.decode(raw) if is_json else raw)

    async def submit(self, prompt: str = "a red boat", model: str = "test/noop", **headers: str) -> Answer:
        """POST /api/v1/generations; `idempotency_key="k"` becomes the header Idempotency-Key."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.request("POST", "/api/v1/generations", json={"model": model, "prompt": prompt}, headers=named)

    async def create(self, prompt: str = "a red boat", model: str = "test/noop", **headers: str) -> str:
        """Create a generation and return its id."""
        answer = await self.submit(prompt, model, **headers)
        assert 201 == answer.status, answer
        return str(answer.body["id"])

    async def submit_until_accepted(self, number: int, model: str = "test/noop") -> tuple[str, int]:
        """Submit with one Idempotency-Key until accepted; retry after a 503 or a lost connection, as our clients do.

        The gateways get the requests in turn. Return the id and the number of retries. No response may take over 2 s.
        """
        urls, retries = self.place.stack.urls, 0
        sent = {"model": model, "prompt": f"boat {number}"}
        while True:
            url = urls[(number + retries) % len(urls)] + "/api/v1/generations"
            try:
                async with within(RESPONSE_S):
                    answer = await self.request("POST", url, json=sent, headers={"Idempotency-Key": f"k-{number}"})
            except aiohttp.ClientError:
                answer = None
            if answer is not None and answer.status == 201:
                return str(answer.body["id"]), retries
            assert answer is None or (503, "unavailable") == (answer.status, answer.body["error"]["code"]), answer
            retries += 1
            await asyncio.sleep(0.2)

    async def poll(self, generation_id: str) -> dict[str, Any]:
        """Return the generation as polling shows it."""
        answer = await self.request("GET", f"/api/v1/generations?id={generation_id}")
        assert 200 == answer.status, answer
        return dict(answer.body)

    async def wait_for_stage(self, generation_id: str, stage: str, limit_s: float = WAIT_S) -> dict[str, Any]:
        """Poll until the generation has reached a stage."""
        end = time.monotonic() + limit_s
        while (generation := await self.poll(generation_id))["stage"] != stage:
            assert time.monotonic() < end, f"not {stage} within {limit_s} s: {generation}"
            await asyncio.sleep(POLL_EVERY_S)
        return generation

    async def wait_for_end(self, generation_id: str, limit_s: float = WAIT_S) -> dict[str, Any]:
        """Poll until the generation has ended, faster than a client should."""
        end = time.monotonic() + limit_s
        while (generation := await self.poll(generation_id))["status"] == "processing":
            assert time.monotonic() < end, f"still processing after {limit_s} s: {generation}"
            await asyncio.sleep(POLL_EVERY_S)
        return generation

    async def check_balance(self) -> int:
        """Check every equation of the account's ledger, and return the balance in cents."""
        store, account = self.place.store, await accounts.find(self.place.store, self.customer.account)
        assert account is not None
        lines = await ledger.list_entries(store, self.customer.account)
        created = await generations.list_newest(store, self.customer.account, HISTORY_MAX)
        assert 0 <= account.balance
        assert account.balance == sum(line.amount_micros for line in lines)
        assert account.spent == sum(generation.price_micros for generation in created)
        settled = [line.reference for line in lines if line.kind == "settle"]
        assert len(set(settled)) == len(settled)
        closed = {generation.id for generation in created if not generation.open and generation.reserved}
        assert closed >= set(settled)
        assert closed == set(settled) or lines[0].kind == "opening"  # which has the sum of older ones
        return account.balance // CENTS


@asynccontextmanager
async def deploy(*, models: str = "", env: Mapping[str, str] | None = None, **stack: Any) -> AsyncIterator[Place]:
    """Run a deployment with the doubles. `models` is TOML after their catalogue, `stack` goes to Stack."""
    async with Calling() as provider:
        doubles = doubles_env(make_folder("catalogue"), provider.url)
        with open(doubles["CATALOGUE"], "a") as file:  # noqa: ASYNC230  # a few bytes, before any server runs
            file.write(models.replace("PAID_URL", provider.url))
        deployment = Stack(env={**doubles, **(env or {})}, **stack)
        deployment.env.setdefault("CALLBACK_URL", deployment.url)
        async with (
            deployment,
            Store(deployment.settings.store_url, timeout_s=PATIENCE_S + BUSY_S) as store,
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session,
        ):
            yield Place(deployment, provider, store, session, await ensure_deployment_secret(store))
