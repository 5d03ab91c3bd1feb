"""Security events of an account: its keys and endpoints as they are made, changed and removed. Lua verbs write them."""

import msgspec
from msgspec import Struct

from shared.store import keys
from shared.store.client import StoreClient

EVENTS_MAX = 1000  # the limit of parts/security.lua


class SecurityRecord(Struct, frozen=True, kw_only=True):
    """A security event. `subject` is the id of a key or endpoint, `by` the id of the key that did it, or `operator`."""

    at_ms: int
    type: str
    subject: str
    detail: str
    by: str


async def list_events(store: StoreClient, account_id: str, count: int) -> list[SecurityRecord]:
    """Return up to `count` security events of an account, newest first."""
    found = await store.call("LRANGE", keys.account_events(account_id), 0, count - 1)
    return [msgspec.json.decode(raw, type=SecurityRecord) for raw in found]
