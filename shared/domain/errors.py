"""What can go wrong, in one place.

WokflowError
├── Refused       the caller's fault or state; nothing was charged; has a code that a dialect renders
├── StoreDown     the store is out of reach or not itself: 503, and try again
└── StoreNewer    a later version of this program has written to the store: the process does not start
StoreError        the store refused a command: a bug of ours
"""


class WokflowError(Exception):
    """Base of what we raise on purpose."""


class Refused(WokflowError):
    """A request that is not carried out. `code` is snake_case and stable; `message` says what to do."""

    def __init__(self, code: str, message: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.retry_after_s = code, message, retry_after_s


class StoreDown(WokflowError):
    """The store did not answer in time, or said that it cannot serve now."""


class StoreNewer(WokflowError):
    """The store has a layout that this version does not know; the message says which."""


class StoreError(Exception):
    """An error reply of the store, such as a failed assertion in a script."""
