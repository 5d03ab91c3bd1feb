"""Authenticate the holder of an API key, from the Authorization header or the header that another service uses."""

import contextlib
from functools import lru_cache

from aiohttp import web

from gateway.context import CONTEXT, SCOPES, GatewayContext
from gateway.edge.client import forwarded_address
from gateway.people.sessions import check_csrf, session_hash
from shared.domain import ids
from shared.domain.errors import Refused, StoreDown
from shared.domain.key_limits import EXPIRED, NO_LIMITS, KeyLimits, address_bits, forbids
from shared.ops import clock
from shared.store import accounts
from shared.store.key_limits import note_use

KEYS_REMEMBERED = 1024
# Other services take their keys in these headers, and their clients send ours there too.
OTHER_HEADERS = ("X-API-Key", "Api-Key", "X-Goog-Api-Key", "xi-api-key")
LIMITS = web.RequestKey("limits", KeyLimits)  # of a request whose key has some
SESSION_SCHEME = "Session"  # of the credentials of a signed-in person
HOW = "Send your API key in the header `Authorization: Bearer wf_live_...`."


def presented(request: web.Request) -> str | None:
    """Return the credentials as an Authorization header has them, or None if the request has none in any header.

    Those of a signed-in person are the hash of the session, behind a scheme that no header may have.
    """
    headers = request.headers
    given = headers.get("Authorization")
    if given is not None:
        return given
    key = next((headers[name] for name in OTHER_HEADERS if name in headers), None)
    if key is None:
        hashed = session_hash(request)
        return hashed and f"{SESSION_SCHEME} {hashed}"
    return key if key.lower().startswith("bearer ") else f"Bearer {key}"


def key_hash(request: web.Request) -> str:
    """Return the hash of the request's key or session. Raises Refused: missing_api_key, invalid_api_key or forbidden.

    The key's checksum is verified here. The store decides whether the key is active.
    """
    given = presented(request) or ""
    if is_session(request, given):
        check_csrf(request)
        return given.partition(" ")[2]
    return hash_of(given)


def is_session(request: web.Request, credentials: str) -> bool:
    """Return whether the credentials of a request are a person's session, which its cookie names and no header does."""
    return credentials.startswith(f"{SESSION_SCHEME} ") and "Authorization" not in request.headers


@lru_cache(KEYS_REMEMBERED)
def fingerprint(credentials: str) -> str:
    """Return the hash of the key or session in the credentials of a request, or an empty text without one."""
    scheme, _, key = (part.strip() for part in credentials.strip().partition(" "))
    if scheme == SESSION_SCHEME:
        return key
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
    """Return the account id of the request's key. Raises Refused: missing_api_key, invalid_api_key or forbidden."""
    context, hashed = request.app[CONTEXT], key_hash(request)
    holder = await accounts.find_holder(context.store, hashed)
    if holder is None:
        if is_session(request, presented(request) or ""):
            raise Refused("invalid_api_key", "Your session has ended. Sign in again at /sign-in.")
        reason = "This API key is unknown or revoked. Create a key at /account/api-keys."
        raise Refused("invalid_api_key", reason)
    if holder.limits != NO_LIMITS:
        request[LIMITS] = holder.limits
        check_limits(request, holder.limits)
    await remember_key(context, hashed, holder.account)
    return holder.account


def check_limits(request: web.Request, limits: KeyLimits) -> None:
    """Check a key with limits: its expiry, the caller's address, and one of the scopes of the call. Raises Refused."""
    if limits.expires_ms is not None and limits.expires_ms <= clock.now_ms():
        raise EXPIRED
    if not limits.allows_address(address_bits(caller_address(request))):
        raise forbids("address", "")
    scopes = request.app[SCOPES].get(request.match_info.handler, ())
    if not limits.has_scope(*scopes):
        raise forbids("scope", "` or `".join(scopes))


def limits_of(request: web.Request) -> KeyLimits:
    """Return the limits of the key that `authenticate` has found."""
    limits: KeyLimits = request.get(LIMITS, NO_LIMITS)
    return limits


def require_scope(request: web.Request, scope: str) -> None:
    """Raise Refused if the key of an authenticated request lacks a scope."""
    if not limits_of(request).has_scope(scope):
        raise forbids("scope", scope)


def caller_address(request: web.Request) -> str:
    """Return the address that the caller sends from."""
    return forwarded_address(request, request.app[CONTEXT].trusted)


async def remember_key(context: GatewayContext, hashed: str, account: str) -> None:
    """Count further requests with a key that works against its own rate limits, those of its plan, and note its use."""
    if context.rates.knows(hashed):
        return
    plan = ""
    with contextlib.suppress(StoreDown):
        plan = await accounts.find_plan(context.store, account)
        await note_use(context.store, account, hashed)
    context.rates.remember(hashed, account, plan)


def account_gone() -> Refused:
    """Return the refusal of a key whose account was deleted meanwhile."""
    return Refused("invalid_api_key", "The account of this API key no longer exists.")
