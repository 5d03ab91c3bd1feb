"""Times as operators read them."""

from shared.domain.times import rfc3339


def moment(ms: int | None) -> str | None:
    """Unix ms as RFC 3339, None as None."""
    return None if ms is None else rfc3339(ms)


def seconds(ms: int) -> float:
    """Milliseconds as seconds."""
    return round(ms / 1000, 3)
