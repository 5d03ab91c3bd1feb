"""Random bytes for ids, taken from the system in portions: a call of the system for each id costs more than the id.

Keys and secrets come from `secrets` alone.
"""

import os

PORTION_BYTES = 4096


class _Pool:
    """The bytes that are left of the latest portion."""

    data, used = b"", 0


def take_bytes(count: int) -> bytes:
    """Return random bytes that nobody else gets, at most PORTION_BYTES. Only the event loop's thread may call this."""
    start = _Pool.used
    end = _Pool.used = start + count
    if end > len(_Pool.data):
        _Pool.data, start, end = os.urandom(PORTION_BYTES), 0, count
        _Pool.used = count
    return _Pool.data[start:end]


def _forget() -> None:
    _Pool.data, _Pool.used = b"", 0


os.register_at_fork(after_in_child=_forget)
