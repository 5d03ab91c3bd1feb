"""The errors of Wokflow.

WokflowError
├── Refused       the request cannot be carried out; nothing was charged; a dialect renders its code
├── StoreDown     the store cannot be reached or cannot serve: 503, retry later
│   └── StoreForbids  the store's access rules deny a command
├── StoreUnfit    a setting of the store would lose data: the process does not start
└── StoreNewer    a later version of Wokflow has written to the store: the process does not start

StoreError        the store rejected a command: a bug of ours
"""


class WokflowError(Exception):
    """Base class of the errors that Wokflow raises on purpose."""


class Refused(WokflowError):
    """A request that is not carried out. `code` is snake_case and stable, for programs.

    `reason` says what failed and what to do. With a `field`, `reason` is a predicate: "must be a string."
    `allow` lists the methods of a path that does not allow the request's own.
    """

    def __init__(
        self, code: str, reason: str, *, field: str = "", allow: str = "", retry_after_s: int | None = None
    ) -> None:
        self.code, self.reason, self.field = code, reason, field
        self.allow, self.retry_after_s = allow, retry_after_s
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """Return the sentence for people: the reason, behind the name of the field if there is one."""
        return f"`{self.field}` {self.reason}" if self.field else self.reason


class StoreDown(WokflowError):
    """The store did not answer in time, or answered that it cannot serve now."""


class StoreForbids(StoreDown):
    """The store's access rules deny a command, until its operator changes them."""


class StoreUnfit(WokflowError):
    """A setting of the store would lose data; the message names it and its right value."""


class StoreNewer(WokflowError):
    """The store has a newer layout than this version knows; the message names both."""


class StoreError(Exception):
    """An error reply of the store, such as a failed assertion in a Lua verb."""
