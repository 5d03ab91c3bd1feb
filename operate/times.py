"""Times in the units that operators read."""

from shared.domain.times import rfc3339


def moment(ms: int | None) -> str | None:
    """Return Unix ms as RFC 3339, and None as None."""
    return None if ms is None else rfc3339(ms)


def seconds(ms: int) -> float:
    """Return milliseconds as seconds."""
    return round(ms / 1000, 3)
