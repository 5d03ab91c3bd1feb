"""Callers of the WokGen API: guests and holders of a key. They check every response against the document."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

from jsonschema import Draft202012Validator
from msgspec import Struct, structs

from gateway.guests import guest_account
from shared.domain.catalogue import Plan
from shared.store import accounts, ledger
from tests.harness.bounds import WAIT_S
from tests.harness.factories import CENTS
from tests.suites.e2e.caller import Answer, Place, deploy

PROXIED = {"TRUSTED_PROXIES": "127.0.0.1"}
PLAN = Plan(name="guest", daily_quota=10, concurrency=100, backlog_max=100)
POLL_EVERY_S = 0.03
_numbers = count(1)


class Rules:
    """A gateway's own document, in which undocumented fields are errors."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.paths, self.components = document["paths"], document["components"]
        for schema in self.components["schemas"].values():
            if "properties" in schema:
                schema.setdefault("additionalProperties", False)
        patterns = {path: re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))) for path in self.paths}
        self._patterns = sorted(patterns.items(), key=lambda pair: "{" in pair[0])

    def check(self, method: str, path: str, answer: Answer) -> None:
        """Check a response against the document. Raises AssertionError unless it matches or has no documented path."""
        documented = next((name for name, pattern in self._patterns if pattern.fullmatch(path)), None)
        operation = self.paths.get(documented, {}).get(method.lower())
        if operation is None:
            return
        assert str(answer.status) in operation["responses"], (method, path, answer)
        described = operation["responses"][str(answer.status)]
        missing = [name for name in described["headers"] if "RateLimit" in name and name not in answer.headers]
        assert [] == missing, answer
        schema = {**described["content"]["application/json"]["schema"], "components": self.components}
        checker = Draft202012Validator.FORMAT_CHECKER
        errors = Draft202012Validator(schema, format_checker=checker).iter_errors(answer.body)
        assert [] == [error.message for error in errors], answer.body


class Visitor:
    """A caller at an address of its own, behind a trusted proxy. `key` is empty for a guest."""

    def __init__(self, place: Place, rules: Rules, address: str, *, account: str = "", key: str = "") -> None:
        self.place, self.rules, self.address, self.key = place, rules, address, key
        self.account = account or guest_account(address, place.secret)

    async def request(
        self, method: str, path: str, *, url: str = "", headers: Mapping[str, str] | None = None, **sent: Any
    ) -> Answer:
        """Send one request to the first gateway or the one at `url`. Empty headers are not sent."""
        own = {"Authorization": f"Bearer {self.key}" if self.key else "", "X-Forwarded-For": self.address}
        sent_headers = {name: value for name, value in {**own, **(headers or {})}.items() if value}
        url = (url or self.place.stack.url) + path
        async with self.place.session.request(
            method, url, headers=sent_headers, allow_redirects=False, **sent
        ) as response:
            is_json = response.content_type == "application/json"
            answer = Answer(
                response.status, response.headers, await response.json() if is_json else await response.read()
            )
        if is_json:
            self.rules.check(method, path.partition("?")[0], answer)
        return answer

    async def post(self, path: str, body: Any, *, status: int = 200, **options: Any) -> dict[str, Any]:
        """Send a POST, check its status and return the body."""
        answer = await self.request("POST", path, json=body, **options)
        assert status == answer.status, answer
        return dict(answer.body)

    async def get(self, path: str, *, status: int = 200) -> dict[str, Any]:
        """Send a GET, check its status and return the body."""
        answer = await self.request("GET", path)
        assert status == answer.status, answer
        return dict(answer.body)

    async def wait_for_end(self, job_id: str, limit_s: float = WAIT_S) -> dict[str, Any]:
        """Poll until the job has ended."""
        end = time.monotonic() + limit_s
        while (job := await self.get(f"/api/jobs/{job_id}"))["status"] == "processing":
            assert time.monotonic() < end, job
            await asyncio.sleep(POLL_EVERY_S)
        return job

    async def fetch_quota_used(self) -> int:
        """Return how much of the daily quota is used."""
        return int((await self.get("/api/v1/me"))["quotaUsed"])


class Hall(Struct, frozen=True):
    """A deployment and its visitors."""

    place: Place
    rules: Rules

    def guest(self, address: str = "") -> Visitor:
        """Return a new guest, by default at an unused address."""
        return Visitor(self.place, self.rules, address or f"192.0.2.{next(_numbers)}")

    async def create_holder(self, kind: str = "wokgen", *, cents: int = 0, **plan: Any) -> Visitor:
        """Create an account with a key and money, on a plan of its own with the given limits."""
        store, number = self.place.store, next(_numbers)
        await accounts.publish_plans(store, [structs.replace(PLAN, name=f"plan_{number}", **plan)])
        account = await accounts.create(store, name="Ada", plan=f"plan_{number}")
        _, key = await accounts.create_key(store, account.id, kind)
        if cents:
            await ledger.top_up(store, account.id, cents * CENTS, "first")
        return Visitor(self.place, self.rules, f"192.0.2.{number}", account=account.id, key=key)


@asynccontextmanager
async def open_hall(*, env: Mapping[str, str] | None = None, **stack: Any) -> AsyncIterator[Hall]:
    """Deploy gateways that trust a local proxy, with a guest plan of ten generations a day."""
    async with deploy(env={**PROXIED, **(env or {})}, **stack) as place:
        await accounts.publish_plans(place.store, [PLAN])
        async with place.session.get(place.stack.url + "/openapi.json") as response:
            rules = Rules(await response.json())
        yield Hall(place, rules)


async def add_gateway(hall: Hall, port: int, **env: str) -> str:
    """Start another gateway of the same deployment with other settings, and return its URL."""
    hall.place.stack.add("gateway", "-m", "gateway", env={"PORT": str(port), **env})
    url = f"http://127.0.0.1:{port}"
    await list(hall.place.stack.processes.values())[-1].wait_for_status(url + "/readyz")
    await accounts.publish_plans(hall.place.store, [PLAN])  # because its start published the catalogue's plans
    return url
