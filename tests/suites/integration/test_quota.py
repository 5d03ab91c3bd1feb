"""The day's quota over real HTTP: who has how many places, what takes one, and what gives it back."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from gateway.guests import guest_account
from shared.domain.generation import FAILED, Outcome
from shared.domain.ids import generation_id
from shared.ops import catalogue_files
from shared.ops.settings import ROOT
from shared.store import accounts, keys, ledger
from tests.harness.doubles.provider import a_png
from tests.harness.factories import CENTS
from tests.harness.processes import free_port
from tests.suites.e2e.caller import Answer
from tests.suites.e2e.visitor import Hall, Visitor, add_gateway, open_hall

pytestmark = pytest.mark.asyncio(loop_scope="module")

IMAGE, TEXT = "/api/generate", "/api/text/generate"
POEM = {"prompt": "a poem"}
WAITING = {"prompt": "a boat", "provider": "noop", "async": True}  # nobody works for it
DAY_S = 86_400


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hall() -> AsyncIterator[Hall]:
    """A gateway, a worker, and a sweeper."""
    async with open_hall(workers=("kinds",), deliver=0) as hall:
        yield hall


@pytest_asyncio.fixture(loop_scope="module")
async def guest(hall: Hall) -> Visitor:
    """A new guest."""
    return hall.guest()


def today() -> int:
    """Days since 1970, UTC."""
    return int(time.time()) // DAY_S


async def counted(visitor: Visitor, day: int) -> int:
    """How many places of a day are taken."""
    return int(await visitor.place.store.call("GET", keys.quota(visitor.account, day)) or 0)


async def count(visitor: Visitor, day: int, used: int) -> None:
    """Have places of a day taken."""
    await visitor.place.store.call("SET", keys.quota(visitor.account, day), used)


def is_past_quota(answer: Answer, limit: int) -> None:
    """Check the refusal of who has no place left."""
    assert (429, "QUOTA_EXCEEDED") == (answer.status, answer.body["code"]), answer
    assert {"error", "code"} == set(answer.body)
    assert str(limit) in answer.body["error"]
    headers = answer.headers
    assert (str(limit), "0") == (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"])
    assert abs(int(headers["X-RateLimit-Reset"]) - time.time() - int(headers["Retry-After"])) < 3


async def test_the_shipped_quotas() -> None:
    """A day has 10 places for a guest, 50 on Free, 500 on Plus, and Pro knows no limit."""
    plans = catalogue_files.load(str(ROOT / "deploy" / "catalogue.toml")).plans
    assert {"guest": 10, "free": 50, "plus": 500, "pro": None} == {
        name: plan.daily_quota for name, plan in plans.items()
    }
    assert not any(plan.beyond_quota for plan in plans.values())


async def test_a_guest_has_ten(guest: Visitor) -> None:
    """Ten calls of whatever kind pass and count down; the eleventh is 429 until midnight UTC, and reading works on."""
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
        is_past_quota(await guest.request("POST", path, json=body), 10)
    job = await guest.request("GET", f"/api/jobs/{'job_' + '0' * 32}")
    assert (404, "0") == (job.status, job.headers["X-RateLimit-Remaining"])
    assert "Retry-After" not in job.headers
    account = await guest.get("/api/v1/me")
    assert (10, 10) == (account["quotaUsed"], account["quotaLimit"])


@pytest.mark.parametrize("limit", [0, 1, 5])
async def test_a_plan_has_its_own(hall: Hall, limit: int) -> None:
    """An account has as many places as its plan says, whichever of its keys is used and wherever it calls from."""
    holder = await hall.create_holder(daily_quota=limit)
    _, other = await accounts.create_key(hall.place.store, holder.account, "wowflow")
    for number in range(limit):
        headers = {"Authorization": f"Bearer {other}", "X-Forwarded-For": f"198.51.100.{number}"}
        assert 200 == (await holder.request("POST", TEXT, json=POEM, headers=headers)).status
    is_past_quota(await holder.request("POST", TEXT, json=POEM), limit)
    assert 10 == int((await hall.guest(holder.address).request("GET", "/api/jobs")).headers["X-RateLimit-Remaining"])


@pytest.mark.parametrize("used", [50, 500, 1_000_000])
async def test_an_unlimited_plan(hall: Hall, used: int) -> None:
    """A plan without a limit is never refused, and says so in the headers."""
    holder = await hall.create_holder(daily_quota=None)
    await count(holder, today(), used)
    answer = await holder.request("POST", TEXT, json=POEM)
    assert 200 == answer.status
    assert ("unlimited", "unlimited") == tuple(answer.headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining"))
    account = await holder.get("/api/v1/me")
    assert (used + 1, None) == (account["quotaUsed"], account["quotaLimit"])


@pytest.mark.parametrize("limit", [50, 500])
async def test_the_last_place(hall: Hall, limit: int) -> None:
    """The fiftieth and the five hundredth call of such a plan pass, the next one does not."""
    holder = await hall.create_holder(daily_quota=limit)
    await count(holder, today(), limit - 1)
    assert 200 == (await holder.request("POST", TEXT, json=POEM)).status
    is_past_quota(await holder.request("POST", TEXT, json=POEM), limit)


async def test_a_hundred_at_once(hall: Hall, guest: Visitor) -> None:
    """Of a hundred concurrent calls of a guest exactly ten pass, over two gateways."""
    other = await add_gateway(hall, free_port())
    urls = [hall.place.stack.url, other] * 50
    answers = await asyncio.gather(*[guest.request("POST", TEXT, json=POEM, url=url) for url in urls])
    assert {200: 10, 429: 90} == {status: [a.status for a in answers].count(status) for status in (200, 429)}
    assert {"QUOTA_EXCEEDED"} == {answer.body["code"] for answer in answers if answer.status == 429}
    assert 10 == await counted(guest, today())


async def test_what_an_untrusted_peer_claims(hall: Hall) -> None:
    """Without a trusted proxy X-Forwarded-For changes nothing: all are the guest at the peer's own address."""
    url = await add_gateway(hall, free_port(), TRUSTED_PROXIES="")
    left = []
    for claimed in ("203.0.113.1", "203.0.113.2", "203.0.113.3, 127.0.0.1", "", "nonsense"):
        answer = await hall.guest("203.0.113.1").request(
            "POST", TEXT, json=POEM, url=url, headers={"X-Forwarded-For": claimed}
        )
        left.append(int(answer.headers["X-RateLimit-Remaining"]))
    assert [9, 8, 7, 6, 5] == left
    here = Visitor(hall.place, hall.rules, "127.0.0.1")
    assert guest_account("127.0.0.1") == here.account
    assert 5 == await counted(here, today())


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
async def test_behind_a_trusted_proxy(hall: Hall, one: str, other: str, same: bool) -> None:
    """Behind a trusted proxy the last hop that is none counts, an IPv6 one by its first 64 bits."""
    await hall.guest(one).post(TEXT, POEM)
    answer = await hall.guest(other).request("POST", TEXT, json=POEM)
    assert ("8" if same else "9") == answer.headers["X-RateLimit-Remaining"]


async def test_addresses_in_two_headers(hall: Hall) -> None:
    """A second X-Forwarded-For header goes on where the first ends."""
    address = hall.guest().address
    headers = [("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-For", address)]
    async with hall.place.session.post(hall.place.stack.url + TEXT, json=POEM, headers=headers) as response:
        assert "9" == response.headers["X-RateLimit-Remaining"]
    assert 1 == await hall.guest(address).fetch_quota_used()


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
async def test_a_wrong_key_makes_no_guest(hall: Hall, guest: Visitor, header: str, path: str) -> None:
    """A key that is malformed, unknown or missing from its header is 401 and takes no place of anybody's."""
    holder = await hall.create_holder()
    other = "wok_" + "0" * 39
    given = [("X-Forwarded-For", guest.address), ("Authorization", header.format(key=holder.key, other=other))]
    async with hall.place.session.post(hall.place.stack.url + path, json=POEM, headers=given) as response:
        body = await response.json()
    assert 401 == response.status
    assert body["code"] in ("INVALID_API_KEY", "MISSING_API_KEY")
    assert {"error", "code"} == set(body)
    assert (0, 0) == (await guest.fetch_quota_used(), await holder.fetch_quota_used())


async def test_a_revoked_key_makes_no_guest(hall: Hall) -> None:
    """From the moment of its revocation a key is 401 everywhere."""
    holder = await hall.create_holder()
    await holder.post(TEXT, POEM)
    [key] = await accounts.list_keys(hall.place.store, holder.account)
    await accounts.revoke_key(hall.place.store, holder.account, key.id)
    for method, path in (("POST", TEXT), ("GET", "/api/jobs"), ("GET", "/api/v1/me"), ("GET", "/api/v1/balance")):
        answer = await holder.request(method, path, json=POEM if method == "POST" else None)
        code = answer.body["code"] if "code" in answer.body else answer.body["error"]["code"].upper()
        assert (401, "INVALID_API_KEY") == (answer.status, code)
    assert 1 == await counted(holder, today())


async def test_a_failure_gives_its_place_back(guest: Visitor) -> None:
    """However often a provider refuses, all ten places are still there."""
    for _ in range(12):
        answer = await guest.request("POST", IMAGE, json={"prompt": "refuse"})
        assert (502, "10") == (answer.status, answer.headers["X-RateLimit-Remaining"])
    assert 200 == (await guest.request("POST", IMAGE, json=POEM)).status
    assert 1 == await counted(guest, today())


async def test_what_is_refused_takes_no_place(guest: Visitor) -> None:
    """A request with a mistake in it takes no place."""
    for body in ({}, {"prompt": "x", "width": 1}, {"prompt": "x", "provider": "nobody"}, {"prompt": "x" * 30_000}):
        assert 400 == (await guest.request("POST", IMAGE, json=body)).status
    assert 0 == await counted(guest, today())


async def test_cancelling_gives_its_place_back(guest: Visitor) -> None:
    """A job that is canceled before a provider has it takes no place, however often it is canceled."""
    jobs = [await guest.post(IMAGE, WAITING, status=202) for _ in range(10)]
    is_past_quota(await guest.request("POST", IMAGE, json=POEM), 10)
    for job in jobs[:3] * 2:
        assert 200 == (await guest.request("POST", f"/api/jobs/{job['jobId']}/cancel")).status
    assert 7 == await counted(guest, today())
    assert 200 == (await guest.request("POST", IMAGE, json=POEM)).status


async def overdue(hall: Hall, job: dict[str, Any]) -> str:
    """Have the deadline of a job passed, and the sweeper look at it."""
    name, store = str(generation_id(job["jobId"])), hall.place.store
    await store.call("HSET", keys.generation(name), "deadline_ms", 1)
    await store.call("ZADD", keys.OPEN, 1, name)
    return name


async def test_the_sweeper_gives_places_back(hall: Hall, guest: Visitor) -> None:
    """A job that nobody took up in time fails, and its place is there again."""
    job = await guest.post(IMAGE, WAITING, status=202)
    assert 1 == await counted(guest, today())
    await overdue(hall, job)
    ended = await guest.wait_for_end(job["jobId"])
    assert ("failed", "TIMEOUT") == (ended["status"], ended["code"])
    assert 0 == await counted(guest, today())


@pytest.mark.parametrize("way", ["provider", "cancel", "sweeper"])
async def test_a_place_goes_back_to_its_own_day(hall: Hall, guest: Visitor, way: str) -> None:
    """What was taken before midnight and fails after it frees a place of yesterday, none of today."""
    job = await guest.post(IMAGE, WAITING, status=202)
    name = str(generation_id(job["jobId"]))
    await hall.place.store.call("HSET", keys.generation(name), "quota_day", today() - 1)
    await count(guest, today() - 1, 4)
    await count(guest, today(), 2)
    if way == "cancel":
        await guest.request("POST", f"/api/jobs/{job['jobId']}/cancel")
    elif way == "sweeper":
        await overdue(hall, job)
        await guest.wait_for_end(job["jobId"])
    else:
        refused = Outcome(error_code="content_policy", error="no")
        await ledger.settle(hall.place.store, name, FAILED, cost_micros=0, outcome=refused)
    assert (3, 2) == (await counted(guest, today() - 1), await counted(guest, today()))


async def test_midnight_brings_a_new_day(guest: Visitor) -> None:
    """Places of yesterday do not count today, and the counter of a day goes away by itself."""
    await count(guest, today() - 1, 10)
    await count(guest, today(), 10)
    is_past_quota(await guest.request("POST", TEXT, json=POEM), 10)
    await guest.place.store.call("DEL", keys.quota(guest.account, today()))
    answer = await guest.request("POST", TEXT, json=POEM)
    assert (200, "9") == (answer.status, answer.headers["X-RateLimit-Remaining"])
    left_ms = await guest.place.store.call("PTTL", keys.quota(guest.account, today()))
    assert DAY_S * 1000 < left_ms <= 2 * DAY_S * 1000


async def test_the_other_api_takes_no_places(hall: Hall) -> None:
    """What is paid by the balance takes no place, and what takes a place costs nothing."""
    holder = await hall.create_holder(cents=100)
    order = {"model": "test/image", "prompt": "a boat"}
    made = await holder.post("/api/v1/generations", order, status=201, headers={"Prefer": "wait=10"})
    assert ("completed", 2) == (made["status"], made["cost_cents"])
    assert 0 == await holder.fetch_quota_used()
    await holder.post(IMAGE, POEM)
    assert 98 == (await holder.get("/api/v1/balance"))["balance_cents"]
    assert 1 == await holder.fetch_quota_used()


async def lines(holder: Visitor) -> list[tuple[str, int]]:
    """The account's ledger in cents; its sum is the balance."""
    found = await ledger.list_entries(holder.place.store, holder.account)
    account = await accounts.find(holder.place.store, holder.account)
    assert account is not None
    assert account.balance == sum(line.amount_micros for line in found)
    return [(line.kind, line.amount_micros // CENTS) for line in found]


async def test_beyond_the_quota_the_balance_pays(hall: Hall) -> None:
    """A plan that goes on past its quota charges the model's price, refunds a failure, and ends with the balance."""
    holder = await hall.create_holder(cents=7, daily_quota=2, beyond_quota=True)
    for _ in range(2):
        await holder.post(TEXT, POEM)
    assert [("top_up", 7)] == await lines(holder)
    job = await holder.post(TEXT, POEM)
    assert [("top_up", 7), ("reserve", -2), ("settle", 0)] == await lines(holder)
    cost = (await holder.get(f"/api/v1/generations?id={generation_id(job['jobId'])}"))["cost_cents"]
    assert 2 == cost
    answer = await holder.request("POST", TEXT, json={"prompt": "refuse"})
    assert (502, "0") == (answer.status, answer.headers["X-RateLimit-Remaining"])
    assert [("reserve", -2), ("settle", 2)] == (await lines(holder))[3:]
    assert 2 == await holder.fetch_quota_used()
    for _ in range(2):
        await holder.post(TEXT, POEM)
    answer = await holder.request("POST", TEXT, json=POEM)
    assert (402, "INSUFFICIENT_BALANCE") == (answer.status, answer.body["code"])
    assert 1 == (await holder.get("/api/v1/balance"))["balance_cents"]


async def test_a_place_that_comes_back_is_used_before_the_balance(hall: Hall) -> None:
    """A failure among the paid ones refunds money, one among the others frees a place that the next call takes."""
    holder = await hall.create_holder(cents=10, daily_quota=1, beyond_quota=True)
    job = await holder.post(IMAGE, WAITING, status=202)
    await holder.post(TEXT, POEM)
    await holder.request("POST", f"/api/jobs/{job['jobId']}/cancel")
    await holder.post(TEXT, POEM)
    assert [("top_up", 10), ("reserve", -2), ("settle", 0)] == await lines(holder)
    assert 1 == await holder.fetch_quota_used()


async def test_a_replay_takes_no_place(guest: Visitor) -> None:
    """A replay is answered even when the day is used up."""
    headers = {"Idempotency-Key": "k-1"}
    first = await guest.request("POST", TEXT, json=POEM, headers=headers)
    await count(guest, today(), 10)
    again = await guest.request("POST", TEXT, json=POEM, headers=headers)
    assert (200, first.body, "true") == (again.status, again.body, again.headers["Idempotent-Replayed"])
    is_past_quota(await guest.request("POST", TEXT, json=POEM), 10)


async def test_who_has_no_place_left_stores_no_picture(hall: Hall, guest: Visitor) -> None:
    """A data: URL is kept once for the same caller, and not at all for a guest whose day is used up."""
    folder = hall.place.stack.data_dir / "assets"

    def kept() -> int:
        return sum(1 for path in folder.rglob("*") if path.is_file())

    def body(side: int) -> dict[str, str]:
        return {"imageUrl": "data:image/png;base64," + base64.b64encode(a_png(side, side)).decode()}

    before = kept()
    headers = {"Idempotency-Key": "k-1"}
    first = await guest.post("/api/tools/interrogate", body(9), headers=headers)
    await guest.post("/api/tools/interrogate", body(9))
    assert 1 == kept() - before
    await count(guest, today(), 10)
    is_past_quota(await guest.request("POST", "/api/tools/interrogate", json=body(10)), 10)
    assert first == await guest.post("/api/tools/interrogate", body(9), headers=headers)
    assert 1 == kept() - before


async def test_a_plan_that_is_not_offered_any_more(hall: Hall) -> None:
    """An account whose plan has left the catalogue reads its jobs, and orders nothing until it has another."""
    account = await accounts.create(hall.place.store, name="Ada", plan="gone")
    _, key = await accounts.create_key(hall.place.store, account.id, "wokgen")
    seen = {}
    for method, path in (("POST", TEXT), ("GET", "/api/v1/me"), ("GET", "/api/jobs")):
        sent = {"json": POEM} if method == "POST" else {}
        headers = {"Authorization": f"Bearer {key}"}
        async with hall.place.session.request(method, hall.place.stack.url + path, headers=headers, **sent) as response:
            seen[path] = (response.status, (await response.json()).get("code"), response.headers.get("Retry-After"))
    refused = (429, "RATE_LIMITED", "3600")
    assert {TEXT: refused, "/api/v1/me": refused, "/api/jobs": (200, None, None)} == seen
