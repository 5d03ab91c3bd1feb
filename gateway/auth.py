"""Authenticate the holder of an API key, from the Authorization header or the header that another service uses."""

import contextlib
from functools import lru_cache

from aiohttp import web

from gateway.context import CONTEXT, GatewayContext
from shared.domain import ids
from shared.domain.errors import Refused, StoreDown
from shared.store import accounts

KEYS_REMEMBERED = 1024
# Other services take their keys in these headers, and their clients send ours there too.
OTHER_HEADERS = ("X-API-Key", "Api-Key", "X-Goog-Api-Key", "xi-api-key")
HOW = "Send your API key in the header `Authorization: Bearer wf_live_...`."


def presented(request: web.Request) -> str | None:
    """Return the credentials as an Authorization header has them, or None if the request has none in any header."""
    headers = request.headers
    given = headers.get("Authorization")
    if given is not None:
        return given
    key = next((headers[name] for name in OTHER_HEADERS if name in headers), None)
    return None if key is None else key if key.lower().startswith("bearer ") else f"Bearer {key}"


def key_hash(request: web.Request) -> str:
    """Return the hash of the request's key. Raises Refused: missing_api_key or invalid_api_key.

    The key's checksum is verified here. The store decides whether the key is active.
    """
    return hash_of(presented(request) or "")


@lru_cache(KEYS_REMEMBERED)
def fingerprint(credentials: str) -> str:
    """Return the hash of the account's or operator's key in an Authorization header, or an empty text without one."""
    key = credentials.strip().partition(" ")[2].strip()
    return ids.key_hash(key) if ids.is_key(key) or ids.is_admin_key(key) else ""


@lru_cache(KEYS_REMEMBERED)
def hash_of(header: str) -> str:
    """Return the hash of the key in an Authorization header.

    The result is cached, because verifying a checksum costs more than the rest of a look-up.
    """
    scheme, _, key = header.strip().partition(" ")
    key = key.strip()
    if not scheme or (scheme.lower() == "bearer" and not key):
        raise Refused("missing_api_key", HOW)
    if not key and scheme.startswith(tuple(ids.KEY_PREFIXES.values())):
        raise Refused("invalid_api_key", "The word Bearer is missing before the key: `Authorization: Bearer <key>`.")
    if scheme.lower() != "bearer":
        raise Refused("invalid_api_key", f"Unsupported authorization scheme. {HOW}")
    if ids.is_admin_key(key):
        raise Refused("invalid_api_key", "This is an operator's key. Send a key of an account: wf_live_... or wok_...")
    if not ids.is_key(key):
        reason = "This is not an API key. Keys start with wf_live_ or wok_. Check that you copied the whole key."
        raise Refused("invalid_api_key", f"{reason} {HOW}")
    return ids.key_hash(key)


def refuse_key_in_url(request: web.Request) -> None:
    """Raise Refused if the query has an API key, which the caller believes to be sent."""
    if any(value.startswith(tuple(ids.KEY_PREFIXES.values())) for value in request.query.values()):
        raise Refused("missing_api_key", f"A key in a URL ends up in logs, so it is not accepted there. {HOW}")


async def authenticate(request: web.Request) -> str:
    """Return the account id of the request's key. Raises Refused: missing_api_key or invalid_api_key."""
    context, hashed = request.app[CONTEXT], key_hash(request)
    found = await accounts.find_by_key(context.store, hashed)
    if found is None:
        reason = "This API key is unknown or revoked. Create a key at /account/api-keys."
        raise Refused("invalid_api_key", reason)
    await remember_key(context, hashed, found)
    return found


async def remember_key(context: GatewayContext, hashed: str, account: str) -> None:
    """Count further requests with a key that works against its own rate limits, those of its plan."""
    if context.rates.knows(hashed):
        return
    plan = ""
    with contextlib.suppress(StoreDown):
        plan = await accounts.find_plan(context.store, account)
    context.rates.remember(hashed, account, plan)


def account_gone() -> Refused:
    """Return the refusal of a key whose account was deleted meanwhile."""
    return Refused("invalid_api_key", "The account of this API key no longer exists.")
