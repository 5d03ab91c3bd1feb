"""Unix time in milliseconds as RFC 3339 text."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rfc3339(ms: int) -> str:
    """Return Unix time `ms` as `2026-03-01T12:00:05.000Z`, UTC with three decimals. Raises OverflowError past 9999."""
    return (_EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
