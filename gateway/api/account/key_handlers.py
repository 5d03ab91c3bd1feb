"""The account's API keys, under /api/v1/keys. A key with limits cannot grant, or learn, more than it has itself."""

from aiohttp import web

from gateway import auth
from gateway.api.account.key_bodies import ChangeKey, CreateKey, RotateKey, key_entry
from gateway.body import read_json
from gateway.context import CONTEXT
from gateway.responses import json_response, list_response
from shared.domain.account import Key
from shared.domain.errors import Refused
from shared.domain.events import KEY_CHANGED, KEY_CREATED, KEY_REVOKED, KEY_ROTATED
from shared.domain.key_limits import MORE_THAN_MAKER, NO_LIMITS
from shared.ops import security_log
from shared.store import accounts

UNKNOWN = Refused("not_found", "Your account has no active key with this id.")


async def list_keys(request: web.Request) -> web.Response:
    """Answer the account's active keys."""
    keys = await accounts.list_keys(request.app[CONTEXT].store, await auth.authenticate(request))
    return list_response(list(map(key_entry, keys)))


async def create_key(request: web.Request) -> web.Response:
    """Create a key and answer it, once."""
    store, account = request.app[CONTEXT].store, await auth.authenticate(request)
    body, _ = await read_json(request, CreateKey)
    name, limits = body.read()
    maker = auth.limits_of(request)
    limits = limits if maker == NO_LIMITS else limits.inherit(maker)
    made = await accounts.create_key(
        store, account, body.kind, auth.key_hash(request), name=name, limits=limits, caps=body.caps
    )
    return await _answer_made(request, account, KEY_CREATED, made[0], made)


async def change_key(request: web.Request) -> web.Response:
    """Change a key's name and limits."""
    account = await auth.authenticate(request)
    body, _ = await read_json(request, ChangeKey)
    key = await _find(request, account)
    _require_power(request, key, over_budget=body.changes_budget)
    name, limits = body.read(key)
    if not limits.is_within(auth.limits_of(request)):
        raise MORE_THAN_MAKER
    changed = await accounts.change_key(
        request.app[CONTEXT].store,
        account,
        key,
        auth.key_hash(request),
        name=name,
        limits=limits,
        caps=body.caps_of(key),
        fresh=body.reset_spent,
    )
    if not changed:
        raise UNKNOWN
    security_log.report(KEY_CHANGED, account, key.id)
    return json_response(key_entry(await _find(request, account)))


async def rotate_key(request: web.Request) -> web.Response:
    """Create a key that replaces another, and answer it, once."""
    account = await auth.authenticate(request)
    body, _ = await read_json(request, RotateKey)
    key = await _find(request, account)
    _require_power(request, key)
    store = request.app[CONTEXT].store
    made = await accounts.rotate_key(store, account, key, body.overlap_s, auth.key_hash(request))
    if made is None:
        raise UNKNOWN
    return await _answer_made(request, account, KEY_ROTATED, key.id, made)


async def revoke_key(request: web.Request) -> web.Response:
    """Revoke a key."""
    account = await auth.authenticate(request)
    key = await _find(request, account)
    _require_power(request, key)
    if not await accounts.revoke_key(request.app[CONTEXT].store, account, key.id, auth.key_hash(request)):
        raise UNKNOWN
    security_log.report(KEY_REVOKED, account, key.id)
    return web.Response(status=204)


def _require_power(request: web.Request, key: Key, *, over_budget: bool = False) -> None:
    """Raise Refused if the key of the request may not handle another one: that one may do more, or counts for it."""
    caller = auth.limits_of(request)
    if not key.limits.is_within(caller) or (over_budget and key.limits.budget in caller.budgets):
        raise MORE_THAN_MAKER


async def _find(request: web.Request, account: str) -> Key:
    found = await accounts.find_key(request.app[CONTEXT].store, account, request.match_info["id"])
    if found is None:
        raise UNKNOWN
    return found


async def _answer_made(
    request: web.Request, account: str, event: str, subject: str, made: tuple[str, str]
) -> web.Response:
    security_log.report(event, account, subject)
    created = await accounts.find_key(request.app[CONTEXT].store, account, made[0])
    if created is None:
        raise UNKNOWN
    entry = key_entry(created)
    entry.key = made[1]
    return json_response(entry, 201)
