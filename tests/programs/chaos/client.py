"""The clients: they order, retry under the same Idempotency-Key, poll, wait, cancel and list."""

import asyncio
import re
import time
from collections import Counter
from random import Random
from typing import Any

import aiohttp
import msgspec
from msgspec import Struct, field, structs

from shared.domain.ids import job_id
from tests.programs.chaos.orders import generation_of, request_of, trace_of
from tests.programs.chaos.plan import WOKGEN_WAIT_S, Order, Plan

ATTEMPTS_MAX = 14
SPAN = "00f067aa0ba902b7"  # of every request
RESPONSE_S = 6.0
BACKOFF_S = (0.1, 0.3, 0.6, 1.0, 1.5, 2.0)
POLLS_MAX = 5
UNAVAILABLE = (500, 503)
LOST = (aiohttp.ClientError, TimeoutError)
TERMINAL = ("completed", "failed")
PAGES = ("v1/webhooks", "v1/balance", "v1/generations?limit=20", "v1/transactions?limit=20", "v1/models", "jobs")
NUMBERED = re.compile(r"job_[0-9a-f]+|ep_[0-9a-f]+|(?<=/assets/).*")


class Response(Struct, frozen=True):
    """A response, or a failed request with status 0. `sent` is false if the request cannot have arrived."""

    status: int
    body: Any = None
    sent: bool = True


class ClientRecord(Struct, kw_only=True):
    """An order and its fate, as its client saw it."""

    order: Order
    ids: list[str] = field(default_factory=list)  # of every 201
    refused: int = 0  # the status of the refusal
    attempts: int = 0
    polls: int = 0
    statuses: list[str] = field(default_factory=list)
    canceled: int = 0  # the status of the cancellation
    anomalies: list[str] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        """Return accepted, refused, or unknown if no response was conclusive."""
        return "accepted" if self.ids else "refused" if self.refused else "unknown"


class Clients:
    """All clients of a run. `keys` are the buyers' API keys, `urls` the gateways."""

    def __init__(self, plan: Plan, urls: list[str], keys: list[str]) -> None:
        self.plan, self.urls, self.keys = plan, urls, keys
        self.records: list[ClientRecord] = []
        self.responses: Counter[str] = Counter()  # by call and status
        self.anomalies: list[str] = []
        self._session: aiohttp.ClientSession | None = None

    async def run(self) -> None:
        """Send every order at its time; return when each client knows its outcome or stops trying."""
        started_s = time.monotonic()
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as self._session, asyncio.TaskGroup() as tasks:
            for order in self.plan.orders:
                await asyncio.sleep(max(started_s + order.at_s - time.monotonic(), 0))
                record = ClientRecord(order=order)
                self.records.append(record)
                tasks.create_task(self._run_client(record))

    async def replay(self, records: list[ClientRecord]) -> None:
        """Send accepted orders once more, under their Idempotency-Keys."""
        async with aiohttp.ClientSession() as self._session:
            for record in records:
                again = ClientRecord(order=structs.replace(record.order, wait_s=0))
                await self._submit(again, record.order.number)
                record.ids += again.ids
                if not again.ids:
                    record.anomalies.append(f"its Idempotency-Key was replayed with status {again.refused or 0}")

    async def cancel(self, generations: list[tuple[int, str]]) -> None:
        """Cancel generations, given with their buyers."""
        async with aiohttp.ClientSession() as self._session:
            for buyer, name in generations:
                await self._request("DELETE", f"/api/v1/generations?id={name}", buyer, 0)

    async def _run_client(self, record: ClientRecord) -> None:
        order, dice = record.order, Random(f"{self.plan.seed} client {record.order.number}")
        first = dice.randrange(len(self.urls))
        copies = 2 if order.twin else 1
        await asyncio.gather(*(self._submit(record, first + copy) for copy in range(copies)))
        if dice.random() < 0.15:
            await self._request_page(order, dice)
        if record.ids and order.cancel_after_s is not None:
            await asyncio.sleep(order.cancel_after_s)
            job = f"/api/jobs/{job_id(record.ids[0])}/cancel"
            request = ("POST", job) if order.call else ("DELETE", f"/api/v1/generations?id={record.ids[0]}")
            response = await self._request(*request, order.buyer, dice.randrange(2))
            record.canceled = response.status
        if record.ids:
            await self._watch(record, dice)

    async def _submit(self, record: ClientRecord, gateway: int) -> None:
        """Submit and retry. Without an Idempotency-Key, retry only if the request cannot have arrived."""
        order = record.order
        path, payload = request_of(order)
        headers = {"traceparent": f"00-{trace_of(order)}-{SPAN}-00"}
        headers |= {"Idempotency-Key": order.key} if order.key else {}
        if order.wait_s and not order.call:
            headers["Prefer"] = f"wait={order.wait_s}"
        wait_s = (0 if order.detached else WOKGEN_WAIT_S) if order.call else order.wait_s
        for attempt in range(ATTEMPTS_MAX):
            record.attempts += 1
            response = await self._request(
                "POST",
                path,
                order.buyer,
                gateway + attempt,
                payload=payload,
                headers=headers,
                wait_s=wait_s,
            )
            generation_id = generation_of(order, response.status, response.body)
            if generation_id is not None:
                record.ids.append(generation_id)
                return
            if response.status and response.status not in UNAVAILABLE:
                record.refused = response.status
                return
            if not order.key and response.sent:
                return
            await asyncio.sleep(BACKOFF_S[min(attempt, len(BACKOFF_S) - 1)])

    async def _watch(self, record: ClientRecord, dice: Random) -> None:
        """Poll until the end or the limit. A final status must not change, and no generation may disappear."""
        for _ in range(POLLS_MAX):
            await asyncio.sleep(dice.uniform(0.2, 2.5))
            job = f"/api/jobs/{job_id(record.ids[0])}"
            path = job if record.order.call else f"/api/v1/generations?id={record.ids[0]}"
            response = await self._request("GET", path, record.order.buyer, dice.randrange(2))
            record.polls += 1
            if response.status == 404:
                record.anomalies.append("disappeared")
            if response.status != 200:
                continue
            status = response.body["status"]
            if record.statuses and record.statuses[-1] in TERMINAL and record.statuses[-1] != status:
                record.anomalies.append(f"was {record.statuses[-1]}, is {status}")
            record.statuses.append(status)
            if status in TERMINAL and dice.random() < 0.7:
                await self._fetch(record, response.body, dice)
                return

    async def _fetch(self, record: ClientRecord, body: dict[str, Any], dice: Random) -> None:
        """Check that any gateway serves the output."""
        url = body.get("result_url") or body.get("imageUrl") or body.get("audioUrl")
        if url and dice.random() < 0.3:
            response = await self._request(
                "GET", f"/assets/{url.partition('/assets/')[2]}", record.order.buyer, dice.randrange(2)
            )
            if response.status in (403, 404) or (response.status == 200 and not response.body):
                record.anomalies.append(f"its output is missing: {response.status}")

    async def _request_page(self, order: Order, dice: Random) -> None:
        path = dice.choice(PAGES)
        response = await self._request("GET", f"/api/{path}", order.buyer, dice.randrange(2))
        if path == PAGES[0]:
            await self._subscribe(order, dice)
        if path == "v1/balance" and response.status == 200:
            balance = response.body
            if balance["balance_cents"] != balance["total_topup_cents"] - balance["total_spent_cents"]:
                self.anomalies.append(f"a balance does not add up: {balance}")
            if balance["balance_cents"] < 0:
                self.anomalies.append(f"a balance is below zero: {balance}")

    async def _subscribe(self, order: Order, dice: Random) -> None:
        """Create and delete an endpoint that gets no event of this run."""
        endpoint = {"url": "http://127.0.0.1:9/", "events": ["endpoint.disabled"]}
        response = await self._request("POST", "/api/v1/webhooks", order.buyer, dice.randrange(2), payload=endpoint)
        if response.status == 201:
            await self._request("DELETE", f"/api/v1/webhooks/{response.body['id']}", order.buyer, dice.randrange(2))

    async def _request(
        self,
        method: str,
        path: str,
        buyer: int,
        gateway: int,
        *,
        payload: object = None,
        headers: dict[str, str] | None = None,
        wait_s: float = 0,
    ) -> Response:
        """Send one request to one gateway. A lost connection also counts as a response."""
        assert self._session is not None
        try:
            async with self._session.request(
                method,
                self.urls[gateway % len(self.urls)] + path,
                json=payload,
                headers={"Authorization": f"Bearer {self.keys[buyer]}", **(headers or {})},
                timeout=aiohttp.ClientTimeout(total=RESPONSE_S + wait_s),
            ) as received:
                raw = await received.read()
                body = msgspec.json.decode(raw) if raw and received.content_type == "application/json" else raw
                response = Response(received.status, body)
        except aiohttp.ClientConnectorError:
            response = Response(0, sent=False)
        except LOST:
            response = Response(0)
        name = f"{method} {NUMBERED.sub('_', path.partition('?')[0]).removeprefix('/api/')}"
        self.responses[f"{name} {response.status or ('lost' if response.sent else 'not reached')}"] += 1
        if response.status == 500:
            self.anomalies.append(f"{name} returned 500: {response.body}")
        return response
