"""Unix time in milliseconds, and as RFC 3339 text."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

DAY_MS: Final = 86_400_000
SECONDS_REMEMBERED = 4096  # lists show the same times again and again
_MILLIS = tuple(f".{number:03d}Z" for number in range(1000))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rfc3339(ms: int) -> str:
    """Return Unix time `ms` as `2026-03-01T12:00:05.000Z`, UTC with three decimals. Raises OverflowError past 9999."""
    return _second(ms // 1000) + _MILLIS[ms % 1000]


@lru_cache(SECONDS_REMEMBERED)
def _second(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).isoformat().removesuffix("+00:00")
