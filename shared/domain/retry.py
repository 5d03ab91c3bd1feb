"""Retry times of webhook deliveries, and Retry-After headers. Pure: the caller passes in the clock and the dice."""

import re
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
JITTER = 0.1  # a tenth earlier or later, so that deliveries that failed together are not retried together
RETRY_AFTER_S_MAX = 24 * HOUR_S
RETRY_AFTER_CHARS_MAX = 100
SECONDS = re.compile(r"[0-9]{1,100}(\.[0-9]{1,9})?")

Verdict = Literal["delivered", "retry", "gone"]


def next_attempt_ms(attempt: int, now_ms: int, dice: float, retry_after_s: float = 0) -> int | None:
    """Return the due time of the attempt after `attempt`, or None after the last one.

    Attempts count from 1; `attempt` 0 stands for none yet. `dice` is in [0, 1). The attempt is not due before the
    receiver's `retry_after_s`, of which at most a day is granted. Raises ValueError for a negative `attempt`.
    """
    if attempt < 0:
        raise ValueError(f"Attempt must not be negative: {attempt}.")
    if attempt >= ATTEMPT_MAX:
        return None
    delay_s = DELAYS_S[attempt] * (1 - JITTER + 2 * JITTER * dice)
    requested_s = min(retry_after_s, RETRY_AFTER_S_MAX)
    return now_ms + round(max(delay_s, requested_s) * 1000)


def verdict(status: int | None) -> Verdict:
    """Return what an endpoint's HTTP status means for the delivery; None stands for no answer.

    Any 2xx is delivered. 410 means that the endpoint is gone. Every other status is retried, redirects included:
    they are never followed.
    """
    if status is not None and 200 <= status < 300:
        return "delivered"
    return "gone" if status == 410 else "retry"


def retry_after_s(value: str | None, now_s: float, limit_s: float = RETRY_AFTER_S_MAX) -> float | None:
    """Return the seconds of a Retry-After header, which has seconds or an HTTP date; None if absent or unreadable.

    `now_s` is Unix time. A date in the past is 0; the result is at most `limit_s`. The only parser of this header.
    """
    text = (value or "").strip()[:RETRY_AFTER_CHARS_MAX]
    if SECONDS.fullmatch(text):
        return min(float(text), float(limit_s))
    try:
        date = parsedate_to_datetime(text)
        at_s = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, TypeError):  # such as an offset of many digits, or one beyond the year 9999
        return None
    return min(max(at_s - now_s, 0.0), float(limit_s))
