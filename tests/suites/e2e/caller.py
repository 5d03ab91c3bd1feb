"""Customers of a running deployment, over real HTTP, and the books they should find."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import aiohttp
import msgspec
from msgspec import Struct

from shared.store import accounts, generations, ledger
from shared.store.connect import Store
from tests.harness.bounds import WAIT_S, within
from tests.harness.doubles.calling import Calling
from tests.harness.factories import CENTS, Customer, create_customer, doubles_env
from tests.harness.processes import Stack, make_folder

LOOK_EVERY_S = 0.03
ANSWERED_S = 2.0  # every request, also while the store is away
HISTORY_MAX = 5000


class Place(Struct, frozen=True):
    """A deployment with the doubles, and what a test needs to look at it from all sides."""

    stack: Stack
    provider: Calling
    store: Store
    session: aiohttp.ClientSession

    async def create_caller(self, *, cents: int = 100, **plan: int) -> "Caller":
        """A new customer with money."""
        return Caller(self, await create_customer(self.store, cents=cents, **plan))

    def log(self) -> str:
        """All that the gateways wrote so far."""
        gateways = [process for name, process in self.stack.processes.items() if name.startswith("gateway")]
        return "".join(process.log.read_text(errors="replace") for process in gateways)


class Answer(NamedTuple):
    """An HTTP answer, its body decoded if it is JSON."""

    status: int
    headers: Mapping[str, str]
    body: Any


class Caller:
    """One customer. Every request carries the key unless it says otherwise."""

    def __init__(self, place: Place, customer: Customer) -> None:
        self.place, self.customer = place, customer

    async def request(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **sent: Any) -> Answer:
        """One request, to a path below the first gateway or to a whole URL; `json=` and `data=` as in aiohttp."""
        url = path if "://" in path else self.place.stack.url + path
        given = {"Authorization": f"Bearer {self.customer.key}"} | dict(headers or {})
        kept = {name: value for name, value in given.items() if value}
        async with self.place.session.request(method, url, headers=kept, allow_redirects=False, **sent) as response:
            raw = await response.read()
            is_json = response.content_type == "application/json" and raw
            return Answer(response.status, response.headers, msgspec.json.decode(raw) if is_json else raw)

    async def submit(self, prompt: str = "a red boat", model: str = "test/noop", **headers: str) -> Answer:
        """POST /api/v1/generations; `idempotency_key="k"` becomes the header Idempotency-Key."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.request("POST", "/api/v1/generations", json={"model": model, "prompt": prompt}, headers=named)

    async def create(self, prompt: str = "a red boat", model: str = "test/noop", **headers: str) -> str:
        """The id of a generation that was accepted."""
        answer = await self.submit(prompt, model, **headers)
        assert 201 == answer.status, answer
        return str(answer.body["id"])

    async def submit_until_accepted(self, number: int, model: str = "test/noop") -> tuple[str, int]:
        """Order until it is accepted, as our clients do: one Idempotency-Key, again after 503 or a lost connection.

        The gateways are asked in turn. The id, and how often it took another try; no answer takes more than 2 s.
        """
        urls, tries = self.place.stack.urls, 0
        sent = {"model": model, "prompt": f"boat {number}"}
        while True:
            url = urls[(number + tries) % len(urls)] + "/api/v1/generations"
            try:
                async with within(ANSWERED_S):
                    answer = await self.request("POST", url, json=sent, headers={"Idempotency-Key": f"k-{number}"})
            except aiohttp.ClientError:
                answer = None
            if answer is not None and answer.status == 201:
                return str(answer.body["id"]), tries
            assert answer is None or (503, "unavailable") == (answer.status, answer.body["error"]["code"]), answer
            tries += 1
            await asyncio.sleep(0.2)

    async def poll(self, generation_id: str) -> dict[str, Any]:
        """The generation as polling shows it."""
        answer = await self.request("GET", f"/api/v1/generations?id={generation_id}")
        assert 200 == answer.status, answer
        return dict(answer.body)

    async def wait_for_stage(self, generation_id: str, stage: str, limit_s: float = WAIT_S) -> dict[str, Any]:
        """The generation once it has reached a stage."""
        end = time.monotonic() + limit_s
        while (seen := await self.poll(generation_id))["stage"] != stage:
            assert time.monotonic() < end, f"not {stage} within {limit_s} s: {seen}"
            await asyncio.sleep(LOOK_EVERY_S)
        return seen

    async def wait_for_end(self, generation_id: str, limit_s: float = WAIT_S) -> dict[str, Any]:
        """The generation once it has ended, polled as the documentation says but faster."""
        end = time.monotonic() + limit_s
        while (seen := await self.poll(generation_id))["status"] == "processing":
            assert time.monotonic() < end, f"still processing after {limit_s} s: {seen}"
            await asyncio.sleep(LOOK_EVERY_S)
        return seen

    async def check_balance(self) -> int:
        """The balance in cents, after every equation of the books was checked against the store."""
        store, account = self.place.store, await accounts.find(self.place.store, self.customer.account)
        assert account is not None
        lines = await ledger.list_entries(store, self.customer.account)
        made = await generations.list_newest(store, self.customer.account, HISTORY_MAX)
        assert 0 <= account.balance
        assert account.balance == sum(line.amount_micros for line in lines)
        assert account.spent == sum(generation.price_micros for generation in made)
        settled = [line.reference for line in lines if line.kind == "settle"]
        assert len(set(settled)) == len(settled)
        closed = [generation.id for generation in made if not generation.open and generation.reserved]
        assert sorted(closed) == sorted(settled)
        return account.balance // CENTS


@asynccontextmanager
async def deploy(*, models: str = "", env: Mapping[str, str] | None = None, **stack: Any) -> AsyncIterator[Place]:
    """A deployment with the doubles; `models` is TOML behind their catalogue, `stack` goes to Stack."""
    async with Calling() as provider:
        doubles = doubles_env(make_folder("catalogue"), provider.url)
        with open(doubles["CATALOGUE"], "a") as file:  # noqa: ASYNC230  # a few bytes before anything runs
            file.write(models.replace("PAID_URL", provider.url))
        deployment = Stack(env={**doubles, **(env or {})}, **stack)
        deployment.env.setdefault("CALLBACK_URL", deployment.url)
        async with (
            deployment,
            Store(deployment.settings.store_url) as store,
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session,
        ):
            yield Place(deployment, provider, store, session)
