"""Orders and readings while the catalogue changes, and what must be true of them."""

import asyncio
from collections import Counter
from contextlib import nullcontext
from random import Random
from typing import Any

import aiohttp
from msgspec import Struct, field

from shared.store import ledger
from shared.store.check import check_ledger
from shared.store.connect import Store
from shared.store.findings import Report
from tests.harness.factories import Customer
from tests.programs.reload.catalogues import COUNT_MAX, FLAT, METERED, SOMETIMES

LIST = "/api/v1/generations?limit=2"
READS = ("/api/v1/models", "/api/v1/balance", "/openapi.json", "/healthz", LIST)


class Bought(Struct, frozen=True):
    """An accepted order: its price in the answer, and the most that its quote allowed."""

    id: str
    model: str
    count: int
    micros: int
    most_cents: int | None


class Shopping(Struct, kw_only=True):
    """Everything that the clients saw."""

    bought: list[Bought] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


class Shopper:
    """One client, which orders and reads at random until it is stopped. All of an account share its `lists`."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        urls: list[str],
        customer: Customer,
        dice: Random,
        lists: asyncio.Semaphore,
    ) -> None:
        self._session, self._urls, self._dice, self._lists = session, urls, dice, lists
        self._headers = {"Authorization": f"Bearer {customer.key}"}
        self.seen = Shopping()

    async def run(self, stop: asyncio.Event) -> None:
        """Order and read until `stop` is set."""
        while not stop.is_set():
            await self.take_step()

    async def take_step(self) -> None:
        """Do one thing: read, order, or get a quote and then order at most at that."""
        draw = self._dice.random()
        if draw < 0.3:
            path = self._dice.choice(READS)
            async with self._lists if path == LIST else nullcontext():  # a gateway refuses more of one account
                await self._call("GET", path, {200})
        elif draw < 0.4:
            await self._call("POST", "/api/v1/generations", {201, 400}, {"model": SOMETIMES, "prompt": "a season"})
        elif draw < 0.7:
            await self._order(None)
        else:
            await self._order(await self._quote())

    async def _quote(self) -> dict[str, Any]:
        order = self._make()
        quoted = await self._call("POST", "/api/v1/generations/quote", {200}, order)
        return {**order, "max_cost_cents": quoted.get("price_cents", 0)}

    async def _order(self, order: dict[str, Any] | None) -> None:
        order = order or self._make()
        made = await self._call(
            "POST", "/api/v1/generations", {201, 400} if "max_cost_cents" in order else {201}, order
        )
        if "id" in made:
            count = order["input"].get("count", 1)
            self.seen.bought.append(
                Bought(made["id"], order["model"], count, made["cost_micros"], order.get("max_cost_cents"))
            )

    def _make(self) -> dict[str, Any]:
        if self._dice.random() < 0.5:
            return {"model": FLAT, "prompt": "a boat", "input": {}}
        return {"model": METERED, "prompt": "a boat", "input": {"count": self._dice.randint(1, COUNT_MAX)}}

    async def _call(self, method: str, path: str, expected: set[int], body: object = None) -> dict[str, Any]:
        url = self._dice.choice(self._urls) + path
        try:
            async with self._session.request(method, url, json=body, headers=self._headers) as response:
                told = await response.json()
                status = response.status
        except (aiohttp.ClientError, ValueError) as error:
            self.seen.failures.append(f"{method} {path}: {error!r}")
            return {}
        code = told["error"]["code"] if status == 400 else ""
        self.seen.answers[f"{method} {path} {status} {code}".strip()] += 1
        if status not in expected or code not in ("", "over_max_cost", "unknown_model"):
            self.seen.failures.append(f"{method} {path}: {status} {told}")
        return dict(told)


def merge(shoppers: list[Shopper]) -> Shopping:
    """Return what all clients saw."""
    merged = Shopping()
    for shopper in shoppers:
        merged.bought += shopper.seen.bought
        merged.answers += shopper.seen.answers
        merged.failures += shopper.seen.failures
    return merged


async def find_violations(store: Store, customer: Customer, seen: Shopping, prices: set[tuple[int, int]]) -> list[str]:
    """Return what is wrong: failed requests, and orders charged otherwise than quoted. `prices` were in force."""
    found = list(seen.failures)
    entries = await ledger.list_entries(store, customer.account)
    reserved = {line.reference: -line.amount_micros for line in entries if line.kind == "reserve"}
    flat, image = {pair[0] for pair in prices}, {pair[1] for pair in prices}
    for one in seen.bought:
        known = flat if one.model == FLAT else {each * one.count for each in image}
        if one.micros != reserved.get(one.id):
            found.append(f"{one.id} answered {one.micros}, the ledger has {reserved.get(one.id)}")
        if one.micros not in known:
            found.append(f"{one.id} cost {one.micros}, not a price of any catalogue, for {one.count} of {one.model}")
        if one.most_cents is not None and one.micros > one.most_cents * 10_000:
            found.append(f"{one.id} cost {one.micros}, quoted at most {one.most_cents} cents")
    report = Report()
    await check_ledger(store, report)
    return found + [f"{finding.fault} {finding.id}" for finding in report.findings]
