"""The daily quota over real HTTP: the calls that count against it, and the failures that do not."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from gateway.guests import guest_account
from shared.domain.generation import FAILED, Outcome
from shared.domain.ids import generation_id
from shared.store import accounts, keys, ledger
from tests.harness.factories import CENTS, load_shipped_catalogue
from tests.harness.processes import free_port
from tests.suites.e2e.caller import Answer
from tests.suites.e2e.visitor import Hall, Visitor, add_gateway, open_hall

pytestmark = pytest.mark.asyncio(loop_scope="module")

IMAGE, TEXT = "/api/generate", "/api/text/generate"
POEM = {"prompt": "a poem"}
WAITING = {"prompt": "a boat", "provider": "noop", "async": True}  # nobody works for it
DAY_S = 86_400


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def deployment() -> AsyncIterator[Hall]:
    """Run a gateway, a worker and a sweeper."""
    async with open_hall(workers=("kinds",), deliver=0) as deployment:
        yield deployment


@pytest_asyncio.fixture(loop_scope="module")
async def guest(deployment: Hall) -> Visitor:
    """Create a new guest."""
    return deployment.guest()


def today() -> int:
    """Return the days since 1970, UTC."""
    return int(time.time()) // DAY_S


async def read_count(visitor: Visitor, day: int) -> int:
    """Return how many generations count against the quota of a day."""
    return int(await visitor.place.store.call("GET", keys.quota(visitor.account, day)) or 0)


async def set_count(visitor: Visitor, day: int, used: int) -> None:
    """Set how many generations count against the quota of a day."""
    await visitor.place.store.call("SET", keys.quota(visitor.account, day), used)


def assert_past_quota(answer: Answer, limit: int) -> None:
    """Check the refusal of a caller past its quota."""
    assert (429, "QUOTA_EXCEEDED") == (answer.status, answer.body["code"]), answer
    assert {"error", "code"} == set(answer.body)
    assert str(limit) in answer.body["error"]
    headers = answer.headers
    assert (str(limit), "0") == (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"])
    assert abs(int(headers["X-RateLimit-Reset"]) - time.time() - int(headers["Retry-After"])) < 3


async def test_shipped_plans_have_the_documented_quotas() -> None:
    """The daily quota is 10 for a guest, 50 on Free, 500 on Plus, and unlimited on Pro."""
    plans = load_shipped_catalogue().plans
    assert {"guest": 10, "free": 50, "plus": 500, "pro": None} == {
        name: plan.daily_quota for name, plan in plans.items()
    }
    assert not any(plan.beyond_quota for plan in plans.values())


async def test_guest_has_ten_calls(guest: Visitor) -> None:
    """Ten calls of any kind pass and count down, the eleventh is 429 until midnight UTC, and reading goes on."""
    calls = [(IMAGE, POEM), (TEXT, POEM), ("/api/voice/generate", {"text": "a poem"}), ("/api/v1/generate", POEM)]
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    for number in range(10):
        path, body = calls[number % len(calls)]
        answer = await guest.request("POST", path, json=body)
        assert 200 == answer.status, answer
        assert ("10", str(9 - number)) == tuple(
            answer.headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining")
        )
        assert int(midnight.timestamp()) == int(answer.headers["X-RateLimit-Reset"])
    for path, body in calls:
        assert_past_quota(await guest.request("POST", path, json=body), 10)
    job = await guest.request("GET", f"/api/jobs/{'job_' + '0' * 32}")
    assert (404, "0") == (job.status, job.headers["X-RateLimit-Remaining"])
    assert "Retry-After" not in job.headers
    account = await guest.get("/api/v1/me")
    assert (10, 10) == (account["quotaUsed"], account["quotaLimit"])


@pytest.mark.parametrize("limit", [0, 1, 5])
async def test_account_has_the_quota_of_its_plan(deployment: Hall, limit: int) -> None:
    """An account has the quota of its plan, with each of its keys and from every address."""
    holder = await deployment.create_holder(daily_quota=limit)
    _, other = await accounts.create_key(deployment.place.store, holder.account, "wowflow")
    for number in range(limit):
        headers = {"Authorization": f"Bearer {other}", "X-Forwarded-For": f"198.51.100.{number}"}
        assert 200 == (await holder.request("POST", TEXT, json=POEM, headers=headers)).status
    assert_past_quota(await holder.request("POST", TEXT, json=POEM), limit)
    assert 10 == int(
        (await deployment.guest(holder.address).request("GET", "/api/jobs")).headers["X-RateLimit-Remaining"]
    )


@pytest.mark.parametrize("used", [50, 500, 1_000_000])
async def test_unlimited_plan_is_never_refused(deployment: Hall, used: int) -> None:
    """A plan without a limit is never refused, and its headers say unlimited."""
    holder = await deployment.create_holder(daily_quota=None)
    await set_count(holder, today(), used)
    answer = await holder.request("POST", TEXT, json=POEM)
    assert 200 == answer.status
    assert ("unlimited", "unlimited") == tuple(answer.headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining"))
    account = await holder.get("/api/v1/me")
    assert (used + 1, None) == (account["quotaUsed"], account["quotaLimit"])


@pytest.mark.parametrize("limit", [50, 500])
async def test_call_past_the_quota_is_refused(deployment: Hall, limit: int) -> None:
    """The fiftieth and the five hundredth call of such a plan pass, and the next one does not."""
    holder = await deployment.create_holder(daily_quota=limit)
    await set_count(holder, today(), limit - 1)
    assert 200 == (await holder.request("POST", TEXT, json=POEM)).status
    assert_past_quota(await holder.request("POST", TEXT, json=POEM), limit)


async def test_concurrent_calls_cannot_pass_the_quota(deployment: Hall, guest: Visitor) -> None:
    """Of a hundred concurrent calls of a guest exactly ten pass, over two gateways."""
    other = await add_gateway(deployment, free_port())
    urls = [deployment.place.stack.url, other] * 50
    answers = await asyncio.gather(*[guest.request("POST", TEXT, json=POEM, url=url) for url in urls])
    assert {200: 10, 429: 90} == {status: [a.status for a in answers].count(status) for status in (200, 429)}
    assert {"QUOTA_EXCEEDED"} == {answer.body["code"] for answer in answers if answer.status == 429}
    assert 10 == await read_count(guest, today())


async def test_forwarded_address_is_ignored_from_an_untrusted_peer(deployment: Hall) -> None:
    """Without a trusted proxy X-Forwarded-For has no effect: all are the guest at the peer's address."""
    url = await add_gateway(deployment, free_port(), TRUSTED_PROXIES="")
    left = []
    for claimed in ("203.0.113.1", "203.0.113.2", "203.0.113.3, 127.0.0.1", "", "nonsense"):
        answer = await deployment.guest("203.0.113.1").request(
            "POST", TEXT, json=POEM, url=url, headers={"X-Forwarded-For": claimed}
        )
        left.append(int(answer.headers["X-RateLimit-Remaining"]))
    assert [9, 8, 7, 6, 5] == left
    here = Visitor(deployment.place, deployment.rules, "127.0.0.1")
    assert guest_account("127.0.0.1", deployment.place.secret) == here.account
    assert 5 == await read_count(here, today())


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("198.18.0.1", "198.18.0.2", False),
        ("198.18.1.1", "1.2.3.4, 198.18.1.1", True),
        ("198.18.2.1", "198.18.2.1, 127.0.0.1", True),
        ("198.18.3.1", "198.18.3.2, 198.18.3.1", True),
        ("198.18.4.1", "198.18.4.1, 198.18.4.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:3:4:5:6", True),
        ("2001:db8:2:2::1", "2001:db8:2:3::1", False),
    ],
)
async def test_guest_is_the_last_hop_behind_a_trusted_proxy(deployment: Hall, one: str, other: str, same: bool) -> None:
    """Behind a trusted proxy the last other hop is the guest, by the first 64 bits for IPv6."""
    await deployment.guest(one).post(TEXT, POEM)
    answer = await deployment.guest(other).request("POST", TEXT, json=POEM)
    assert ("8" if same else "9") == answer.headers["X-RateLimit-Remaining"]


async def test_forwarded_addresses_are_joined_over_two_headers(deployment: Hall) -> None:
    """A second X-Forwarded-For header continues the first."""
    address = deployment.guest().address
    headers = [("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-For", address)]
    async with deployment.place.session.post(deployment.place.stack.url + TEXT, json=POEM, headers=headers) as response:
        assert "9" == response.headers["X-RateLimit-Remaining"]
    assert 1 == await deployment.guest(address).fetch_quota_used()


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer wok_",
        "Basic abc",
        "wok_x",
        "Bearer {key}x",
        "{key}",
        "Bearer {other}",
    ],
)
@pytest.mark.parametrize("path", [TEXT, "/api/v1/generate"])
async def test_wrong_key_is_refused_and_not_a_guest(deployment: Hall, guest: Visitor, header: str, path: str) -> None:
    """A key that is malformed, unknown or missing from its header is 401 and counts against nobody's quota."""
    holder = await deployment.create_holder()
    other = "wok_" + "0" * 39
    given = [("X-Forwarded-For", guest.address), ("Authorization", header.format(key=holder.key, other=other))]
    async with deployment.place.session.post(deployment.place.stack.url + path, json=POEM, headers=given) as response:
        body = await response.json()
    assert 401 == response.status
    assert body["code"] in ("INVALID_API_KEY", "MISSING_API_KEY")
    assert {"error", "code"} == set(body)
    assert (0, 0) == (await guest.fetch_quota_used(), await holder.fetch_quota_used())


async def test_revoked_key_is_refused_and_not_a_guest(deployment: Hall) -> None:
    """From the moment of its revocation a key is 401 everywhere."""
    holder = await deployment.create_holder()
    await holder.post(TEXT, POEM)
    [key] = await accounts.list_keys(deployment.place.store, holder.account)
    await accounts.revoke_key(deployment.place.store, holder.account, key.id)
    for method, path in (("POST", TEXT), ("GET", "/api/jobs"), ("GET", "/api/v1/me"), ("GET", "/api/v1/balance")):
        answer = await holder.request(method, path, json=POEM if method == "POST" else None)
        code = answer.body["code"] if "code" in answer.body else answer.body["error"]["code"].upper()
        assert (401, "INVALID_API_KEY") == (answer.status, code)
    assert 1 == await read_count(holder, today())


async def test_failed_call_does_not_count(guest: Visitor) -> None:
    """All ten calls are left, however many of them fail at the provider."""
    for _ in range(12):
        answer = await guest.request("POST", IMAGE, json={"prompt": "refuse"})
        assert (502, "10") == (answer.status, answer.headers["X-RateLimit-Remaining"])
    assert 200 == (await guest.request("POST", IMAGE, json=POEM)).status
    assert 1 == await read_count(guest, today())


async def test_refused_call_does_not_count(guest: Visitor) -> None:
    """A request with a mistake in it does not count against the quota."""
    for body in ({}, {"prompt": "x", "width": 1}, {"prompt": "x", "provider": "nobody"}, {"prompt": "x" * 30_000}):
        assert 400 == (await guest.request("POST", IMAGE, json=body)).status
    assert 0 == await read_count(guest, today())


async def test_canceled_job_does_not_count(guest: Visitor) -> None:
    """A job that is canceled before its submit does not count, however often it is canceled."""
    jobs = [await guest.post(IMAGE, WAITING, status=202) for _ in range(10)]
    assert_past_quota(await guest.request("POST", IMAGE, json=POEM), 10)
    for job in jobs[:3] * 2:
        assert 200 == (await guest.request("POST", f"/api/jobs/{job['jobId']}/cancel")).status
    assert 7 == await read_count(guest, today())
    assert 200 == (await guest.request("POST", IMAGE, json=POEM)).status


async def expire(deployment: Hall, job: dict[str, Any]) -> str:
    """Let the deadline of a job pass, and run the sweeper."""
    name, store = str(generation_id(job["jobId"])), deployment.place.store
    await store.call("HSET", keys.generation(name), "deadline_ms", 1)
    await store.call("ZADD", keys.OPEN, 1, name)
    return name


async def test_expired_job_does_not_count(deployment: Hall, guest: Visitor) -> None:
    """A job that no worker started in time fails, and no longer counts."""
    job = await guest.post(IMAGE, WAITING, status=202)
    assert 1 == await read_count(guest, today())
    await expire(deployment, job)
    ended = await guest.wait_for_end(job["jobId"])
    assert ("failed", "TIMEOUT") == (ended["status"], ended["code"])
    assert 0 == await read_count(guest, today())


@pytest.mark.parametrize("way", ["provider", "cancel", "sweeper"])
async def test_failed_job_is_taken_off_its_own_day(deployment: Hall, guest: Visitor, way: str) -> None:
    """A job accepted before midnight that fails after it no longer counts for yesterday, and today is unchanged."""
    job = await guest.post(IMAGE, WAITING, status=202)
    name = str(generation_id(job["jobId"]))
    await deployment.place.store.call("HSET", keys.generation(name), "quota_day", today() - 1)
    await set_count(guest, today() - 1, 4)
    await set_count(guest, today(), 2)
    if way == "cancel":
        await guest.request("POST", f"/api/jobs/{job['jobId']}/cancel")
    elif way == "sweeper":
        await expire(deployment, job)
        await guest.wait_for_end(job["jobId"])
    else:
        refused = Outcome(error_code="content_policy", error="no")
        await ledger.settle(deployment.place.store, name, FAILED, cost_micros=0, outcome=refused)
    assert (3, 2) == (await read_count(guest, today() - 1), await read_count(guest, today()))


async def test_quota_resets_at_midnight(guest: Visitor) -> None:
    """The calls of yesterday do not count today, and the counter of a day expires by itself."""
    await set_count(guest, today() - 1, 10)
    await set_count(guest, today(), 10)
    assert_past_quota(await guest.request("POST", TEXT, json=POEM), 10)
    await guest.place.store.call("DEL", keys.quota(guest.account, today()))
    answer = await guest.request("POST", TEXT, json=POEM)
    assert (200, "9") == (answer.status, answer.headers["X-RateLimit-Remaining"])
    left_ms = await guest.place.store.call("PTTL", keys.quota(guest.account, today()))
    assert DAY_S * 1000 < left_ms <= 2 * DAY_S * 1000


async def test_balance_and_quota_are_separate(deployment: Hall) -> None:
    """A generation paid by the balance does not count against the quota, and one that counts costs nothing."""
    holder = await deployment.create_holder(cents=100)
    order = {"model": "test/image", "prompt": "a boat"}
    made = await holder.post("/api/v1/generations", order, status=201, headers={"Prefer": "wait=10"})
    assert ("completed", 2) == (made["status"], made["cost_cents"])
    assert 0 == await holder.fetch_quota_used()
    await holder.post(IMAGE, POEM)
    assert 98 == (await holder.get("/api/v1/balance"))["balance_cents"]
    assert 1 == await holder.fetch_quota_used()


async def read_ledger(holder: Visitor) -> list[tuple[str, int]]:
    """Return the account's ledger in cents, and check that its sum is the balance."""
    found = await ledger.list_entries(holder.place.store, holder.account)
    account = await accounts.find(holder.place.store, holder.account)
    assert account is not None
    assert account.balance == sum(line.amount_micros for line in found)
    return [(line.kind, line.amount_micros // CENTS) for line in found]


async def test_balance_pays_past_the_quota(deployment: Hall) -> None:
    """A plan that continues past its quota charges the model's price, refunds a failure, and ends with the balance."""
    holder = await deployment.create_holder(cents=7, daily_quota=2, beyond_quota=True)
    for _ in range(2):
        await holder.post(TEXT, POEM)
    assert [("top_up", 7)] == await read_ledger(holder)
    job = await holder.post(TEXT, POEM)
    assert [("top_up", 7), ("reserve", -2), ("settle", 0)] == await read_ledger(holder)
    cost = (await holder.get(f"/api/v1/generations?id={generation_id(job['jobId'])}"))["cost_cents"]
    assert 2 == cost
    answer = await holder.request("POST", TEXT, json={"prompt": "refuse"})
    assert (502, "0") == (answer.status, answer.headers["X-RateLimit-Remaining"])
    assert [("reserve", -2), ("settle", 2)] == (await read_ledger(holder))[3:]
    assert 2 == await holder.fetch_quota_used()
    for _ in range(2):
        await holder.post(TEXT, POEM)
    answer = await holder.request("POST", TEXT, json=POEM)
    assert (402, "INSUFFICIENT_BALANCE") == (answer.status, answer.body["code"])
    assert 1 == (await holder.get("/api/v1/balance"))["balance_cents"]


async def test_quota_is_used_before_the_balance(deployment: Hall) -> None:
    """A failure among the paid calls is refunded, and one among the others leaves a call that the next one uses."""
    holder = await deployment.create_holder(cents=10, daily_quota=1, beyond_quota=True)
    job = await holder.post(IMAGE, WAITING, status=202)
    await holder.post(TEXT, POEM)
    await holder.request("POST", f"/api/jobs/{job['jobId']}/cancel")
    await holder.post(TEXT, POEM)
    assert [("top_up", 10), ("reserve", -2), ("settle", 0)] == await read_ledger(holder)
    assert 1 == await holder.fetch_quota_used()


async def test_replay_does_not_count(guest: Visitor) -> None:
    """A replay is answered even past the quota."""
    headers = {"Idempotency-Key": "k-1"}
    first = await guest.request("POST", TEXT, json=POEM, headers=headers)
    await set_count(guest, today(), 10)
    again = await guest.request("POST", TEXT, json=POEM, headers=headers)
    assert (200, first.body, "true") == (again.status, again.body, again.headers["Idempotent-Replayed"])
    assert_past_quota(await guest.request("POST", TEXT, json=POEM), 10)


async def test_account_without_a_plan_cannot_submit(deployment: Hall) -> None:
    """An account whose plan left the catalogue can read its jobs, and cannot submit until it has another plan."""
    account = await accounts.create(deployment.place.store, name="Ada", plan="gone")
    _, key = await accounts.create_key(deployment.place.store, account.id, "wokgen")
    seen = {}
    for method, path in (("POST", TEXT), ("GET", "/api/v1/me"), ("GET", "/api/jobs")):
        sent = {"json": POEM} if method == "POST" else {}
        headers = {"Authorization": f"Bearer {key}"}
        async with deployment.place.session.request(
            method, deployment.place.stack.url + path, headers=headers, **sent
        ) as response:
            seen[path] = (response.status, (await response.json()).get("code"), response.headers.get("Retry-After"))
    refused = (429, "RATE_LIMITED", "3600")
    assert {TEXT: refused, "/api/v1/me": refused, "/api/jobs": (200, None, None)} == seen
