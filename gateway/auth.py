"""Authenticate the holder of an API key, from the Authorization header."""

from functools import lru_cache

from aiohttp import web

from gateway.context import CONTEXT
from shared.domain import ids
from shared.domain.errors import Refused
from shared.store import accounts

KEYS_REMEMBERED = 1024
HOW = "Send your API key in the header `Authorization: Bearer wf_live_...`."


def key_hash(request: web.Request) -> str:
    """Return the hash of the request's key. Raises Refused: missing_api_key or invalid_api_key.

    The key's checksum is verified here. The store decides whether the key is active.
    """
    return hash_of(request.headers.get("Authorization", ""))


@lru_cache(KEYS_REMEMBERED)
def hash_of(header: str) -> str:
    """Return the hash of the key in an Authorization header.

    The result is cached, because verifying a checksum costs more than the rest of a look-up.
    """
    scheme, _, key = header.strip().partition(" ")
    if not scheme or (scheme.lower() == "bearer" and not key.strip()):
        raise Refused("missing_api_key", HOW)
    if not key and ids.is_key(scheme):
        raise Refused("invalid_api_key", "The word Bearer is missing before the key: `Authorization: Bearer <key>`.")
    if scheme.lower() != "bearer":
        raise Refused("invalid_api_key", f"Unsupported authorization scheme. {HOW}")
    if not ids.is_key(key.strip()):
        reason = "This is not an API key. Keys start with wf_live_ or wok_. Check that you copied the whole key."
        raise Refused("invalid_api_key", reason)
    return ids.key_hash(key.strip())


async def authenticate(request: web.Request) -> str:
    """Return the account id of the request's key. Raises Refused: missing_api_key or invalid_api_key."""
    found = await accounts.find_by_key(request.app[CONTEXT].store, key_hash(request))
    if found is None:
        reason = "This API key is unknown or revoked. Create a key at /account/api-keys."
        raise Refused("invalid_api_key", reason)
    return found


def account_gone() -> Refused:
    """Return the refusal of a key whose account was deleted meanwhile."""
    return Refused("invalid_api_key", "The account of this API key no longer exists.")
