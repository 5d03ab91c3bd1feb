"""Bodies with a `data:` URL: larger than others, of accounts alone, and few at a time, since each fills memory.

A body is held until its files are stored or the request is answered. While a call waits for its result it holds none.
"""

from contextvars import ContextVar

from gateway.admission.slots import Slots

LARGE_BYTES_MAX = 13_000_000  # a file of 9 MB in base64, and the rest of the request
BODIES_MAX, BODIES_EACH = 8, 2  # held at a time, each in several forms: text, bytes and JSON
REASON = f"Your account sends {BODIES_EACH} large requests at the moment. Send one after the other, or create uploads."


class LargeBody:
    """A large body that is held."""

    def __init__(self, slots: Slots, account: str) -> None:
        self.size_bytes = 0
        self._slots, self._account = slots, account
        self._held = False

    def hold(self) -> None:
        """Take a slot until `free`. Raises Refused if there is none."""
        self._slots.take(self._account)
        self._held = True

    def free(self) -> None:
        """Give the slot back, once."""
        if self._held:
            self._held = False
            self._slots.free(self._account)


CURRENT: ContextVar[LargeBody | None] = ContextVar("large_body", default=None)


def hold_large(slots: Slots, account: str) -> LargeBody:
    """Hold a slot for the body of the current request. Raises Refused if there is none."""
    body = LargeBody(slots, account)
    body.hold()
    CURRENT.set(body)
    return body


def track_body(slots: Slots, account: str) -> LargeBody:
    """Return the body of the current request, whose size counts without a slot."""
    body = LargeBody(slots, account)
    CURRENT.set(body)
    return body


def free_large() -> None:
    """Give the slot of the current request back, if it has one."""
    if (body := CURRENT.get()) is not None:
        body.free()
        CURRENT.set(None)


def large_bytes() -> int:
    """Return the size of the current request's large body, 0 without one."""
    body = CURRENT.get()
    return body.size_bytes if body is not None else 0
