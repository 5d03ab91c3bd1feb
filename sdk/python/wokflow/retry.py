"""When a request is sent again, and after how long."""

from email.utils import parsedate_to_datetime

from wokflow.errors import FOREIGN_CODE, ApiError, ConnectionFailedError, TooManyRequestsError, WokflowError

RETRY_WAIT_S_MAX = 60.0  # a longer Retry-After, such as that of a daily quota, ends the retries
BACKOFF_S_FIRST = 0.5
BACKOFF_S_MAX = 8.0
TRANSIENT_STATUSES = (408, 429, 500, 503, 504)


def is_transient(error: WokflowError) -> bool:
    """Return whether the same request may succeed later.

    A 502 from the API is a provider's definite refusal. A 502 from something in between means that the API was not
    reached.
    """
    if isinstance(error, ConnectionFailedError):
        return True
    if not isinstance(error, ApiError):
        return False
    return error.status in TRANSIENT_STATUSES or (error.status == 502 and error.code == FOREIGN_CODE)


def retry_delay_s(error: WokflowError, attempt: int, random: float, *, is_repeatable: bool = True) -> float | None:
    """Return the delay after attempt number `attempt`, from 1, has failed. None: do not send it again.

    `random` is in [0, 1), and spreads clients that failed together. A call that is not repeatable must not run twice:
    it is sent again only after a 429, which says that it did not run.
    """
    if not is_transient(error) or not (is_repeatable or isinstance(error, TooManyRequestsError)):
        return None
    named_s = error.retry_after_s if isinstance(error, ApiError) else None
    if named_s is not None and named_s > RETRY_WAIT_S_MAX:
        return None
    if named_s:
        return named_s * (1 + random / 10)
    return min(BACKOFF_S_FIRST * 2.0 ** min(attempt - 1, 10), BACKOFF_S_MAX) * (0.5 + random / 2)


def parse_retry_after_s(header: str | None, now: str | None) -> float | None:
    """Return the seconds of a Retry-After header. A date counts from `now`, the Date header. None if it is unusable."""
    try:
        if header is None or header.strip().replace(".", "", 1).isdigit():
            return None if header is None else float(header)
        wait = parsedate_to_datetime(header) - parsedate_to_datetime(now or "")
        return max(wait.total_seconds(), 0.0)
    except (TypeError, ValueError):
        return None
