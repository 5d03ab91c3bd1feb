"""Token buckets for request rates: bounded in number, exact in time, without a background task."""

from collections import OrderedDict

from msgspec import Struct


class Rate(Struct, frozen=True):
    """A rate limit: `per_s` requests a second on average, `burst` at once."""

    per_s: float
    burst: int


class Grant(Struct, frozen=True):
    """The answer to one request: whether it may go on, and what the RateLimit headers say."""

    allowed: bool
    limit: int  # requests at once of a caller that was away
    remaining: int
    retry_after_s: float  # until one more request is allowed; 0 if one is
    reset_s: float  # until the bucket is full again


class TokenBuckets:
    """One bucket per caller. The least recently used one is forgotten past `callers_max`.

    A forgotten caller starts with a full bucket. So `callers_max` has to exceed the number of callers that can empty
    theirs at the same time.
    """

    def __init__(self, *, callers_max: int) -> None:
        self._callers_max = callers_max
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # caller: (tokens, as of when)

    def take(self, caller: str, rate: Rate, now_s: float) -> Grant:
        """Take one token of `caller`, if there is one. `now_s` is monotonic."""
        buckets, tokens = self._buckets, float(rate.burst)
        found = buckets.get(caller)
        if found is not None:
            tokens = min(found[0] + max(now_s - found[1], 0.0) * rate.per_s, tokens)
        allowed = tokens >= 1
        if allowed:
            tokens -= 1
        buckets[caller] = (tokens, now_s)
        buckets.move_to_end(caller)
        if len(buckets) > self._callers_max:
            buckets.popitem(last=False)
        return _grant(tokens, rate, allowed)

    def peek(self, caller: str, rate: Rate, now_s: float) -> Grant:
        """Return what `take` would allow, and take nothing."""
        tokens = self._tokens(caller, rate, now_s)
        return _grant(tokens, rate, tokens >= 1)

    def __len__(self) -> int:
        return len(self._buckets)

    def _tokens(self, caller: str, rate: Rate, now_s: float) -> float:
        found = self._buckets.get(caller)
        if found is None:
            return float(rate.burst)
        tokens, since_s = found
        if now_s > since_s:
            tokens += (now_s - since_s) * rate.per_s
        return tokens if tokens < rate.burst else float(rate.burst)


def _grant(tokens: float, rate: Rate, allowed: bool) -> Grant:
    retry_after_s = 0.0 if tokens >= 1 else (1 - tokens) / rate.per_s
    return Grant(allowed, rate.burst, int(tokens), retry_after_s, (rate.burst - tokens) / rate.per_s)
