"""Which bucket a request counts for, and what a gateway knows of a key."""

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from msgspec import structs

from gateway.edge import rates
from gateway.edge.rates import BURST_S, RateLimited, RateLimits
from shared.domain import ids
from shared.domain.catalogue import Plan
from shared.ops.settings import Settings

GUEST = Plan(name="guest", daily_quota=10, concurrency=2, backlog_max=20, creates_per_s=0.5)
KEYS = [ids.new_key("wowflow", bytes([number]) * 24) for number in range(3)]


def a_request(method: str = "POST", key: str = "") -> web.Request:
    """Return a request, with an API key if one is given."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return make_mocked_request(method, "/api/generate", headers=headers)


def count_admitted(limits: RateLimits, request: web.Request, most: int) -> int:
    """Return how many of `most` equal requests are admitted before the first refusal."""
    for number in range(most):
        try:
            limits.admit(request)
        except RateLimited:
            return number
    return most


def test_orders_of_guests_have_the_rate_of_their_plan() -> None:
    """POSTs without a key are limited by the plan `guest`, apart from other requests of the same address."""
    limits = RateLimits(Settings(open_per_s=3), {"guest": GUEST}, ())
    assert 0.5 * BURST_S == count_admitted(limits, a_request(), 100)
    assert 3 * BURST_S == count_admitted(limits, a_request("GET"), 100)


def test_reads_of_guests_have_the_rate_of_their_plan() -> None:
    """Other requests without a key are limited by the plan `guest` too, but not those with an unknown key."""
    plan = structs.replace(GUEST, reads_per_s=0.4)
    limits = RateLimits(Settings(open_per_s=3), {"guest": plan}, ())
    assert 0.4 * BURST_S == count_admitted(limits, a_request("GET"), 100)
    assert 3 * BURST_S == count_admitted(limits, a_request("GET", KEYS[0]), 100)


def test_key_is_forgotten_when_it_is_refused() -> None:
    """A revoked key that worked here before counts for its address again, and as a wrong one."""
    limits = RateLimits(Settings(open_per_s=3, failed_keys_per_s=0.1), {}, ())
    request = a_request("GET", KEYS[0])
    limits.remember(ids.key_hash(KEYS[0]), "ada", "")
    assert 100 == count_admitted(limits, request, 100)
    limits.count_failure(request)
    assert not limits.knows(ids.key_hash(KEYS[0]))
    with pytest.raises(RateLimited, match="wrong API keys"):
        limits.admit(request)


def test_gateway_remembers_a_bounded_number_of_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key that was used the longest ago is forgotten, so that keys do not fill the memory."""
    monkeypatch.setattr(rates, "CALLERS_MAX", 2)
    limits = RateLimits(Settings(), {}, ())
    hashes = [ids.key_hash(key) for key in KEYS]
    for hashed in hashes[:2]:
        limits.remember(hashed, "ada", "")
    limits.admit(a_request("GET", KEYS[0]))
    limits.remember(hashes[2], "ada", "")
    assert [True, False, True] == [limits.knows(hashed) for hashed in hashes]
