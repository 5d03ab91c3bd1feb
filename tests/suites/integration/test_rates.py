"""Rate limits of requests, over real HTTP: per key, per account, per address, and for wrong keys."""

import asyncio
from collections.abc import AsyncIterator
from math import ceil

import pytest
import pytest_asyncio

from gateway.edge.rates import ACCOUNT_KEYS, BURST_S
from shared.domain import ids
from shared.store import accounts
from tests.suites.e2e.caller import Answer, Caller, Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")

CREATES, READS, OPEN, FAILED = 0.8, 2, 6, 2  # a second
ENV = {
    "CREATES_PER_S": str(CREATES),
    "READS_PER_S": str(READS),
    "OPEN_PER_S": str(OPEN),
    "FAILED_KEYS_PER_S": str(FAILED),
    "TRUSTED_PROXIES": "127.0.0.1",
}
GENERATIONS = "/api/v1/generations"
BALANCE = "/api/v1/balance"
LIMITED = """
[plans.slow]
daily_quota = "unlimited"
concurrency = 2
backlog_max = 1000
creates_per_s = 0.1
"""


def at(address: str) -> dict[str, str]:
    """Return the header of a proxy for a client at an address, so that each test has addresses of its own."""
    return {"X-Forwarded-For": address}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """Run a gateway with low rates behind a trusted proxy, which is the test."""
    async with deploy(models=LIMITED, workers=(), deliver=0, sweep=0, env=ENV) as place:
        yield place


async def flood(caller: Caller, count: int, path: str = BALANCE, **headers: str) -> list[Answer]:
    """Send requests at once."""
    creates = path == GENERATIONS or path.startswith("/callbacks/")
    method, sent = ("POST", {"json": {"model": "test/noop"}}) if creates else ("GET", {})
    return await asyncio.gather(*(caller.request(method, path, headers=headers, **sent) for _ in range(count)))


def check_limited(answer: Answer) -> None:
    """Check a 429 in the dialect's shape, with the time to wait."""
    wokgen = isinstance(answer.body["error"], str)
    assert ("RATE_LIMITED" if wokgen else "rate_limited") == (answer.body if wokgen else answer.body["error"])["code"]
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert "0" == answer.headers["RateLimit-Remaining"]
    assert "*" == answer.headers["Access-Control-Allow-Origin"]


def count_limited(answers: list[Answer]) -> int:
    """Return how many answers are 429, each checked."""
    limited = [answer for answer in answers if answer.status == 429]
    for answer in limited:
        check_limited(answer)
    return len(limited)


async def test_key_has_its_burst_and_then_its_rate(place: Place) -> None:
    """A key that works is refused past its burst, its headers count down, and another customer is served."""
    caller, other = await place.create_caller(), await place.create_caller()
    first = await caller.request("GET", BALANCE, headers=at("198.51.100.1"))
    second = await caller.request("GET", BALANCE, headers=at("198.51.100.1"))
    assert [200, 200] == [first.status, second.status]
    burst = READS * BURST_S
    assert (str(burst), str(burst - 1)) == (second.headers["RateLimit-Limit"], second.headers["RateLimit-Remaining"])
    assert 1 == int(second.headers["RateLimit-Reset"])
    refused = count_limited(await flood(caller, 2 * burst, **at("198.51.100.1")))
    assert burst / 2 <= refused <= burst + 1
    assert 0 == count_limited(await flood(other, 1, **at("198.51.100.1")))


async def test_creates_and_reads_have_separate_rates(place: Place) -> None:
    """A key that spent its POSTs can still read, and a refused order is not charged."""
    caller = await place.create_caller()
    await caller.request("GET", BALANCE, headers=at("198.51.100.2"))
    answers = await flood(caller, 2 * ceil(CREATES * BURST_S), GENERATIONS, **at("198.51.100.2"))
    assert {400, 429} == {answer.status for answer in answers}
    assert count_limited(answers)
    assert 200 == (await caller.request("GET", BALANCE)).status


async def test_keys_of_an_account_share_its_rate(place: Place) -> None:
    """All keys of an account together have the rate of three, so that more keys do not buy more."""
    caller = await place.create_caller()
    keys = [caller.customer.key]
    keys += [(await accounts.create_key(place.store, caller.customer.account, "wowflow"))[1] for _ in range(4)]
    headers = [{"Authorization": f"Bearer {key}", **at("198.51.100.3")} for key in keys]
    for known in headers:
        assert 200 == (await caller.request("GET", BALANCE, headers=known)).status
    burst = READS * BURST_S
    answers = [answer for known in headers for answer in await flood(caller, burst - 2, **known)]
    served = len(answers) - count_limited(answers)
    assert served <= (ACCOUNT_KEYS + 1) * burst


async def test_plan_has_rates_of_its_own(place: Place) -> None:
    """The catalogue's rate of a plan counts instead of the setting."""
    account = await accounts.create(place.store, name="Ada", plan="slow")
    _, key = await accounts.create_key(place.store, account.id, "wowflow")
    caller = await place.create_caller()
    known = {"Authorization": f"Bearer {key}", **at("198.51.100.4")}
    await caller.request("GET", BALANCE, headers=known)
    assert [400, 429] == [answer.status for _ in range(2) for answer in await flood(caller, 1, GENERATIONS, **known)]


@pytest.mark.parametrize(("address", "same"), [("198.51.100.5", "198.51.100.5"), ("2001:db8::1", "2001:db8::2")])
async def test_wrong_keys_are_slowed_by_address(place: Place, address: str, same: str) -> None:
    """After many wrong keys an address, or an IPv6 /64, is refused without a look-up, and others are not."""
    caller = await place.create_caller()
    assert 200 == (await caller.request("GET", BALANCE, headers=at(same))).status
    wrong = [ids.new_key("wowflow", number.to_bytes(24, "big")) for number in range(2 * FAILED * BURST_S)]
    answers = [
        await caller.request("GET", BALANCE, headers={"Authorization": f"Bearer {key}", **at(address)}) for key in wrong
    ]
    assert [401] * FAILED * BURST_S == [answer.status for answer in answers[: FAILED * BURST_S]]
    assert "wrong API keys" in answers[-1].body["error"]["message"]
    assert count_limited(answers) > FAILED
    known = await caller.request("GET", BALANCE, headers=at(same))
    assert 200 == known.status, "a key that has worked here is not affected by its neighbours"
    newcomer = await place.create_caller()
    assert 429 == (await newcomer.request("GET", BALANCE, headers=at(same))).status
    assert 200 == (await newcomer.request("GET", BALANCE, headers=at("192.0.2.99"))).status


@pytest.mark.parametrize("path", ["/healthz", "/api/jobs", "/nothing", "/api/v1/balance"])
async def test_requests_without_a_key_are_limited_by_address(place: Place, path: str) -> None:
    """Pages, probes, unknown paths and guests share their address's rate, and another address is not affected."""
    caller = await place.create_caller()
    address = f"198.51.100.{100 + len(path)}"
    answers = await flood(caller, 2 * OPEN * BURST_S, path, Authorization="", **at(address))
    refused = [answer for answer in answers if answer.status == 429]
    assert len(refused) > OPEN
    assert all(1 <= int(answer.headers["Retry-After"]) for answer in refused)
    assert 429 != (await flood(caller, 1, path, Authorization="", **at("192.0.2.98")))[0].status


async def test_metrics_are_limited_by_address(place: Place) -> None:
    """The dearest answers have a rate of their own, below that of pages with default settings."""
    caller = await place.create_caller()
    answers = await flood(caller, 260, "/metrics", Authorization="", **at("198.51.100.7"))
    assert 429 in {answer.status for answer in answers}


async def test_unknown_callbacks_are_limited_by_address(place: Place) -> None:
    """Callback URLs that nobody made cost an address its rate, and the first of another address is looked up."""
    caller = await place.create_caller()
    answers = await flood(caller, 2 * OPEN * BURST_S, "/callbacks/noop/junk", Authorization="", **at("198.51.100.10"))
    assert {404, 429} == {answer.status for answer in answers}
    other = await flood(caller, 1, "/callbacks/noop/junk", Authorization="", **at("192.0.2.97"))
    assert [404] == [answer.status for answer in other]


async def test_junk_keys_do_not_escape_the_rate_of_their_address(place: Place) -> None:
    """Well-formed keys that nobody has, on orders that fail before their key is checked, count for the address."""
    caller = await place.create_caller()
    key = ids.new_key("wowflow", b"\7" * 24)
    answers = await flood(caller, 2 * OPEN * BURST_S, GENERATIONS, Authorization=f"Bearer {key}", **at("198.51.100.8"))
    assert {400, 429} == {answer.status for answer in answers}
