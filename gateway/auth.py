"""Who is asking: an API key in the Authorization header."""

from functools import lru_cache

from aiohttp import web

from gateway.context import DESK
from shared.domain import ids
from shared.domain.errors import Refused
from shared.store import accounts

KEYS_REMEMBERED = 1024


def key_hash(request: web.Request) -> str:
    """The hash of the request's key; junk is refused here, by its checksum.

    Raises Refused: missing_api_key or invalid_api_key. Whether the key is active is for the store to say.
    """
    return hash_of(request.headers.get("Authorization", ""))


@lru_cache(KEYS_REMEMBERED)
def hash_of(header: str) -> str:
    """The same for the value of the header; remembered, because a checksum costs more than the rest of a look-up."""
    scheme, _, key = header.partition(" ")
    if not header or (scheme.lower() == "bearer" and not key.strip()):
        raise Refused("missing_api_key", "Send your API key in the header Authorization: Bearer wf_live_...")
    if scheme.lower() != "bearer" or not ids.is_key(key.strip()):
        raise Refused("invalid_api_key", "This is not an API key. Keys start with wf_live_ or wok_ and are sent whole.")
    return ids.key_hash(key.strip())


async def account_id(request: web.Request) -> str:
    """The account the request's key speaks for. Raises Refused: missing_api_key or invalid_api_key."""
    found = await accounts.find_by_key(request.app[DESK].store, key_hash(request))
    if found is None:
        raise Refused("invalid_api_key", "This API key is unknown or was revoked.")
    return found
