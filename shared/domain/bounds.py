"""Daily bounds (UTC) on what callers may cause. The accept script checks them and counts.

Five amounts are counted for each scope: requests, attempts, bytes of requests, bytes stored, and our cost. A refused
request counts as a request of its caller, or not at all if a bound refused it. A failed order on the quota counts as an
attempt. A refund gives nothing of it back.
"""

import math
from typing import Literal

from msgspec import Struct

from shared.domain.errors import Refused

NAMES = ("requests", "attempts", "bytes_in", "bytes_stored", "cost")  # in the order of the script
NONE = "-"
BOUNDS = ("requests", "attempts", "bytes_in", "bytes_stored", "cost")
Scope = Literal["account", "network", "guests", "all"]


class DailyBounds(Struct, frozen=True, kw_only=True):
    """The limits of one scope for a day; None: no limit."""

    requests: int | None = None
    attempts: int | None = None
    bytes_in: int | None = None
    bytes_stored: int | None = None
    cost_micros: int | None = None

    @property
    def words(self) -> str:
        """Return the limits as the script reads them."""
        limits = (self.requests, self.attempts, self.bytes_in, self.bytes_stored, self.cost_micros)
        return " ".join(NONE if limit is None else str(limit) for limit in limits)


class BoundReached(Refused):
    """A refusal because a daily bound is reached. `scope` and `bound` are labels of a metric."""

    def __init__(self, code: str, reason: str, *, retry_after_s: int, scope: Scope, bound: str) -> None:
        super().__init__(code, reason, retry_after_s=retry_after_s)
        self.scope, self.bound = scope, bound


def line_of(scope: str, bounds: DailyBounds) -> str:
    """Return a scope with its limits as a line for the script; the scope `account` is the caller's own."""
    return f"{scope} {bounds.words}\n"


def refusal_of(name: str, bound: str, limit: int, left_ms: int) -> BoundReached:
    """Return the refusal for a bound that the script found reached, in the scope called `name`."""
    scope = _scope_of(name)
    amount = {
        "requests": f"{limit} requests",
        "attempts": f"{limit} attempts",
        "bytes_in": f"{limit / 1_000_000:g} MB of requests",
        "bytes_stored": f"{limit / 1_000_000:g} MB of stored inputs",
        "cost": f"${limit / 1_000_000:.2f} of generations that we pay for",
    }[bound]
    code, reason = {
        "account": ("limit_exceeded", f"The limit of {amount} a day is reached; failed generations count."),
        "network": ("limit_exceeded", f"The limit of {amount} a day of guests in your network is reached."),
        "guests": ("guest_limit_exceeded", "All that is free for guests today is used. Send an API key."),
        "all": ("capacity_exceeded", "This service has reached its limit for today."),
    }[scope]
    reason = f"{reason} The day ends at midnight UTC."
    return BoundReached(code, reason, retry_after_s=max(math.ceil(left_ms / 1000), 1), scope=scope, bound=bound)


def _scope_of(name: str) -> Scope:
    match name.partition(":")[0]:
        case "account" | "guests" | "all" as scope:
            return scope
    return "network"
