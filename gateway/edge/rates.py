"""Rate limits of requests: per API key, per account, per client address, and for wrong keys, in this process's memory.

A key counts as known once a call with it succeeded at this gateway. Requests with another key count for their address,
so that junk costs a look-up in the store only as often as the address may fail.
"""

import time
from collections import OrderedDict
from math import ceil

from aiohttp import web
from msgspec import Struct

from gateway import auth
from gateway.edge.client import address_of
from gateway.guests import Network
from shared.domain.catalogue import Plan
from shared.domain.errors import Refused
from shared.domain.token_bucket import Grant, Rate, TokenBuckets
from shared.ops.settings import Settings

BURST_S = 10  # a caller that was away may send this many seconds' worth at once
ACCOUNT_KEYS = 3  # an account may send as much as this many of its keys
CALLERS_MAX = 20_000  # buckets of each kind; the least recently used one is forgotten
PLAN_S = 60.0  # how long a change of an account's plan may take to count
PROBE_RATE = Rate(20, 200)  # of one address: these answers cost more than others
PROBES = ("/metrics", "/readyz")
CALLBACKS = "/callbacks/"  # each has a token of ours, and providers send them all from few addresses
GUEST_PLAN = "guest"


class Holder(Struct, frozen=True):
    """The account of a known key and its plan, as it was until `fresh_until_s`."""

    account: str
    plan: str
    fresh_until_s: float


class PlanRates(Struct, frozen=True):
    """The rates of one key: POSTs, and other requests. None: no limit."""

    creates: Rate | None
    reads: Rate | None


def rate_of(per_s: float) -> Rate | None:
    """Return the rate with its burst, or None for 0: unlimited."""
    return Rate(per_s, ceil(per_s * BURST_S)) if per_s > 0 else None


class RateLimits:
    """The buckets of one gateway process."""

    def __init__(self, settings: Settings, plans: dict[str, Plan], trusted: tuple[Network, ...]) -> None:
        self._default = PlanRates(rate_of(settings.creates_per_s), rate_of(settings.reads_per_s))
        self._open = rate_of(settings.open_per_s)
        self._failures = rate_of(settings.failed_keys_per_s)
        self._plans = {
            plan.name: PlanRates(
                rate_of(settings.creates_per_s if plan.creates_per_s is None else plan.creates_per_s),
                rate_of(settings.reads_per_s if plan.reads_per_s is None else plan.reads_per_s),
            )
            for plan in plans.values()
        }
        guest = plans.get(GUEST_PLAN)
        self._guest = self._open if guest is None or guest.creates_per_s is None else rate_of(guest.creates_per_s)
        self._trusted = trusted
        self._buckets: dict[str, TokenBuckets] = {}
        self._holders: OrderedDict[str, Holder] = OrderedDict()

    def admit(self, request: web.Request) -> Grant | None:
        """Count a request. Return what is left of its tightest limit, None without one. Raises Refused."""
        if request.path.startswith(CALLBACKS):
            return None
        credentials, creates = auth.presented(request), request.method == "POST"
        holder = self._holders.get(auth.fingerprint(credentials)) if credentials else None
        if credentials and holder is not None:
            return self._admit_key(auth.fingerprint(credentials), holder, creates=creates)
        address = address_of(request, self._trusted)
        if request.path in PROBES:
            return self._take("probe", address, PROBE_RATE)
        if not credentials:
            if creates:
                return self._take("guest", address, self._guest)
            return self._take("open", address, self._open)
        if self._failures is not None:
            grant = self._find("failed").peek(address, self._failures, time.monotonic())
            self._check(grant, "Too many wrong API keys came from your address. Check your key")
        return self._take("unknown", address, self._open)

    def count_failure(self, request: web.Request) -> None:
        """Count a request whose key was refused."""
        credentials = auth.presented(request)
        if self._failures is not None and credentials:
            self._holders.pop(auth.fingerprint(credentials), None)
            self._find("failed").take(address_of(request, self._trusted), self._failures, time.monotonic())

    def knows(self, hashed: str) -> bool:
        """Return whether a key is known, and its plan up to date."""
        holder = self._holders.get(hashed)
        return holder is not None and holder.fresh_until_s > time.monotonic()

    def remember(self, hashed: str, account: str, plan: str) -> None:
        """Remember the account of a key that works."""
        self._holders[hashed] = Holder(account, plan, time.monotonic() + PLAN_S)
        self._holders.move_to_end(hashed)
        if len(self._holders) > CALLERS_MAX:
            self._holders.popitem(last=False)

    def _admit_key(self, hashed: str, holder: Holder, *, creates: bool) -> Grant | None:
        self._holders.move_to_end(hashed)
        rates = self._plans.get(holder.plan, self._default)
        rate, kind = (rates.creates, "create") if creates else (rates.reads, "read")
        if rate is None:
            return None
        of_key = self._take(f"key {kind}", hashed, rate)
        of_account = self._take(f"account {kind}", holder.account, account_rate(rate))
        grants = [grant for grant in (of_key, of_account) if grant is not None]
        return min(grants, key=lambda grant: grant.remaining)

    def _take(self, kind: str, caller: str, rate: Rate | None) -> Grant | None:
        if rate is None:
            return None
        grant = self._find(kind).take(caller, rate, time.monotonic())
        self._check(grant, f"Too many requests: at most {rate.per_s:g} a second. Slow down")
        return grant

    def _check(self, grant: Grant, problem: str) -> None:
        if not grant.allowed:
            wait_s = max(ceil(grant.retry_after_s), 1)
            raise RateLimited(f"{problem}, and try again in {wait_s} s.", grant, wait_s)

    def _find(self, kind: str) -> TokenBuckets:
        found = self._buckets.get(kind)
        if found is None:
            found = self._buckets[kind] = TokenBuckets(callers_max=CALLERS_MAX)
        return found


class RateLimited(Refused):
    """A request past its rate limit."""

    def __init__(self, reason: str, grant: Grant, retry_after_s: int) -> None:
        self.grant = grant
        super().__init__("rate_limited", reason, retry_after_s=retry_after_s)


def account_rate(rate: Rate) -> Rate:
    """Return the rate of all keys of an account together."""
    return Rate(rate.per_s * ACCOUNT_KEYS, rate.burst * ACCOUNT_KEYS)


def rate_headers(grant: Grant) -> dict[str, str]:
    """Return the RateLimit headers (IETF draft): the burst, the rest of it, and the seconds until it is full again."""
    return {
        "RateLimit-Limit": str(grant.limit),
        "RateLimit-Remaining": str(grant.remaining),
        "RateLimit-Reset": str(ceil(grant.reset_s)),
    }
