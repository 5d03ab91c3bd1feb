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
CREATES, READS = ("key creates", "account creates"), ("key reads", "account reads")  # kinds of buckets


class Holder(Struct, frozen=True):
    """The account of a known key and its plan, as it was until `fresh_until_s`."""

    account: str
    plan: str
    fresh_until_s: float


class KeyRates(Struct, frozen=True):
    """The rates of one key, and of all keys of its account. None: no limit."""

    key: Rate | None
    account: Rate | None


class PlanRates(Struct, frozen=True):
    """The rates of a plan: POSTs, and other requests."""

    creates: KeyRates
    reads: KeyRates


def rate_of(per_s: float) -> Rate | None:
    """Return the rate with its burst, or None for 0: unlimited."""
    return Rate(per_s, ceil(per_s * BURST_S)) if per_s > 0 else None


def plan_rates(creates_per_s: float, reads_per_s: float) -> PlanRates:
    """Return the rates of a plan whose keys have these."""
    creates, reads = (KeyRates(rate_of(per_s), rate_of(ACCOUNT_KEYS * per_s)) for per_s in (creates_per_s, reads_per_s))
    return PlanRates(creates, reads)


class RateLimits:
    """The buckets of one gateway process."""

    def __init__(self, settings: Settings, plans: dict[str, Plan], trusted: tuple[Network, ...]) -> None:
        self._settings = settings
        self._default = plan_rates(settings.creates_per_s, settings.reads_per_s)
        self._open = rate_of(settings.open_per_s)
        self._failures = rate_of(settings.failed_keys_per_s)
        self.use_plans(plans)
        self._trusted = trusted
        self._buckets: dict[str, TokenBuckets] = {}
        self._holders: OrderedDict[str, Holder] = OrderedDict()

    def use_plans(self, plans: dict[str, Plan]) -> None:
        """Limit requests by these plans from now on. The requests of each caller stay counted."""
        settings = self._settings
        self._plans = {
            plan.name: plan_rates(
                settings.creates_per_s if plan.creates_per_s is None else plan.creates_per_s,
                settings.reads_per_s if plan.reads_per_s is None else plan.reads_per_s,
            )
            for plan in plans.values()
        }
        guest = plans.get(GUEST_PLAN)
        self._guest = self._open if guest is None or guest.creates_per_s is None else rate_of(guest.creates_per_s)
        self._guest_reads = self._open if guest is None or guest.reads_per_s is None else rate_of(guest.reads_per_s)

    def admit(self, request: web.Request) -> Grant | None:
        """Count a request. Return what is left of its tightest limit, None without one. Raises Refused."""
        credentials, creates, path = auth.presented(request), request.method == "POST", request.path
        if credentials:
            hashed = auth.fingerprint(credentials)
            holder = self._holders.get(hashed)
            if holder is not None:
                return self._admit_key(hashed, holder, creates=creates)
        elif path.startswith(CALLBACKS):
            self._admit_callback(request)
            return None
        address = address_of(request, self._trusted)
        if path in PROBES:
            return self._take("probe", address, PROBE_RATE)
        if not credentials:
            if creates:
                return self._take("guest", address, self._guest)
            return self._take("open", address, self._guest_reads)
        if self._failures is not None:
            grant = self._find("failed").peek(address, self._failures, time.monotonic())
            if not grant.allowed:
                raise RateLimited("Too many wrong API keys came from your address. Check your key", grant)
        return self._take("unknown", address, self._open)

    def count_failure(self, request: web.Request) -> None:
        """Count a request whose key was refused."""
        credentials = auth.presented(request)
        if self._failures is not None and credentials:
            self._holders.pop(auth.fingerprint(credentials), None)
            self._find("failed").take(address_of(request, self._trusted), self._failures, time.monotonic())

    def count_unknown_callback(self, request: web.Request) -> None:
        """Count a call of a callback URL that is not ours."""
        if self._open is not None:
            self._find("callback").take(address_of(request, self._trusted), self._open, time.monotonic())

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

    def _admit_callback(self, request: web.Request) -> None:
        """Refuse a callback from an address that called too many unknown URLs. Those of providers have no rate."""
        if self._open is not None:
            grant = self._find("callback").peek(address_of(request, self._trusted), self._open, time.monotonic())
            if not grant.allowed:
                raise RateLimited("Too many unknown callback URLs were called from your address", grant)

    def _admit_key(self, hashed: str, holder: Holder, *, creates: bool) -> Grant | None:
        self._holders.move_to_end(hashed)
        plan = self._plans.get(holder.plan, self._default)
        rates, kinds = (plan.creates, CREATES) if creates else (plan.reads, READS)
        of_key = self._take(kinds[0], hashed, rates.key)
        of_account = self._take(kinds[1], holder.account, rates.account)
        if of_key is None or of_account is None:
            return of_key
        return of_account if of_account.remaining < of_key.remaining else of_key

    def _take(self, kind: str, caller: str, rate: Rate | None) -> Grant | None:
        if rate is None:
            return None
        grant = self._find(kind).take(caller, rate, time.monotonic())
        if not grant.allowed:
            raise RateLimited(f"Too many requests: at most {rate.per_s:g} a second. Slow down", grant)
        return grant

    def _find(self, kind: str) -> TokenBuckets:
        found = self._buckets.get(kind)
        if found is None:
            found = self._buckets[kind] = TokenBuckets(callers_max=CALLERS_MAX)
        return found


class RateLimited(Refused):
    """A request past its rate limit."""

    def __init__(self, problem: str, grant: Grant) -> None:
        self.grant = grant
        wait_s = max(ceil(grant.retry_after_s), 1)
        super().__init__("rate_limited", f"{problem}, and try again in {wait_s} s.", retry_after_s=wait_s)


def rate_headers(grant: Grant, dialect: str) -> dict[str, str]:
    """Return the RateLimit headers (IETF draft): the burst, the rest of it, and the seconds until it is full again.

    OpenAI's clients also get them under OpenAI's names.
    """
    named = {
        "X-RateLimit-Limit-Requests": str(grant.limit),
        "X-RateLimit-Remaining-Requests": str(grant.remaining),
        "X-RateLimit-Reset-Requests": f"{ceil(grant.reset_s)}s",
    }
    return (named if dialect == "openai" else {}) | {
        "RateLimit-Limit": str(grant.limit),
        "RateLimit-Remaining": str(grant.remaining),
        "RateLimit-Reset": str(ceil(grant.reset_s)),
    }
