"""When to try again. Pure: the caller brings the clock and the dice."""

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Literal

MINUTE_S, HOUR_S = 60, 3600
# The example schedule of Standard Webhooks: ten attempts over three days.
DELAYS_S = (
    0,
    5,
    5 * MINUTE_S,
    30 * MINUTE_S,
    2 * HOUR_S,
    5 * HOUR_S,
    10 * HOUR_S,
    14 * HOUR_S,
    20 * HOUR_S,
    24 * HOUR_S,
)
ATTEMPT_MAX = len(DELAYS_S)
JITTER = 0.1  # a tenth earlier or later, so that what failed together does not come back together
RETRY_AFTER_S_MAX = 24 * HOUR_S

Verdict = Literal["delivered", "retry", "gone"]


def next_attempt_ms(attempt: int, now_ms: int, dice: float, retry_after_s: float = 0) -> int | None:
    """Due time of the attempt after `attempt` (1 is the first, 0 asks for it), or None when the schedule is used up.

    `dice` is in [0, 1). `retry_after_s` is what the receiver asked for: never earlier, but at most a day is granted.
    Raises ValueError for a negative `attempt`.
    """
    if attempt < 0:
        raise ValueError(f"attempt {attempt} is negative")
    if attempt >= ATTEMPT_MAX:
        return None
    delay_s = DELAYS_S[attempt] * (1 - JITTER + 2 * JITTER * dice)
    asked_s = min(retry_after_s, RETRY_AFTER_S_MAX)
    return now_ms + round(max(delay_s, asked_s) * 1000)


def verdict(status: int | None) -> Verdict:
    """What an endpoint's HTTP status means for the delivery; None stands for no answer at all.

    Any 2xx is delivered. 410 says the endpoint is gone and wants nothing any more. All else is tried again,
    redirects included: they are never followed.
    """
    if status is not None and 200 <= status < 300:
        return "delivered"
    return "gone" if status == 410 else "retry"


def retry_after_s(value: str | None, now_s: float) -> float | None:
    """Seconds asked for by a Retry-After header, given as seconds or as an HTTP date; None if absent or unreadable.

    `now_s` is Unix time. A date in the past is 0; more than RETRY_AFTER_S_MAX is cut down to it.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(
            RETRY_AFTER_S_MAX if len(text) > len(str(RETRY_AFTER_S_MAX)) else min(int(text), RETRY_AFTER_S_MAX)
        )
    try:
        asked = parsedate_to_datetime(text)
    except ValueError:
        return None
    at_s = (asked if asked.tzinfo else asked.replace(tzinfo=UTC)).timestamp()
    return min(max(at_s - now_s, 0.0), float(RETRY_AFTER_S_MAX))
